"""The model's figures over time."""

from __future__ import annotations

import dataclasses
import datetime as dt
import shutil
from pathlib import Path

import borough
import numpy as np
import pytest
from scipy.stats import poisson

from data_schemas.receipts import TrainingPlan, plain
from models import ablate, lineage, recheck, registry, storage
from models.documents.card import model_card
from models.judging import over_time, record
from models.judging.test_dates import load_test
from models.learning import known_outcomes, sample


@pytest.fixture(scope="module")
def looked(tmp_path_factory):
    """Five yearly dates of one borough, evaluated over time."""
    folder = tmp_path_factory.mktemp("years")
    taken = [borough.take(folder, dt.date(year, 1, 1), people=2000) for year in (2022, 2020, 2021, 2023)]
    plan = TrainingPlan("Years", seed=2)
    return taken, plan, over_time.over_time(taken, plan, "logistic")


def test_every_date_is_judged_by_what_could_be_known_then(looked):
    found = plain(looked[2].rolling)
    assert [(row["test"], row["train"]) for row in found] == [
        ("2021-01-01", ["2020-01-01"]),
        ("2022-01-01", ["2020-01-01", "2021-01-01"]),
        ("2023-01-01", ["2020-01-01", "2021-01-01", "2022-01-01"]),
    ]
    assert all(row["auroc_low"] < row["auroc"] < row["auroc_high"] for row in found)
    assert looked[2].notices == []


def test_scores_are_judged_at_every_age_at_the_newest_date(looked):
    found = plain(looked[2])
    assert [(row["scored"], row["test"], row["days"]) for row in found["staleness"]] == [
        ("2022-01-01", "2023-01-01", 365),
        ("2021-01-01", "2023-01-01", 730),
    ]
    newest = found["rolling"][-1]
    assert all(row["retrained"]["auroc"] == newest["auroc"] for row in found["staleness"])
    assert all(row["old_score"]["auroc"] < row["refreshed"]["auroc"] for row in found["staleness"])
    assert found["staleness"][0]["old_score"]["n"] == newest["n"]


def test_an_old_score_is_that_of_its_own_date_and_unknown_for_who_was_not_there(site, tmp_path):
    model = storage.load(site.model.path)
    now = borough.take(tmp_path, dt.date(2024, 4, 1), first_person=1000)
    test = load_test([now], site.plan)
    old = over_time.old_scores(model, site.train[0], test)
    there = test.person < 4000
    names = list(model.feature_names)
    expected = model.predict_proba(sample.matrix(site.train[0], names, test.person[there]))[:, 1]
    assert old[there] == pytest.approx(expected)
    assert np.isnan(old[~there]).all()


def test_too_few_dates_are_reported(site):
    found = plain(over_time.over_time(site.train, site.plan, "age_sex"))
    assert (found["rolling"], found["staleness"]) == ([], [])
    assert [notice["name"] for notice in found["notices"]] == ["few_dates", "few_dates"]
    assert "no date could be tested" in found["notices"][0]["detail"]


def test_dates_with_too_few_events_are_left_out(looked):
    taken, plan, _ = looked
    first = int(known_outcomes.known_outcomes(min(taken, key=lambda s: s.as_of), plan).y.sum())
    many = dataclasses.replace(plan, minimum_events=first + 1)
    found = over_time.over_time(taken, many, "age_sex").rolling
    assert [row.test for row in found] == ["2022-01-01", "2023-01-01"]


def test_what_was_seen_over_time_is_in_the_card_the_pictures_and_mlflow(site, looked, tmp_path):
    shutil.copytree(site.store.parent, tmp_path / "out")
    store = tmp_path / "out" / "store"
    (copied,) = registry.known(site.plan, lineage.training_key(site.plan, site.train, site.test), store).values()
    evaluation = record.read(copied.evaluation_path)
    now = dataclasses.replace(evaluation, rolling=looked[2].rolling, staleness=looked[2].staleness)
    recheck.amend(copied, now, ("rolling", "staleness"), store)
    assert "Tested at 2023-01-01, trained on 2020-01-01, 2021-01-01, 2022-01-01" in model_card(copied)
    assert "A score 730 days old ranks people with AUROC" in model_card(copied)
    with registry.quiet():
        client = registry.connect(store)
        steps = {m.step: m.value for m in client.get_metric_history(copied.run_id, "staleness/old_score/auroc")}
        rolled = client.get_metric_history(copied.run_id, "rolling/auroc")
        pictures = {Path(a.path).stem for a in client.list_artifacts(copied.run_id, "plots")}
    assert steps == pytest.approx({row.days: row.old_score.auroc.value for row in looked[2].staleness}, abs=1e-4)
    assert [m.value for m in sorted(rolled, key=lambda m: m.step)] == pytest.approx(
        [row.auroc.value for row in looked[2].rolling], abs=1e-4
    )
    assert {"rolling", "staleness"} <= pictures


def test_months_add_up_to_the_year(site):
    test = load_test(site.test, site.plan)
    p = test.risks(storage.load(site.model.path))
    rows = over_time.by_month(test, p)
    assert sum(row.observed for row in rows) == test.y.sum()
    assert sum(row.expected for row in rows) == pytest.approx(p.sum())


def test_outcomes_that_fade_show_in_the_months(site, tmp_path):
    test = load_test([borough.take(tmp_path, dt.date(2024, 4, 1), shift=-1.5)], site.plan)
    rows = over_time.by_month(test, test.risks(storage.load(site.model.path)), months=2)
    assert all(row.observed_expected.high < 0.8 for row in rows)


def test_the_interval_of_a_count_covers_it():
    low, high = over_time.poisson_interval(10)
    assert poisson.sf(9, low) == pytest.approx(0.025)
    assert poisson.cdf(10, high) == pytest.approx(0.025)
    assert over_time.poisson_interval(0)[0] == 0


def test_what_a_family_is_worth(site):
    found = {row.name: row for row in ablate.ablate(site.plan, site.train, site.test, "logistic")}
    assert {"everything", "without use_of_care", "without demographic", "without anything social"} <= set(found)
    whole, without = found["everything"], found["without demographic"]
    assert without.features == whole.features - 2
    assert without.differences["auroc"].low > 0
    assert without.differences["auroc"].difference == pytest.approx(
        whole.figures.auroc.value - without.figures.auroc.value
    )
    assert set(found["without anything social"].left_out) == {"social", "loneliness", "strength"}
    assert np.isfinite(found["without anything social"].differences["auroc"].high)
