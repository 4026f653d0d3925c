"""Published scores: points worked out by hand, and the result for a site that lacks their data."""

from __future__ import annotations

import numpy as np
import pytest

from data_schemas.receipts import Feature
from models.learning.published import CHARLSON_AGE, FRAILTY, PARR30_PUBLISHED
from models.learning.sample import Sample


def test_charlson_age_counts_decades_from_fifty_four_at_most():
    age = [[18.0, 0.0], [49.9, 1.0], [50.0, 0.0], [69.0, 2.0], [80.0, 0.0], [97.0, 3.0]]
    found = CHARLSON_AGE.of(["age", "charlson_index"], np.array(age, np.float32))
    assert found.tolist() == [0, 1, 1, 4, 4, 7]


def test_parr30_by_hand():
    names = ["age", "emergency_admissions_1y", "emergency_admissions_30d", "charlson_heart_failure_ever", "unrelated"]
    found = PARR30_PUBLISHED.of(
        names, np.array([[70.0, 2.0, 1.0, 1.0, 99.0], [70.0, 0.0, np.nan, 0.0, 99.0]], np.float32)
    )
    assert found == pytest.approx([0.000060581 * 4900 + 2 * 0.1215 + 0.5258 + 0.0950, 0.000060581 * 4900])


def learning(name: str) -> Sample:
    rng = np.random.default_rng(0)
    values = rng.random((500, 1)).astype(np.float32)
    y = (rng.random(500) < values[:, 0]).astype(np.int8)
    return Sample([Feature(name, "", "", "fact")], values, y, np.arange(500, dtype=np.int32), np.zeros(500, np.int32))


def test_the_line_gives_the_share_with_the_outcome():
    rows = learning("frailty_index")
    risk = FRAILTY.calibrated(rows).predict(rows.X[:, 0])
    assert risk.mean() == pytest.approx(rows.y.mean())
    assert np.corrcoef(risk, rows.X[:, 0])[0, 1] > 0.9


def test_a_site_without_its_features_has_no_score():
    assert CHARLSON_AGE.calibrated(learning("age")) is None
