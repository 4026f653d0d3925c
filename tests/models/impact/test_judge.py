"""A whole study is evaluated, and impact.json has its fields."""

from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest

from data_schemas.receipts import Notice
from models.impact.balance import standardised_difference
from models.impact.fields import fields
from models.impact.judge import Outcome, Study, judge


def study(effect: float, seed: int = 3, people: int = 2000) -> Study:
    """A trial in which the programme changes the chance of the outcome by `effect` for the half that is offered it."""
    rng = np.random.default_rng(seed)
    offered = np.arange(people) % 2 == 0
    age = rng.normal(60, 10, people)
    y = (rng.random(people) < 0.3 + effect * offered).astype(float)
    unit = np.arange(people)
    who = pl.DataFrame({"unit": unit, "person": unit, "offered": offered, "weight": 1.0, "group": unit})
    rows = pl.DataFrame({"unit": unit, "y": y, "exposure": 1.0})
    return Study(
        people=who,
        covariates=pl.DataFrame({"unit": unit, "age": age}),
        outcome="any_admission",
        outcomes={"any_admission": Outcome(rows, "risk_difference_per_100")},
        negative_controls={"admissions_month_before": rows.with_columns(y=pl.lit(0.0))},
        before=np.array([2.0, 3.0]),
        after=np.array([1.0, 1.0]),
    )


def judged(study: Study) -> dict[str, object]:
    facts = {
        "programme": "walks",
        "design": "randomised",
        "outcome": "any_admission",
        "horizon_days": 365,
        "protocol_sha256": "0",
    }
    return fields(judge(study), facts, ["age"], [Notice("attrition", "nobody left")])


def test_every_field_of_the_contract_is_there() -> None:
    found = judged(study(-0.1))
    assert set(found) == {
        "programme", "design", "outcome", "horizon_days", "protocol_sha256", "n_offered", "n_control", "person_years_offered",
        "person_years_control", "headline", "adjusted", "verdict", "outcomes", "before_after", "balance", "largest_imbalance",
        "negative_controls", "e_value", "notices",
    }  # fmt: skip
    assert set(found["headline"]) == {
        "measure",
        "offered",
        "control",
        "difference",
        "low",
        "high",
        "ratio",
        "ratio_low",
        "ratio_high",
    }  # type: ignore[call-overload]
    assert set(found["adjusted"]) == {"difference", "low", "high", "for"}  # type: ignore[call-overload]
    assert set(found["before_after"]) == {"before", "after", "change_percent", "explanation"}  # type: ignore[call-overload]
    json.dumps(found, allow_nan=False)


@pytest.mark.parametrize(("effect", "verdict"), [(-0.1, "fewer"), (0.1, "more"), (0.0, "not shown")])
def test_the_verdict_says_harm_and_nothing_as_plainly_as_good(effect: float, verdict: str) -> None:
    found = judged(study(effect))
    assert found["verdict"] == verdict
    assert (found["n_offered"], found["n_control"]) == (1000, 1000)


def test_a_fall_after_the_start_is_named_for_what_it_is() -> None:
    naive = judged(study(0.0))["before_after"]
    assert naive["change_percent"] == pytest.approx(-60)  # type: ignore[index]
    assert "71%" in naive["explanation"]  # type: ignore[index]


def test_balance_by_hand() -> None:
    # Means 2 and 4, both variances 2/3 (of the population): 2 / sqrt(2/3).
    assert standardised_difference(np.array([1.0, 2, 3]), np.array([3.0, 4, 5])) == pytest.approx(-2 / np.sqrt(2 / 3))
    weighted = standardised_difference(np.array([1.0, 2, 3]), np.array([1.0, 2, 3, 90]), np.array([1.0, 1, 1, 0]))
    assert weighted == pytest.approx(0.0)


def test_what_the_programme_cannot_change_warns() -> None:
    one = study(0.0)
    differs = one.outcomes["any_admission"].rows.with_columns(y=(pl.col("unit") % 2 == 0).cast(pl.Float64))
    found = judge(Study(one.people, one.covariates, one.outcome, one.outcomes, {"planned_cataract_admission": differs}))
    names = [notice["name"] for notice in fields(found, {}, [], [])["notices"]]
    assert names == ["negative_control"]
