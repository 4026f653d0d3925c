from __future__ import annotations

import pytest

from pipeline import words


@pytest.mark.parametrize(
    ("risk", "said"),
    [(0.0004, "under 0.1%"), (0.004, "0.4%"), (0.01, "1%"), (0.345, "34%"), (0.996, "over 99%")],
)
def test_no_risk_is_said_to_be_none_or_certain(risk, said):
    assert words.percent(risk) == said


@pytest.mark.parametrize(
    ("risk", "said"),
    [
        (0.003, "less than 1 in 100"), (0.05, "about 5 in 100"), (0.093, "about 9 in 100"), (0.1, "about 1 in 10"),
        (0.68, "about 7 in 10"), (0.97, "more than 9 in 10"),
    ],
)  # fmt: skip
def test_a_chance_is_out_of_10_and_out_of_100_below_1_in_10(risk, said):
    assert words.chance(risk) == said


@pytest.mark.parametrize(
    ("days", "next_", "within"),
    [
        (365, "the next 12 months", "within a year"), (1826, "the next 5 years", "within 5 years"),
        (1825, "the next 5 years", "within 5 years"), (30, "the next month", "within a month"),
        (183, "the next 6 months", "within 6 months"), (100, "the next 100 days", "within 100 days"),
    ],
)  # fmt: skip
def test_a_horizon_is_in_years_where_it_is_whole_ones(days, next_, within):
    assert (words.horizon(days), words.within(days)) == (next_, within)


@pytest.mark.parametrize(("number", "said"), [(0, "0 people"), (1, "1 person"), (1200, "1,200 people")])
def test_one_is_not_several(number, said):
    assert words.people(number) == said
