"""What a place is worth, by hand."""

from __future__ import annotations

import json

import pytest

from pipeline.publish.value import Money, lines, measured


def test_risk_times_effect_times_cost() -> None:
    (first, second) = lines([0.5] * 10 + [0.2] * 10, 10, Money(admission=2000, place=60))
    assert first.worth == pytest.approx((100, 0, -50))
    assert second.worth == pytest.approx((40, 0, -20))
    assert (first.break_even, second.break_even) == pytest.approx((-0.06, -0.15))
    assert (first.chance, second.chance) == pytest.approx((1 / 3, 0))


def test_a_place_does_not_pay_where_the_effect_is_zero() -> None:
    (line,) = lines([0.9] * 10, 10, Money(admission=5000, place=1, effect=(0.0, 0.0)))
    assert line.worth[1] == 0
    assert line.chance == 0


def test_the_chance_is_that_of_the_measured_effect() -> None:
    (line,) = lines([0.5] * 10, 10, Money(admission=2000, place=100, effect=(-0.1, 0.05)))
    assert line.chance == pytest.approx(0.5)  # it breaks even at -10%, the middle of what was found


def test_without_the_cost_of_a_place_nothing_is_reported_on_whether_it_pays() -> None:
    (line,) = lines([0.5] * 10, 10, Money())
    assert line.break_even is None


def test_long_lists_are_cut_and_short_groups_left_out() -> None:
    found = lines([0.5] * 505, 500, Money())
    assert [found[0].places, found[-1].places] == ["1 to 10", "491 to 500"]
    assert len(found) <= 9


def test_the_newest_study_of_the_outcome_counts(tmp_path) -> None:
    headline = {"ratio": 0.9, "ratio_low": 0.8, "ratio_high": 1.0125}
    study = {"programme": "walks", "design": "randomised", "outcome": "unplanned_admission", "headline": headline}
    (tmp_path / "walks").mkdir()
    (tmp_path / "walks" / "impact.json").write_text(json.dumps(study))
    effect, name = measured(tmp_path, "unplanned_admission")
    assert effect == pytest.approx((-0.1, 0.054), abs=0.001)
    assert name == "walks (randomised)"
    assert measured(tmp_path, "ae_attendance") is None


def test_the_borough_page_says_first_that_nothing_pays_without_an_effect(borough, published) -> None:
    page = (published(borough(money=Money(admission=2100, place=150, is_own=True))) / "borough.html").read_text()
    assert page.index("a place does not pay") < page.index("£2,100")
    assert "Chance that it pays" in page
