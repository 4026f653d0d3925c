"""Observed/expected of people seen and never listed, and the alarm."""

from __future__ import annotations

import datetime as dt

import borough
import polars as pl
import pytest

from models import storage
from models.judging import alarms
from models.judging.figures import Interval
from models.judging.influence import by_influence, observed_expected, ratio
from models.judging.record import Influence
from models.learning import known_outcomes


def test_observed_over_expected_by_hand() -> None:
    # 30 of 100 people at a risk of 0.4 each: 30 / 40; residuals 1 - 0.3 and -0.3.
    rows = pl.DataFrame({"person": range(100), "y": [1.0] * 30 + [0.0] * 70, "p": 0.4})
    found = observed_expected(rows)
    spread = 1.959964 * (30 * 0.7**2 + 70 * 0.3**2) ** 0.5 / 30
    assert found.value == pytest.approx(0.75)
    assert found.high / found.value == pytest.approx(2.718281828**spread, rel=1e-5)


def test_a_persons_rows_are_kept_together() -> None:
    once = pl.DataFrame({"person": range(50), "y": [1.0] * 10 + [0.0] * 40, "p": 0.3})
    twice = pl.concat([once, once])
    assert observed_expected(twice).high == pytest.approx(observed_expected(once).high)


def test_nothing_is_reported_without_events() -> None:
    assert not observed_expected(pl.DataFrame({"person": [1], "y": [0.0], "p": [0.4]})).known


RATIOS = [
    (0.7, 0.62, 0.79, True),
    (0.75, 0.66, 0.85, True),
    (0.95, 0.85, 1.06, False),
    (0.7, 0.4, 1.2, False),  # few people
    (1.4, 1.1, 1.7, True),
    (0.9, 0.82, 0.98, False),
]


@pytest.mark.parametrize(("value", "low", "high", "rings"), RATIOS)
def test_the_alarm_rings_where_the_interval_leaves_the_limits_and_one(
    value: float, low: float, high: float, *, rings: bool
) -> None:
    found = alarms.feedback(Influence(groups=[], ratio=Interval(value, low, high)))
    assert [notice.name for notice in found] == (["feedback"] if rings else [])


def test_a_ratio_of_two_groups() -> None:
    found = ratio(Interval(0.7, 0.6, 0.7 * 0.7 / 0.6), Interval(1.0, 0.9, 1 / 0.9))
    assert found.value == pytest.approx(0.7)
    assert found.low < 0.6 < found.high
    assert not alarms.feedback(None)


def test_a_site_without_a_ledger_has_no_such_groups_and_one_with_it_has_three(site, tmp_path):  # type: ignore[no-untyped-def]
    snapshot = borough.take(tmp_path / "snapshots", dt.date(2024, 1, 1), people=2500)
    model = storage.load(site.model.path)
    assert by_influence(model, [snapshot], site.plan) is None
    rows = known_outcomes.outcomes(snapshot, "unplanned_admission", 365).filter(~pl.col("left"))
    seen = rows.filter((pl.col("person") % 3 == 0) & ~(pl.col("event") & (pl.col("person") % 2 == 0)))["person"]
    touched = pl.DataFrame(
        {"person": seen, "listed": True, "listed_lately": False, "reached_in": 5, "reached_before": False}
    )
    path = snapshot.folder.parents[1] / "influence" / "2024-01-01-365.parquet"
    path.parent.mkdir()
    by_team = pl.when(pl.col("person") % 2 == 0).then(pl.lit("team")).otherwise(pl.lit("model"))
    touched.with_columns(seen_in=pl.lit(5), seen_before=pl.lit(value=False), chosen=by_team).write_parquet(path)
    found = by_influence(model, [snapshot], site.plan)
    assert found is not None
    assert {group.value: group.n for group in found.groups} == {
        "never listed": rows.height - len(seen),
        "listed, not reached": 0,
        "seen": len(seen),
    }
    assert found.ratio.high < 1
    assert [notice.name for notice in alarms.feedback(found)] == ["feedback"]
    assert {group.value: group.n for group in found.chosen} == {
        "chosen by the model": int((seen % 2 == 1).sum()),
        "added by the team": int((seen % 2 == 0).sum()),
    }
