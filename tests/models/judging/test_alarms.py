"""Alarms are raised where something is planted and not on honest sites."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import math
from pathlib import Path

import borough
import numpy as np
import pytest

from data_schemas.receipts import ALARMS, Notice
from models.judging import alarms
from models.judging.figures import GroupResult, Interval, Metrics
from models.judging.record import BedDayFigures, Leavers, ModelMetrics
from models.train import train

DAY = dt.date


def judged(site, folder, train_snapshots, test_snapshots, **given):
    model = train(site.plan, train_snapshots, test_snapshots, folder / "out" / "store", **given)
    evaluation = json.loads(Path(model.evaluation_path).read_bytes())
    return model, {alarm["name"] for alarm in evaluation["alarms"]}


def figures_of(**figures):
    return Metrics(n=1000, events=100, people=1000, **figures)


def test_an_honest_site_is_silent_and_gets_its_champion(site):
    evaluation = json.loads(Path(site.model.evaluation_path).read_bytes())
    assert evaluation["alarms"] == []
    assert site.model.alias == "champion"


def test_a_copied_outcome_is_leakage_and_holds_the_model_back_until_somebody_accepts_it(site, tmp_path):
    taken = [borough.take(tmp_path, DAY(2023, 1, 1), people=2500, leak=True)]
    tested = [borough.take(tmp_path, DAY(2024, 1, 1), people=2500, leak=True)]
    model, names = judged(site, tmp_path, taken, tested)
    assert names == {"leakage"}
    assert model.alias == "challenger"
    again, _ = judged(site, tmp_path, taken, tested)
    assert again == model
    accepted, _ = judged(site, tmp_path, taken, tested, accept=dict.fromkeys(ALARMS, "a test"))
    assert (accepted.alias, accepted.model_version) == ("champion", model.model_version)


def test_outcomes_that_fall_away_ring_drift_and_calibration(site, tmp_path):
    tested = [borough.take(tmp_path, DAY(2024, 6, 1), people=6000, shift=-0.9)]
    _, names = judged(site, tmp_path, site.train, tested)
    assert {"drift", "calibration"} <= names
    assert "subgroup" not in names


def test_a_table_that_stops_arriving_rings_empty_join_only_where_it_is_configured(site, tmp_path):
    current = borough.take(tmp_path, DAY(2025, 4, 1), empty=("ae_attendances_1y",))
    snapshots = [*site.train, *site.test, current]
    assert alarms.empty_join([*site.train, *site.test], ["attendances", "admissions"]) == []
    assert alarms.empty_join(snapshots, ["admissions"]) == []
    found = alarms.empty_join(snapshots, ["attendances", "admissions", "registrations"])
    assert [alarm.name for alarm in found] == ["empty_join"]
    assert "2025-04-01" in found[0].detail


def test_a_table_that_matches_nobody_rings_empty_join(tmp_path):
    taken = [borough.take(tmp_path, DAY(2023, m, 1), people=200, empty=("ae_attendances_1y",)) for m in (1, 4)]
    assert "belongs to anybody" in alarms.empty_join(taken, ["attendances"])[0].detail


@pytest.mark.parametrize(
    ("figures", "rings"),
    [
        (0.96, True),
        (0.88, False),
        (math.nan, False),
    ],
)
def test_leakage_by_discrimination(figures, rings):
    assert bool(alarms.leakage(figures_of(auroc=Interval(figures)), {"a": 0.86})) is rings


def test_leakage_by_one_feature_needs_it_to_be_as_good_as_the_model():
    assert alarms.leakage(figures_of(auroc=Interval(0.93)), {"a": 0.92})
    assert not alarms.leakage(figures_of(auroc=Interval(0.94)), {"a": 0.91})
    assert not alarms.leakage(figures_of(auroc=Interval(0.88)), {"a": 0.87})


@pytest.mark.parametrize(
    ("slope", "rings"),
    [((0.73, 0.48, 0.99), True), ((0.83, 0.70, 0.97), True), ((0.83, 0.60, 1.05), False), ((0.9, 0.85, 0.95), False)],
)
def test_a_slope_rings_outside_its_limits_where_its_interval_leaves_out_1(slope, rings):
    assert bool(alarms.calibration(figures_of(calibration_slope=Interval(*slope)))) is rings


@pytest.mark.parametrize(
    ("total", "rings"),
    [((0.754, 0.689, 0.815), True), ((0.75, 0.5, 1.1), False), ((0.85, 0.8, 0.9), False), ((1.3, 1.1, 1.5), True)],
)
def test_a_total_rings_outside_its_limits_where_its_interval_leaves_out_1(total, rings):
    test = figures_of(observed_expected=Interval(*total))
    assert bool(alarms.calibration(test)) is bool(alarms.drift(test, 0.0)) is rings


@pytest.mark.parametrize(
    ("share", "excluded", "weighted", "rings"),
    [(0.24, 1.12, 1.0, True), (0.24, 1.02, 1.0, False), (0.02, 1.3, 1.0, False)],
)
def test_leavers_ring_where_they_are_many_and_leaving_them_out_matters(share, excluded, weighted, rings):
    either = [figures_of(observed_expected=Interval(ratio, 0.9, 1.2)) for ratio in (excluded, weighted)]
    days = BedDayFigures(n=1, days=0.0, expected_days=0.0, share_of_days_at={}, days_at={}, expected_days_at={})
    measured = ModelMetrics(
        test=either[0], new_people=either[0], leavers_excluded=either[0], leavers_weighted=either[1],
        leavers=Leavers(240, share), bed_days=days,
    )  # fmt: skip
    assert bool(alarms.leavers(measured)) is rings


def test_a_group_needs_more_to_ring_where_more_groups_are_looked_at():
    def row(value, ratio, low, high):
        return GroupResult(group="sex", value=value, n=900, events=90, observed_expected=Interval(ratio, low, high))

    everybody, off = figures_of(observed_expected=Interval(1.0)), row("male", 0.62, 0.42, 0.92)
    assert alarms.subgroup(everybody, [off])
    assert not alarms.subgroup(everybody, [off, *(row(str(n), 1.0, 0.8, 1.25) for n in range(20))])


def test_the_chance_of_a_ratio_is_that_of_its_interval():
    assert alarms.chance(Interval(0.5, 0.5 / 2, 0.5 * 2), 1.0) == pytest.approx(0.05, abs=0.001)
    assert alarms.chance(Interval(1.0, 0.8, 1.25), 1.0) == pytest.approx(1.0)


def test_a_group_is_set_against_everybody():
    row = GroupResult(group="sex", value="male", n=900, events=90, observed_expected=Interval(0.5, 0.45, 0.55))
    everybody = figures_of(observed_expected=Interval(1.0))
    assert alarms.subgroup(everybody, [row])
    assert not alarms.subgroup(figures_of(observed_expected=Interval(0.55)), [row])
    assert not alarms.subgroup(everybody, [dataclasses.replace(row, events=9)])
    assert not alarms.subgroup(everybody, [GroupResult(group="sex", value="male", too_small=True)])


def test_windows_that_overlap_ring(site):
    near = dataclasses.replace(site.test[0], as_of=DAY(2023, 12, 31))
    assert alarms.overlap(site.train, site.test, 365) == []
    assert len(alarms.overlap(site.train, [near], 365)) == 2


def test_missing_values_do_not_hide_a_copy():
    y = np.array([1, 1, 0, 0, 0], np.int8)
    only_events = np.array([[3.0], [2.5], [np.nan], [np.nan], [np.nan]], np.float32)
    assert alarms.single_features(only_events, y, [borough.FEATURES[0]]) == {"age": 1.0}


def test_accepted_names_are_taken_out():
    raised = [Notice("drift", "x"), Notice("leakage", "y")]
    assert alarms.unaccepted(raised, ["drift"]) == [raised[1]]
