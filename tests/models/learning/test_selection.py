"""Choosing among candidates, and searching for settings."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from models.learning import candidates, sample, selection, tuning
from models.learning.candidates import AGE_SEX, LOGISTIC, PARR30, PRIOR_ADMISSIONS, SMALL_BOOSTING
from models.learning.estimators import fitted, out_of_fold
from models.learning.splits import each_fold, person_folds


@pytest.fixture(scope="module")
def learning(site):
    return sample.load(site.train, sample.varying(site.train), site.plan)


def test_the_least_log_loss_is_chosen_and_rivals_never(learning):
    found = selection.select(learning, [AGE_SEX, PRIOR_ADMISSIONS, PARR30, LOGISTIC], 0)
    contenders = [trial for trial in found.trials if trial.candidate in {"parr30", "logistic"}]
    assert found.chosen.name == min(contenders, key=lambda trial: trial.log_loss).candidate
    assert [trial.chosen for trial in found.trials].count(True) == 1
    chosen = next(trial for trial in found.trials if trial.chosen)
    assert (chosen.worse_by_low, chosen.worse_by_high) == (0, 0)
    assert all(trial.auroc_low < trial.auroc < trial.auroc_high for trial in found.trials)


def test_a_small_site_has_five_folds_and_a_larger_one_three(learning, few_folds, monkeypatch):
    def folds():
        return len(selection.select(learning, [AGE_SEX], 0).crossed.models)

    assert len(learning) <= few_folds
    monkeypatch.setattr(selection, "SMALL_ROWS", few_folds)
    assert folds() == 5
    monkeypatch.setattr(selection, "SMALL_ROWS", len(learning) - 1)
    assert folds() == 3


def test_margins_come_from_models_that_did_not_see_the_person(learning):
    fold = person_folds(learning.person, learning.y, 5, 0)
    margin = out_of_fold(LOGISTIC.build(learning.features, 0), learning.X, learning.y, fold, None)
    seen = LOGISTIC.build(learning.features, 0).fit(learning.X, learning.y).predict_proba(learning.X)[:, 1]
    assert roc_auc_score(learning.y, margin) < roc_auc_score(learning.y, seen)
    alone = LOGISTIC.build(learning.features, 0).fit(learning.X[fold != 2], learning.y[fold != 2])
    risk = alone.predict_proba(learning.X[fold == 2])[:, 1]
    assert 1 / (1 + np.exp(-margin[fold == 2])) == pytest.approx(risk, abs=1e-6)


def test_all_rows_of_sampled_people_are_compared_on(learning, monkeypatch):
    monkeypatch.setattr(selection, "VALIDATION_ROWS", 2000)
    rows = selection.validation_rows(learning, 3)
    drawn = set(learning.person[rows])
    assert len(rows) == np.isin(learning.person, list(drawn)).sum()
    assert 1500 < len(rows) < 2500


@pytest.mark.parametrize("candidate", [SMALL_BOOSTING, AGE_SEX], ids=lambda c: c.name)
def test_in_a_smaller_site_log_odds_of_everybody_come_from_models_that_had_not_seen_them(learning, candidate):
    found = selection.select(learning, [candidate], 3)
    bench = selection.Bench(learning, [candidate], 3)
    assert (found.rows == np.arange(len(learning))).all()
    for number, (learn, judge) in enumerate(each_fold(found.fold)):
        assert (found.crossed.fold_of(learning.person[judge]) == number).all()
        alone = bench.fitted(candidate, learn)(learning.X[judge])
        assert found.margin[judge] == pytest.approx(alone, abs=1e-6)
        assert found.crossed.models[number](learning.X[judge]) == pytest.approx(alone, abs=1e-6)


def test_candidates_that_take_longest_are_fitted_first(learning, monkeypatch):
    order = []
    whole = selection.Bench.fitted

    def watched(bench, candidate, rows, threads=1):
        order.append(candidate.name)
        return whole(bench, candidate, rows, threads)

    monkeypatch.setattr(selection.Bench, "fitted", watched)
    selection.select(learning, [AGE_SEX, PARR30], 0)
    assert (order[:2], order[-2:]) == (["parr30"] * 2, ["age_sex"] * 2)


@pytest.mark.parametrize("kind", ["boosting_small", "logistic"])
def test_in_a_large_site_log_odds_of_most_people_come_from_two_models_that_had_not_seen_them(
    learning, monkeypatch, kind
):
    monkeypatch.setattr(selection, "VALIDATION_ROWS", 1500)
    monkeypatch.setattr(candidates, "LARGE_ROWS", 3000)
    candidate = dataclasses.replace(SMALL_BOOSTING if kind == "boosting_small" else LOGISTIC, most_rows=None)
    found = selection.select(learning, [candidate], 3)
    assert 0.55 < len(np.unique(found.rows)) / len(learning) < 0.7
    number = found.crossed.fold_of(learning.person[found.rows])
    assert 0.2 < (number == 0).mean() / 0.4 < 1.3
    for model in (0, 1):
        unseen = np.isin(learning.person, found.crossed.person[found.crossed.fold == model])
        trained = np.isin(learning.person, learning.person[unseen], invert=True)
        alone = selection.Bench(learning, [candidate], 3).fitted(candidate, np.flatnonzero(trained))
        assert found.margin[number == model] == pytest.approx(alone(learning.X[unseen]), abs=1e-6)


def test_an_interrupted_search_ends_where_another_would(learning, tmp_path, monkeypatch):
    part = learning.where(learning.person < 1500)
    tried = iter(range(2))

    def killed_at_the_third(*given):
        if next(tried, None) is None:
            raise KeyboardInterrupt
        return whole(*given)

    whole = tuning.later_log_loss
    monkeypatch.setattr(tuning, "later_log_loss", killed_at_the_third)
    with pytest.raises(KeyboardInterrupt):
        tuning.tune(part, 4, 5, tmp_path / "a", "key")
    monkeypatch.setattr(tuning, "later_log_loss", whole)
    resumed = tuning.tune(part, 4, 5, tmp_path / "a", "key")
    straight = tuning.tune(part, 4, 5, tmp_path / "b", "key")
    assert resumed.trials == straight.trials
    assert len(resumed.trials) == 4
    best = min(resumed.trials, key=lambda trial: trial.log_loss)
    built = resumed.candidate.build(part.features, 5)
    assert built.get_params()["num_leaves"] == best.settings["num_leaves"]


def test_settings_are_judged_on_a_later_date_and_on_people_left_out(learning, monkeypatch):
    seen = []

    def watched(estimator, X, y, weight):  # noqa: N803 (the matrix of features)
        seen.append(X)
        return fitted(estimator, X, y, weight)

    monkeypatch.setattr(tuning, "fitted", watched)
    latest = learning.as_of == learning.as_of.max()
    earlier = {row.tobytes() for row in learning.X[~latest]}
    tuning.later_log_loss(learning, {"n_estimators": 5}, 5)
    fold = person_folds(learning.person, learning.y, tuning.FOLDS, 5)
    assert len(seen) == tuning.FOLDS
    for number, X in enumerate(seen):  # noqa: N806
        assert {row.tobytes() for row in X} <= earlier
        assert len(X) == (~latest & (fold != number)).sum()
