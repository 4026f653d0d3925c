"""An evaluation that leaves the output folder has no counts of 1 to 7, no exact counts, and no figures based on few
people."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from models.judging.drawn import AtCapacity, CalibrationBin, Curves, LiftPoint, RiskBin
from models.judging.figures import GroupResult, Interval, Metrics
from models.judging.record import WhoIsNew
from models.judging.shown import _without_a_few, shown

SHARES = ("0.005", "0.05")


def metrics(n: int, events: int, hits: dict[str, int]) -> Metrics:
    ppv = {share: Interval(hits[share] / math.ceil(float(share) * n), 0.1, 0.5) for share in SHARES}
    found = {share: Interval(hits[share] / events, 0.1, 0.5) for share in SHARES}
    return Metrics(n=n, events=events, people=n, auroc=Interval(0.7512345, 0.7, 0.8), ppv_at=ppv, sensitivity_at=found)


def test_counts_are_rounded_and_figures_keep_four_places() -> None:
    found = shown(metrics(1998, 203, {"0.005": 9, "0.05": 40}))
    assert (found.n, found.events, found.people) == (2000, 205, 2000)
    assert found.auroc.value == 0.7512
    assert found.ppv_at["0.05"].value == 0.4
    assert found.sensitivity_at["0.05"].value == 0.197


def test_a_share_of_the_list_with_a_few_outcomes_has_no_figures() -> None:
    found = shown(metrics(1998, 203, {"0.005": 3, "0.05": 40}))
    assert not found.ppv_at["0.005"].known
    assert not found.sensitivity_at["0.005"].known
    assert found.ppv_at["0.05"].known


def test_a_group_with_a_few_outcomes_is_too_small() -> None:
    group = GroupResult(group="ethnicity", value="M", n=25, events=5, auroc=Interval(0.7, 0.6, 0.8))
    assert shown(group) == GroupResult(group="ethnicity", value="M", too_small=True)
    large = shown(GroupResult(group="ethnicity", value="A", n=812, events=98, auroc=Interval(0.7, 0.6, 0.8)))
    assert (large.n, large.events, large.too_small) == (810, 100, False)


def test_lists_of_bins_are_shown_bin_by_bin() -> None:
    found = shown([RiskBin(0.1, 0.2, 93, 4), CalibrationBin(93, 0.123456, 0.1, 0.05, 0.2)])
    assert found == [RiskBin(0.1, 0.2, 95, 0), CalibrationBin(95, 0.1235, 0.1, 0.05, 0.2)]
    assert shown(CalibrationBin(993, 0.0012345, 3 / 993, 0.00103, 0.0089)) == CalibrationBin(995, 0.0, 0.0, 0.0, 0.01)


def test_curves_lose_the_points_with_a_few_outcomes_and_keep_the_others() -> None:
    points = [LiftPoint(0.0, 0.0), LiftPoint(0.001, 0.02), LiftPoint(0.05, 0.35123), LiftPoint(1.0, 1.0)]
    curves = Curves([], [], {}, {}, {"model": points}, [])
    kept = shown(_without_a_few(curves, 200)).lift["model"]
    assert kept == [LiftPoint(0.0, 0.0), LiftPoint(0.05, 0.3512), LiftPoint(1.0, 1.0)]


def test_nothing_known_stays_so() -> None:
    assert not shown(Metrics(n=0, events=0, people=0)).auroc.known
    assert shown(Metrics(n=0, events=0, people=0)).n == 0
    with pytest.raises(AttributeError):
        shown(None).n  # noqa: B018 - what was not looked at stays None


def test_deaths_and_lists_of_a_few_people_are_left_out() -> None:
    whole = metrics(1998, 203, {"0.005": 9, "0.05": 40})
    found = shown(replace(whole, died_at={"0.005": Interval(0.2, 0.0, 0.5), "0.05": Interval(0.1, 0.05, 0.15)}))
    assert not found.died_at["0.005"].known
    assert found.died_at["0.05"].value == 0.1
    row = AtCapacity(
        cluster="C1", people=900, n=50, events=20, threshold=0.5, ppv=Interval(0.4), ppv_worst=0.4, ppv_best=0.4,
        sensitivity=Interval(0.2), lift=4, number_needed=2.5, died=Interval(0.06),
        rivals={"few": Interval((5 - 45) / 100), "many": Interval((15 - 35) / 100)},
        better_by={"few": Interval(0.3), "many": Interval(0.1)},
    )  # fmt: skip
    hidden = shown(row)
    assert (hidden.died.known, hidden.rivals["few"].known, hidden.better_by["few"].known) == (False, False, False)
    assert hidden.rivals["many"].value == -0.2


def test_ages_of_new_people_are_protected_band_by_band() -> None:
    assert shown(WhoIsNew({"18": 639, "75 and over": 4}, 21.0)) == WhoIsNew({"18": 640}, 21.0)
