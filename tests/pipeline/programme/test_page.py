"""The page of a study shows the verdict first, and does not identify anybody."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.programme.page import page, verdict
from pipeline.programme.protocol import Protocol

PROTOCOL = Protocol(
    programme="walks", design="randomised", eligibility="e", comparison="c", outcome="any_admission", horizon_days=365,
    other_outcomes=(), adjusted_for=("age",), matching_variables=(), subgroups=(), negative_controls=(), intervals="i", verdict="v",
    people=40, end_of_data="2026-04-01", code_version="x", data="y", configuration="z",
)  # fmt: skip


def impact(verdict: str = "more", **more: Any) -> dict[str, Any]:
    figures = {
        "offered": 30.0,
        "control": 20.0,
        "difference": 10.0,
        "low": 2.0,
        "high": 18.0,
        "ratio": 1.5,
        "ratio_low": 1.1,
        "ratio_high": 2.0,
    }
    measure = "risk_difference_per_100"
    content = {
        "programme": "walks <b>", "design": "randomised", "outcome": "any_admission", "protocol_sha256": "0" * 64, "verdict": verdict,
        "n_offered": 423, "n_control": 417, "person_years_offered": 423.0, "person_years_control": 417.0,
        "headline": {"measure": measure, **figures}, "adjusted": {"difference": 9.0, "low": 1.0, "high": 17.0, "for": ["age"]},
        "outcomes": [
            {"name": "any_admission", "measure": measure, **figures},
            {"name": "death", "measure": measure, **figures, "offered": 77.7},
            {"name": "ae_attendance", "measure": measure, **figures},
        ],
        "before_after": {"explanation": "naive", "before": 0.5, "after": 0.2, "change_percent": -60.0},
        "balance": [{"name": "age", "before": 0.2, "after": 0.01}], "largest_imbalance": 0.01,
        "negative_controls": [], "e_value": 2.0, "notices": [],
    }  # fmt: skip
    return {**content, **more}


@pytest.mark.parametrize(
    ("found", "first"),
    [
        ("more", "Among those who were offered it, more went into hospital."),
        ("fewer", "Among those who were offered it, fewer went into hospital."),
        ("not shown", "No effect was shown (any hospital stay)."),
    ],
)
def test_harm_and_nothing_are_said_as_plainly_as_good(found: str, first: str) -> None:
    text = page("Wigan", impact(found), PROTOCOL, few=set()).decode()
    assert verdict(impact(found)) == first
    assert text.index(first) < text.index("naive") < text.index("Every outcome")


def test_counts_are_rounded_few_events_hidden_and_text_escaped() -> None:
    text = page("Wigan", impact(), PROTOCOL, few={"death"}).decode()
    assert "425" in text
    assert "423" not in text
    assert "417" not in text
    assert "78" not in text.split("Death")[1][:400]
    assert "too few to show" in text
    assert "walks <b>" not in text
    assert "A visit to A&amp;E" in text


def test_with_too_few_people_nothing_is_reported() -> None:
    text = page("Wigan", impact(), PROTOCOL, few={"any_admission", "death", "ae_attendance"}).decode()
    assert "Nothing can be said yet" in text
    assert "+10" not in text


def test_groups_that_rest_on_few_people_are_hidden_and_chance_is_named() -> None:
    rows = [
        {"name": name, "value": value, "people": 200, "difference": 12.0, "low": 4.0, "high": 20.0, "p_differs": p}
        for name, value, p in (("age", "under 65", 0.4), ("sex", "male", 0.01), ("housing", "alone", 0.5))
    ]
    text = page("Wigan", impact(), PROTOCOL, few={"housing"}, groups=rows).decode()
    age, sex, housing = (text.split(f"{row['name'].capitalize()}: {row['value']}")[1][:200] for row in rows)
    assert "+12" in age
    assert "not shown" in age
    assert "perhaps (p = 0.010)" in sex
    assert "+12" not in housing
    assert "mostly due to chance" in text


@pytest.mark.parametrize("after", [0.0, 4 / 423])
def test_of_few_events_no_change_in_per_cent_is_shown(after: float) -> None:
    seen = {"explanation": "fell by 43%", "before": 9 / 423, "after": after, "change_percent": -43.0}
    assert "43%" not in page("Wigan", impact(before_after=seen), PROTOCOL, few=set()).decode()
    enough = {**seen, "before": 0.5, "after": 0.285}
    assert "43%" in page("Wigan", impact(before_after=enough), PROTOCOL, few=set()).decode()
    assert "43%" not in page("Wigan", impact(before_after=enough), PROTOCOL, few={"any_admission"}).decode()


def test_a_hidden_outcome_has_no_e_value() -> None:
    found = impact(design="matched")
    assert "E-value" in page("Wigan", found, PROTOCOL, few=set()).decode()
    assert "E-value" not in page("Wigan", found, PROTOCOL, few={"any_admission"}).decode()


def test_a_group_has_figures_as_coarse_as_its_own_people_need() -> None:
    row = {
        "name": "age",
        "value": "90 and over",
        "people": 20,
        "difference": 12.0,
        "low": 4.0,
        "high": 26.0,
        "p_differs": 0.4,
    }
    text = page("Wigan", impact(), PROTOCOL, few=set(), groups=[row]).decode()
    assert "+20</td>" in text.split("Age: 90 and over")[1][:200]
    assert "+0 to +20" in text


def test_a_month_that_rests_on_few_people_is_hidden() -> None:
    months = [
        {"month": month, "people": people, "difference": 51.0, "low": 11.0, "high": 91.0}
        for month, people in (("May 2025", 14), ("June 2025", 400))
    ]
    text = page("Wigan", impact(), PROTOCOL, few=set(), months=months).decode()
    may, june = (text.split(each["month"])[1][:120] for each in months)
    assert "too few to show" in may
    assert "+5" not in may
    assert "+52" in june
