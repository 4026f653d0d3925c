"""A matrix binned once."""

from __future__ import annotations

import numpy as np
import pytest

from data_schemas.receipts import Feature
from models import metrics
from models.learning import binned
from models.learning.candidates import BOOSTING, HISTOGRAM_BOOSTING, LOGISTIC, SMALL_BOOSTING
from models.learning.estimators import fitted

PEOPLE, KEPT = 3000, 2000


@pytest.fixture(scope="module")
def rows():
    rng = np.random.default_rng(1)
    X = rng.normal(size=(PEOPLE, 5)).astype(np.float32)  # noqa: N806
    return X, (rng.random(PEOPLE) < metrics.expit(X[:, 0] - 2)).astype(np.int8)


@pytest.fixture(autouse=True)
def many_trees(monkeypatch, few_trees):
    """As many trees as sites have. The few of `few_trees` differ more by chance."""
    for settings, shipped in few_trees:
        for name, value in shipped.items():
            monkeypatch.setitem(settings, name, value)


def built(candidate):
    return candidate.build([Feature(f"f{n}", f"number {n}", "site", "latest") for n in range(5)], 1)


@pytest.mark.parametrize("candidate", [SMALL_BOOSTING, BOOSTING, HISTOGRAM_BOOSTING], ids=lambda c: c.name)
def test_the_trees_that_sites_get_find_the_risk(rows, candidate):
    X, y = rows  # noqa: N806
    model = built(candidate).fit(X[:KEPT], y[:KEPT])
    predicted, true = model.predict_proba(X[KEPT:])[:, 1], X[KEPT:, 0]
    assert metrics.auroc(y[KEPT:], predicted) > metrics.auroc(y[KEPT:], true) - 0.03
    assert predicted.mean() == pytest.approx(y[KEPT:].mean(), rel=0.15)


def test_lightgbm_alone_learns_from_bins():
    assert binned.is_lightgbm(built(BOOSTING))
    assert not binned.is_lightgbm(built(LOGISTIC))


@pytest.mark.parametrize("candidate", [SMALL_BOOSTING, BOOSTING])
def test_rows_out_of_the_bins_teach_as_much_as_a_copy_of_them(rows, candidate):
    X, y = rows  # noqa: N806
    learn, judged = np.arange(KEPT), X[KEPT:]
    found = binned.Binned(X, y, None, [built(candidate)]).fitted(built(candidate), learn)(judged)
    copied = metrics.logit(fitted(built(candidate), X[learn], y[learn], None).predict_proba(judged)[:, 1])
    assert np.corrcoef(found, copied)[0, 1] > 0.97
    assert metrics.auroc(y[KEPT:], found) == pytest.approx(metrics.auroc(y[KEPT:], copied), abs=0.02)


def test_outcomes_and_weights_of_rows_left_out_teach_nothing(rows):
    X, y = rows  # noqa: N806
    learn, weight = np.arange(KEPT), np.ones(PEOPLE)
    other, heavier = y.copy(), weight.copy()
    other[KEPT:], heavier[KEPT:] = 1 - y[KEPT:], 9
    found = [
        binned.Binned(X, outcome, w, [built(BOOSTING)]).fitted(built(BOOSTING), learn)(X[KEPT:])
        for outcome, w in ((y, weight), (other, heavier))
    ]
    assert np.array_equal(*found)
