"""Riley's criteria agree with their authors' published example."""

from __future__ import annotations

import math

import pytest

from models.judging.sample_size import sample_size


def loss(explained: float, prevalence: float) -> float:
    """The log loss of a model with this Cox-Snell R squared."""
    null = -(prevalence * math.log(prevalence) + (1 - prevalence) * math.log(1 - prevalence))
    return null + math.log(1 - explained) / 2


def test_the_example_of_pmsampsize():
    found = sample_size(1000, 174, 24, loss(0.288, 0.174))
    assert (found.for_shrinkage, found.for_optimism, found.for_overall_risk) == (623, 662, 221)
    assert found.needed == 662
    assert found.events_per_parameter == pytest.approx(174 / 24)


def test_more_rows_shrink_less():
    few, many = (sample_size(rows, rows // 10, 100, loss(0.1, 0.1)).expected_shrinkage for rows in (2000, 50_000))
    assert few == pytest.approx(1 - 100 / (2000 * -math.log(0.9)), abs=1e-6)
    assert few < 0.9 < many


def test_a_model_that_explains_nothing_needs_more_than_there_is():
    assert sample_size(5000, 500, 50, loss(0.0, 0.1)).for_shrinkage > 1_000_000
