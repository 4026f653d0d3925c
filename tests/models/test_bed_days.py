"""Expected bed days, and recalibration in the large."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from models import bed_days, metrics
from models.calibrate import in_the_large, shifted
from models.score import score, write_parquet

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


def test_days_are_written_beside_the_scores(site):
    def risk_of(snapshot, person):
        from models import storage
        from models.score import risks

        return risks(storage.load(site.model.path), snapshot, person)

    scores = score(site.model, site.test[0], site.store)
    found = pl.read_parquet(bed_days.write(bed_days.learn(site.train, site.plan, risk_of), scores, site.store))
    assert found.columns == ["person", "expected_bed_days"]
    assert found["person"].to_list() == pl.read_parquet(scores)["person"].to_list()
    observed = pl.read_parquet(site.test[0].folder / "outcomes" / "unplanned_admission-365.parquet")["bed_days"].mean()
    assert found["expected_bed_days"].mean() == pytest.approx(observed, rel=0.25)


def test_recent_outcomes_put_the_total_right():
    y = (RNG.random(20_000) < shifted(RISK, -0.6)).astype(int)
    shift = in_the_large(RISK, y)
    assert shift == pytest.approx(-0.6, abs=0.05)
    assert shifted(RISK, shift).sum() == pytest.approx(y.sum(), rel=0.01)


def test_a_handful_of_outcomes_moves_nobody():
    few = np.zeros(40, int)
    few[0] = 1
    assert abs(in_the_large(np.full(40, 0.05), few)) < 0.3
    assert in_the_large(np.full(10, 0.05), np.zeros(10, int)) == 0


def test_a_shifted_score_keeps_the_ranking(site, tmp_path):
    plain = pl.read_parquet(score(site.model, site.test[0], tmp_path / "a"))["risk"].to_numpy()
    moved = pl.read_parquet(score(site.model, site.test[0], tmp_path / "b", shift=-0.5))["risk"].to_numpy()
    assert metrics.logit(moved) == pytest.approx(metrics.logit(plain) - 0.5)


def test_the_same_rows_give_the_same_bytes(tmp_path):
    frame = pl.DataFrame({"person": [1, 2], "risk": [0.1, 0.2]})
    assert write_parquet(frame, tmp_path / "a").read_bytes() == write_parquet(frame, tmp_path / "b").read_bytes()
