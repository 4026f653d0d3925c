# ruff: noqa: N806 - X is the matrix of features, as in scikit-learn
"""The calibration term for new people: found where it exists, zero where it does not."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.base import clone

from data_schemas.receipts import Feature
from models import explain
from models.learning.candidates import linear
from models.learning.estimators import RiskModel
from models.learning.newcomers import Newcomers, newcomers
from models.metrics import expit, logit

FEATURES = [Feature(name, "", "", "fact") for name in ("age", "known_days", "other")]


def rows(n: int, seed: int, added: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Features, a model's log-odds, and outcomes. The true log-odds of people just registered are higher by `added`."""
    rng = np.random.default_rng(seed)
    known = np.where(rng.random(n) < 0.2, rng.uniform(0, 365, n), rng.uniform(1000, 9000, n))
    X = np.column_stack([rng.uniform(18, 95, n), known, rng.normal(size=n)]).astype(np.float32)
    margin = X[:, 2] - 2.0
    y = (rng.random(n) < expit(margin + added * np.exp(-known / 180))).astype(np.int8)
    return X, margin, y


def fitted(added: float, seed: int = 0) -> tuple[Newcomers, np.ndarray]:
    X, margin, y = rows(20_000, seed, added)
    return newcomers(FEATURES).fit(X, margin, y, np.arange(len(y), dtype=np.int32)), X


def test_people_just_registered_get_what_they_lack():
    term, X = fitted(0.8)
    added = term.by_column(X)[1]
    assert added[X[:, 1] < 5].mean() == pytest.approx(0.8, abs=0.2)
    assert np.abs(added[X[:, 1] > 3000]).max() < 1e-3
    assert sum(term.by_column(X).values()) == pytest.approx(term.of(X))


def test_rows_without_log_odds_are_left_out():
    X, margin, y = rows(20_000, 0, 0.8)
    person, seen = np.arange(len(y), dtype=np.int32), np.arange(len(y)) % 2 == 0
    half = newcomers(FEATURES).fit(X[~seen], margin[~seen], y[~seen], person[~seen])
    gaps = newcomers(FEATURES).fit(X, np.where(seen, np.nan, margin), y, person, np.ones(len(y)))
    assert gaps.size_ == pytest.approx(half.size_, rel=0.02)


def test_nothing_is_added_where_nothing_is_wrong():
    added = [np.abs(fitted(0.0, seed)[0].size_).max() for seed in range(20)]
    assert np.median(added) < 0.05
    assert max(added) < 0.3


def test_somebody_who_came_on_the_day_is_newest():
    term, _ = fitted(0.8)
    came = np.array([[40, np.nan, 0], [40, 0, 0], [40, 4000, 0]], np.float32)
    first, second, third = term.by_column(came)[1]
    assert first == pytest.approx(second, abs=1e-3)
    assert first > third + 0.5


def test_a_site_without_these_features_has_no_term():
    term = newcomers(FEATURES[2:]).fit(np.zeros((10, 1), np.float32), np.zeros(10), np.ones(10, np.int8), np.arange(10))
    assert term.of(np.zeros((3, 1), np.float32)).tolist() == [0, 0, 0]


def test_the_model_learns_it_and_its_reasons_add_up():
    X, _, y = rows(6_000, 3, 1.5)
    names = tuple(feature.name for feature in FEATURES)
    model = RiskModel(linear(FEATURES, 0, only=("age", "other")), feature_names=names, newcomers=newcomers(FEATURES))
    model.fit(X, y)
    new = X[:, 1] < 30
    risk = model.predict_proba(X)[:, 1]
    assert risk[new].mean() > 1.5 * risk[~new].mean()
    given = explain.contribution_matrix(model, X)
    assert np.ptp(logit(risk) - given.sum(axis=1)) < 1e-4
    assert np.any(given[:, 1] != 0)
    assert clone(model).newcomers.columns == {"age": 0, "known_days": 1}


def test_where_the_newest_have_hardly_any_events_no_term_runs_away():
    # Nobody under 30 has the outcome, so the likelihood of a term for the youngest has no maximum.
    X, margin, y = rows(3000, 1, 0.0)
    y[X[:, 0] < 30] = 0
    term = newcomers(FEATURES).fit(X, margin, y, np.arange(len(y), dtype=np.int32))
    assert term.size_[term.names_.index("age")] == 0


@pytest.mark.parametrize("scale", [1.0, 0.25])
def test_a_term_is_at_most_three_times_the_odds(scale):
    # Calibration stretches the log-odds of a model that is too cautious, and the term with them.
    X, margin, y = rows(20_000, 0, 5.0)
    model = RiskModel(linear(FEATURES, 0, only=("other",)), newcomers=newcomers(FEATURES)).fit(
        X, y, margin=margin * scale
    )
    moved = model.newcomers_.size_ * model.calibrator_.slope()
    assert np.abs(moved).max() == pytest.approx(np.log(3), rel=0.05)


def test_people_who_count_in_part_count_in_part_among_the_events_of_a_term():
    # 40 newest, each in two rows: with the outcome for 0.2 and without for 0.8. Eight events are too few.
    X, margin, y = rows(2000, 2, 0.0)
    long = X[:, 1] > 1000
    X, margin, y = X[long], margin[long], y[long]
    newest = np.repeat(np.array([[50, 0, 0]], np.float32), 80, axis=0)
    everybody = np.r_[X, newest], np.r_[margin, np.full(80, -4.0)], np.r_[y, np.tile([1, 0], 40)].astype(np.int8)
    person = np.r_[np.arange(len(y)), len(y) + np.repeat(np.arange(40), 2)].astype(np.int32)
    whole, part = np.ones(len(person)), np.r_[np.ones(len(y)), np.tile([0.2, 0.8], 40)]
    of = newcomers(FEATURES).columns["known_days"]
    assert newcomers(FEATURES).fit(*everybody, person, whole).size_[of] > 0
    assert newcomers(FEATURES).fit(*everybody, person, part).size_[of] == 0
