"""Rates against the test data of OHID's PHEindicatormethods (its files `testdata_DSR_ISR`, `testdata_Byars_Wilson`,
`testdata_SII`)."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.community import rates
from pipeline.community.rates import Rate

COUNTS = [127, 25, 18, 21, 12, 27, 48, 27, 29, 32, 32, 34, 45, 65, 38, 68, 74, 82, 91]
SMALL = [12, 4, 3, 2, 3, 4, 8, 2, 2, 3, 4, 5, 6, 8, 5, 6, 5, 5, 4]
PEOPLE = [636, 558, 609, 543, 384, 594, 669, 843, 660, 576, 606, 522, 426, 273, 300, 288, 153, 123, 207]
REFERENCE_COUNTS = [
    10303, 2824, 0, 3615, 3641, 3490, 3789, 3213, 3031, 2771, 3089, 3490, 3595, 4745, 5514, 7125, 5694, 6210, 5757,
]  # fmt: skip
REFERENCE_PEOPLE = [
    50520, 57173, 60213, 54659, 44345, 50128, 62163, 67423, 62899, 55463, 60479, 49974, 44140, 40888, 37239, 30819, 18136, 15325, 13918,
]  # fmt: skip
HOW_OFTEN = [
    (75, 16, 4, 2), (16, 3, 1, 0), (11, 2, 1, 0), (12, 3, 1, 0), (8, 0, 0, 1), (18, 3, 1, 0), (26, 6, 2, 1), (18, 3, 1, 0),
    (18, 4, 1, 0), (21, 4, 1, 0), (21, 4, 1, 0), (23, 4, 1, 0), (23, 6, 2, 1), (39, 8, 2, 1), (25, 5, 1, 0), (40, 9, 2, 1),
    (46, 9, 2, 1), (49, 10, 3, 1), (56, 11, 3, 1),
]  # fmt: skip
"""People with one, two, three and four events, by age band: they make up `COUNTS`."""


def figures(rate: Rate | None) -> tuple[float, float, float]:
    assert rate is not None
    return rate.value, rate.low, rate.high


@pytest.mark.parametrize(
    ("count", "confidence", "low", "high"),
    [
        (65, 0.95, 50.1632, 82.8491),
        (1045, 0.95, 982.5932, 1110.3312),
        (1, 0.95, 0.0131, 5.5638),
        (10, 0.998, 2.9163, 24.1937),
    ],
)
def test_byar(count: int, confidence: float, low: float, high: float) -> None:
    assert rates.byar(count, confidence) == pytest.approx((low, high), abs=5e-5)


@pytest.mark.parametrize(
    ("count", "people", "low", "high"), [(65, 100, 0.552544, 0.736358), (1045, 5000, 0.197955, 0.220491)]
)
def test_wilson(count: int, people: int, low: float, high: float) -> None:
    assert figures(rates.proportion(count, people)) == pytest.approx((count / people, low, high), abs=5e-7)


@pytest.mark.parametrize(
    ("counts", "expected"),
    [(COUNTS, (10430.24799, 9717.70907, 11178.94092)), (SMALL, (1103.21203, 877.45577, 1367.08822))],
)
def test_direct(counts: list[int], expected: tuple[float, float, float]) -> None:
    assert figures(rates.direct(counts, PEOPLE)) == pytest.approx(expected, rel=1e-7)


def test_direct_with_several_events_of_one_person() -> None:
    squares = [sum(people * (n + 1) ** 2 for n, people in enumerate(band)) for band in HOW_OFTEN]
    found = rates.direct(COUNTS, PEOPLE, squares=squares)
    assert figures(found) == pytest.approx((10430.24799, 9532.94978, 11373.07483), rel=1e-7)


def test_direct_gives_nothing_below_ten_events_or_without_people() -> None:
    assert rates.direct([1] * 9 + [0] * 10, PEOPLE) is None
    assert rates.direct(COUNTS, [0, *PEOPLE[1:]]) is None


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        (895, (1.0707233, 1.0017148, 1.1432333)),
        (91, (0.1088668, 0.0876504, 0.1336658)),
        (9, (0.01076698, 0.004923383, 0.0204392)),
    ],
)
def test_indirect(count: int, expected: tuple[float, float, float]) -> None:
    reference = np.array(REFERENCE_COUNTS) / np.array(REFERENCE_PEOPLE)
    found = rates.indirect(count, PEOPLE, reference)
    assert figures(found) == pytest.approx(expected, rel=2e-4)


def test_indirect_gives_nothing_where_nothing_is_expected() -> None:
    assert rates.indirect(3, [100], [0.0]) is None


INFANTS = [
    (279012, 5.892219689, 5.614959662, 6.183085358), (255993, 4.734504459, 4.475920770, 5.007951940),
    (236961, 3.827634083, 3.586926055, 4.084429103), (214315, 3.868138021, 3.614079114, 4.139982300),
    (192812, 3.677157023, 3.416696987, 3.957393482), (183546, 3.143626121, 2.897717635, 3.410331719),
    (168593, 3.125871181, 2.870493809, 3.403890987), (164822, 2.942568346, 2.692404130, 3.215901572),
    (154836, 2.828799504, 2.576305738, 3.105962149), (138165, 2.764810191, 2.501420619, 3.055848666),
]  # fmt: skip


def test_inequality() -> None:
    found = rates.inequality([Rate(*row[1:]) for row in INFANTS], [row[0] for row in INFANTS])
    assert found is not None
    assert found.slope.value == pytest.approx(-3.2752012326, rel=1e-6)
    assert found.relative.value == pytest.approx(0.4060006895, rel=1e-6)
    # OHID simulates too, with 100,000 draws: the limits agree to the error of our 10,000.
    assert (found.slope.low, found.slope.high) == pytest.approx((-3.5868, -2.9653), abs=0.02)
    assert (found.relative.low, found.relative.high) == pytest.approx((0.3689, 0.4462), abs=0.003)


def test_inequality_needs_five_groups_with_events() -> None:
    assert rates.inequality([Rate(1, 0.5, 2)] * 4, [1] * 4) is None
    assert rates.inequality([Rate(0, 0, 1)] * 5, [1] * 5) is None


def test_funnel_keeps_chance_inside() -> None:
    low, high = rates.funnel(50)
    drawn = np.random.default_rng(0).poisson(50, 20_000) / 50
    assert 0.995 < ((drawn >= low) & (drawn <= high)).mean() < 1


def test_events_of_the_same_people_make_the_limits_wider() -> None:
    alone, together = rates.limits(100), rates.limits(100, squares=400)
    assert rates.limits(100, squares=100) == alone
    assert (100 - together[0], together[1] - 100) == pytest.approx((2 * (100 - alone[0]), 2 * (alone[1] - 100)))
