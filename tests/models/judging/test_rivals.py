"""Rivals on the test dates, evaluated with the model in one pass."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from models import metrics, storage
from models.judging import intervals, rivals
from models.judging.test_dates import load_test
from models.learning import sample


@pytest.fixture(scope="module")
def tested(site):
    return load_test(site.test, site.plan)


@pytest.fixture(scope="module")
def risks(site, tested):
    return rivals.rival_risks(sample.load(site.train, sample.varying(site.train), site.plan), tested)


def test_parr30_is_shown_as_fitted_and_as_published(risks):
    assert set(risks) == {"age_sex", "prior_admissions", "parr30", "parr30_published"}
    assert all(((risk > 0) & (risk < 1)).all() for risk in risks.values())


def test_figures_are_those_of_each_rival_and_differences_are_paired(site, tested, risks):
    p = tested.risks(storage.load(site.model.path))
    found = rivals.compared(tested, p, risks)
    for name, risk in risks.items():
        assert found.metrics[name].auroc.value == pytest.approx(roc_auc_score(tested.y, risk))
        assert found.metrics[name].people == len(np.unique(tested.person))
        apart = roc_auc_score(tested.y, p) - roc_auc_score(tested.y, risk)
        assert found.differences[name]["auroc"].difference == pytest.approx(apart)
    one, ours = "age_sex", tested.judged(p)
    alone = intervals.difference(ours, ours.at(risks[one]), replicates=200, seed=site.plan.seed)["auroc"]
    assert (found.differences[one]["auroc"].low, found.differences[one]["auroc"].high) == pytest.approx(
        (alone.low, alone.high)
    )
    assert found.metrics[one].auroc.low < found.metrics[one].auroc.value < found.metrics[one].auroc.high


def test_a_published_score_keeps_its_own_order(tested, risks):
    names = ["age", "emergency_admissions_1y"]
    age, admissions = tested.columns(names).T
    by_hand = 0.000060581 * age.astype(float) ** 2 + 0.1215 * admissions
    assert metrics.auroc(tested.y, risks["parr30_published"]) == pytest.approx(
        metrics.auroc(tested.y, by_hand), abs=1e-6
    )
