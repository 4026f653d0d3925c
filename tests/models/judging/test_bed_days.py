"""Expected bed days."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from data_schemas.disk import write_parquet
from models import metrics
from models.judging import bed_days, record
from models.score import score

RNG = np.random.default_rng(8)
RISK = metrics.expit(RNG.normal(-2, 1, 20_000))
DAYS = (RNG.random(20_000) < RISK) * RNG.poisson(6, 20_000)


def test_expected_days_add_up_and_rise_with_the_risk():
    found = bed_days.fit(RISK, DAYS)
    expected = found.expected(RISK)
    assert expected.mean() == pytest.approx(DAYS.mean(), rel=0.02)
    assert (np.diff(found.expected(np.sort(RISK))) >= -1e-12).all()
    high = RISK > 0.4
    assert expected[high].mean() == pytest.approx(DAYS[high].mean(), rel=0.1)


def test_beyond_what_was_seen_days_are_in_proportion_to_the_risk():
    found = bed_days.BedDays((0.1, 0.2), (1.0, 3.0))
    assert found.expected(np.array([0.05, 0.15, 0.4])) == pytest.approx([0.5, 2.0, 6.0])


def test_expected_days_come_near_the_days_of_people_the_curve_had_not_seen(site):
    found = json.loads(Path(site.model.evaluation_path).read_bytes())["metrics"]["bed_days"]
    outcomes = pl.read_parquet(site.test[0].folder / "outcomes" / "unplanned_admission-365.parquet").filter(
        ~pl.col("left")
    )
    assert found["days"] == pytest.approx(outcomes["bed_days"].mean())
    assert found["observed_expected_low"] < 1 < found["observed_expected_high"]
    assert found["days_at"]["0.05"] > 3 * found["days"]
    assert found["expected_days_at"]["0.05"] == pytest.approx(found["days_at"]["0.05"], rel=0.35)
    assert 0.15 < found["share_of_days_at"]["0.05"] < 0.6


def test_days_are_written_next_to_the_scores(site, tmp_path):
    scores = score(site.model, site.test[0], tmp_path)
    curve = record.read(site.model.evaluation_path).bed_days
    found = pl.read_parquet(bed_days.write(curve, scores, tmp_path))
    assert found.columns == ["person", "expected_bed_days"]
    assert found["person"].to_list() == pl.read_parquet(scores)["person"].to_list()
    observed = pl.read_parquet(site.test[0].folder / "outcomes" / "unplanned_admission-365.parquet")["bed_days"].mean()
    assert found["expected_bed_days"].mean() == pytest.approx(observed, rel=0.1)


def test_the_same_rows_give_the_same_bytes(tmp_path):
    frame = pl.DataFrame({"person": [1, 2], "risk": [0.1, 0.2]})
    assert write_parquet(frame, tmp_path / "a").read_bytes() == write_parquet(frame, tmp_path / "b").read_bytes()
