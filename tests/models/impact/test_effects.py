"""Effects against worked examples and published ones."""

from __future__ import annotations

import numpy as np
import pytest

from models.impact.effects import Units, before_after, compare, e_value


def trial(offered: tuple[int, int], control: tuple[int, int]) -> Units:
    """People with and without the event in either arm."""
    y = np.repeat([1.0, 0.0, 1.0, 0.0], [*offered, *control])
    arm = np.repeat([True, False], [sum(offered), sum(control)])
    return Units(y, np.ones(len(y)), arm, np.arange(len(y)), np.ones(len(y)))


def test_a_two_by_two_table_by_hand() -> None:
    # 10 of 50 against 20 of 50: the variance p(1-p)/n of both arms, with the sandwich's 100/98.
    found = compare(trial((10, 40), (20, 30)))
    spread = 1.98447 * np.sqrt((0.2 * 0.8 / 50 + 0.4 * 0.6 / 50) * 100 / 98)  # t with 98 degrees of freedom
    assert (found.offered, found.control, found.difference) == pytest.approx((0.2, 0.4, -0.2))
    assert (found.low, found.high) == pytest.approx((-0.2 - spread, -0.2 + spread), abs=1e-5)
    assert found.ratio == pytest.approx(0.5)
    log_spread = 1.98447 * np.sqrt((0.8 / 10 + 0.6 / 20) * 100 / 98)
    assert found.ratio_high == pytest.approx(0.5 * np.exp(log_spread), abs=1e-5)
    assert found.verdict == "fewer"


def test_rates_count_events_over_years() -> None:
    units = Units(
        np.array([2.0, 0.0, 1.0, 3.0]),
        np.array([1.0, 0.5, 1.0, 1.0]),
        np.array([True, True, False, False]),
        np.arange(4),
        np.ones(4),
    )
    found = compare(units)
    assert (found.offered, found.control) == pytest.approx((2 / 1.5, 2.0))


def test_the_interval_is_that_of_resampling_people() -> None:
    rng = np.random.default_rng(1)
    people, years = 400, 3
    group = np.repeat(np.arange(people), years)
    frail = np.repeat(rng.gamma(1.0, 0.3, people), years)
    arm = group % 2 == 0
    y = rng.poisson(frail).astype(float)
    units = Units(y, np.ones(len(y)), arm, group, np.ones(len(y)))
    found = compare(units)
    per_person = y.reshape(people, years).sum(axis=1)
    drawn = [rng.integers(0, people, people) for _ in range(2000)]
    differences = [per_person[d[d % 2 == 0]].mean() / years - per_person[d[d % 2 == 1]].mean() / years for d in drawn]
    low, high = np.quantile(differences, [0.025, 0.975])
    assert (found.low, found.high) == pytest.approx((low, high), abs=0.012)
    # Treating rows as people would make it too narrow.
    alone = compare(Units(y, np.ones(len(y)), arm, np.arange(len(y)), np.ones(len(y))))
    assert alone.high - alone.low < 0.85 * (found.high - found.low)


def test_adjusting_takes_out_what_differed_at_the_start() -> None:
    rng = np.random.default_rng(2)
    ill = rng.integers(0, 2, 4000).astype(float)
    arm = rng.random(4000) < 0.3 + 0.4 * ill
    y = 1.0 * ill + 0.5 * arm + rng.normal(0, 0.1, 4000)
    units = Units(y, np.ones(4000), arm, np.arange(4000), np.ones(4000))
    assert compare(units).difference > 0.8
    assert compare(units, ill[:, None]).difference == pytest.approx(0.5, abs=0.02)


def test_weights_make_up_for_unequal_lots() -> None:
    # Drawn with probability 3/4 in one stratum and 1/4 in the other; the true difference is 1 in both.
    y = np.array([11.0] * 3 + [10.0] + [1.0] + [0.0] * 3)
    arm = np.array([True] * 3 + [False] + [True] + [False] * 3)
    p = np.array([0.75] * 4 + [0.25] * 4)
    weight = np.where(arm, 1 / p, 1 / (1 - p))
    assert compare(Units(y, np.ones(8), arm, np.arange(8), weight)).difference == pytest.approx(1.0)


def test_an_empty_arm_has_no_effect_to_show() -> None:
    found = compare(Units(np.ones(3), np.ones(3), np.ones(3, bool), np.arange(3), np.ones(3)))
    assert np.isnan(found.difference)
    assert found.verdict == "not shown"


@pytest.mark.parametrize(("ratio", "published"), [(3.9, 7.26), (1.8, 3.0), (1 / 3.9, 7.26)])
def test_the_e_value_of_its_paper(ratio: float, published: float) -> None:
    # VanderWeele and Ding, Annals of Internal Medicine 2017: breastfeeding, 3.9 with a lower limit of 1.8.
    assert e_value(ratio) == pytest.approx(published, abs=0.01)


def test_before_and_after() -> None:
    found = before_after([2, 4, 3, 3], [1, 0, 1, 1])
    assert (found.before, found.after) == (3.0, 0.75)
    assert found.change_percent == pytest.approx(-75)
    assert np.isnan(before_after([], []).change_percent)
