"""Ablations measure what each family of features is worth, by outcomes and by the true risks."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import spearmanr

from data_schemas.receipts import Feature
from models.ablate import ablate, beside_truth, subsets


def test_distance_and_rank_of_the_whole_sample():
    draw = np.random.default_rng(3)
    true = draw.random(200)
    risks = np.clip(true + draw.normal(0, 0.2, 200), 0, 1)
    found = beside_truth(risks, true)(np.ones((1, 200)))
    assert found["truth_distance"][0] == pytest.approx(np.abs(risks - true).mean())
    assert found["truth_rank"][0] == pytest.approx(spearmanr(risks, true).statistic)


def test_a_person_drawn_twice_counts_twice():
    found = beside_truth(np.array([0.1, 0.4, 0.9]), np.array([0.2, 0.2, 0.2]))(np.array([[2.0, 1.0, 0.0]]))
    assert found["truth_distance"][0] == pytest.approx((0.1 + 0.1 + 0.2) / 3)


def test_what_tells_of_the_risk_is_worth_something(site):
    found = {row.name: row for row in ablate(site.plan, site.train, site.test, "logistic", site.truth)}
    whole = found.pop("everything")
    assert 0 < whole.figures.truth_rank.value < 1
    distance = whole.figures.truth_distance
    assert distance.low <= distance.value <= distance.high
    for row in found.values():
        lost = row.differences["truth_rank"]
        assert lost.difference == pytest.approx(whole.figures.truth_rank.value - row.figures.truth_rank.value)
        assert lost.low <= lost.difference <= lost.high
    assert max(row.differences["truth_rank"].low for row in found.values()) > 0
    assert min(row.differences["truth_distance"].high for row in found.values()) < 0


def test_without_the_truth_there_is_no_distance(site):
    found = ablate(site.plan, site.train, site.test, "logistic")
    assert not any(row.figures.truth_rank.known or "truth_rank" in row.differences for row in found)


def test_council_records_are_left_out_by_themselves():
    package = Feature("care_package_1y", "care packages", "social", "count", "council.care_package")
    lonely = Feature("lonely", "lonely", "loneliness", "ever", "social.lonely")
    assert dict(subsets([package, lonely]))["without council records"] == ("council",)
    assert "without council records" not in dict(subsets([lonely]))
