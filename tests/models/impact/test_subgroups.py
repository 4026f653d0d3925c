"""The main effect in groups named in advance."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from models.impact.effects import Effect
from models.impact.judge import judge
from models.impact.subgroups import p_differs
from tests.models.impact.test_judge import study


def effect(difference: float, spread: float = 1.0) -> Effect:
    half = 1.959963984540054 * spread
    return Effect(0, 0, difference, difference - half, difference + half)


def test_equal_effects_do_not_differ_and_others_do() -> None:
    assert p_differs([effect(2.0), effect(2.0)]) == pytest.approx(1)
    # Two effects 2.7718 standard errors of one apart: 1.96 of their difference.
    assert p_differs([effect(0.0), effect(2.7718)]) == pytest.approx(0.05, abs=1e-4)
    assert np.isnan(p_differs([effect(1.0)]))
    assert np.isnan(p_differs([effect(1.0), Effect(*[float("nan")] * 5)]))


def test_the_groups_of_a_study_add_up_to_it() -> None:
    trial = study(0.2)
    groups = trial.people.select(
        "unit", half=pl.when(pl.col("unit") < 500).then(pl.lit("first")).otherwise(pl.lit("rest"))
    )
    found = judge(replace(trial, groups=groups)).subgroups
    assert [(one.name, one.value) for one in found] == [("half", "first"), ("half", "rest")]
    assert [one.people for one in found] == [250, 750]
    middle = np.average([one.effect.difference for one in found], weights=[500, 1500])
    assert middle == pytest.approx(judge(trial).headline.difference)
    assert found[0].p_differs > 0.001
    assert not judge(trial).subgroups
