from __future__ import annotations

import json

import polars as pl
import pytest

from pipeline.publish.changes import changes
from tests.pipeline.declaring import declared

COUNT = declared(
    "admissions_1y", "emergency admission(s) in the last year", "use_of_care", "count", "admission.unplanned", missing=0
)
SINCE = declared(
    "since",
    "days since the last emergency admission",
    "use_of_care",
    "days_since_last",
    "admission.unplanned",
    says="last emergency admission {ago}",
)
EVER = declared("copd", "COPD: recorded", "clinical", "ever", "condition.copd", says="COPD: on the record", missing=0)
HBA1C = declared(
    "hba1c", "HbA1c: latest value", "clinical", "latest", "measure.hba1c", says="HbA1c: {amount}", unit="mmol/mol"
)
ABUSE = declared("abuse", "domestic abuse: recorded", "social", "ever", "social.domestic_abuse", missing=0)


@pytest.fixture
def said(borough, tmp_path):
    """Describe the change of one person whose risk was `was` and is `now`, with (feature, value, contribution) of both
    dates."""

    def make(was, now, facts_now=(), facts_before=None, *, model="a" * 64):
        scored = borough(people=2, clusters=("C1",), previous=tmp_path / "before")
        scored.__dict__["features"] = [COUNT, SINCE, EVER, ABUSE, HBA1C]
        scored.previous.mkdir(exist_ok=True)
        (scored.previous / "manifest.json").write_text(json.dumps({"as_of": "2026-03-01", "model_version": model}))
        known = [] if was is None else [("p0000", was)]
        schema = {"person_id": pl.String, "risk": pl.Float64}
        pl.DataFrame(known, schema=schema, orient="row").write_parquet(scored.previous / "scores.parquet")
        listed = scored.people.filter(pl.col("person") == 0).with_columns(risk=pl.lit(now))
        before = None if facts_before is None else long(facts_before)
        return changes(scored, listed, long(facts_now), before)["change"].item()

    return make


def long(facts):
    schema = {"person": pl.Int32, "feature": pl.String, "value": pl.Float32, "contribution": pl.Float64}
    return pl.DataFrame([(0, f.name, value, weight) for f, value, weight in facts], schema=schema, orient="row")


def test_first_run_says_nothing(borough):
    scored = borough()
    assert set(changes(scored, scored.people, long([]), None)["change"]) == {""}


@pytest.mark.parametrize(
    ("was", "now", "expected"),
    [
        (None, 0.3, "No score on 1 March 2026"),
        (0.30, 0.32, "About the same as on 1 March 2026"),
        (0.10, 0.30, "Up from about 1 in 10 on 1 March 2026"),
        (0.30, 0.10, "Down from about 3 in 10 on 1 March 2026"),
        # odds 0.1111 to 0.1333 is just a fifth more, and a little further
        (0.10, 0.1175, "About the same as on 1 March 2026"),
        (0.10, 0.1178, "A little higher than on 1 March 2026"),
        (0.34, 0.26, "A little lower than on 1 March 2026"),
    ],
)
def test_how_much(said, was, now, expected):
    assert said(was, now) == expected


def test_why_up_is_the_fact_whose_change_raised_it_most(said):
    now = [(COUNT, 3, 0.9), (EVER, 1, 0.3)]
    before = [(COUNT, 1, 0.4), (EVER, 0, -0.1)]
    assert (
        said(0.1, 0.3, now, before)
        == "Up from about 1 in 10 on 1 March 2026: 3 emergency admissions in the last year (was 1)"
    )


def test_what_has_not_changed_is_not_why(said):
    now = [(COUNT, 3, 0.9), (EVER, 1, 0.3)]
    before = [(COUNT, 3, 0.1), (EVER, 0, 0.0)]
    assert said(0.1, 0.3, now, before) == "Up from about 1 in 10 on 1 March 2026: COPD: on the record"


@pytest.mark.parametrize(("days", "why"), [(12, ": Last emergency admission 12 days ago"), (40, "")])
def test_what_has_only_grown_older_is_not_why(said, days, why):
    assert (
        said(0.1, 0.3, [(SINCE, days, 0.9)], [(SINCE, days + 31, 0.4)]) == f"Up from about 1 in 10 on 1 March 2026{why}"
    )


def test_what_is_not_known_of_before_is_not_why(said):
    assert said(0.1, 0.3, [(COUNT, 3, 0.9)], []) == "Up from about 1 in 10 on 1 March 2026"


def test_why_down_is_a_count_that_fell(said):
    assert said(0.3, 0.1, [(COUNT, 0, -0.2)], [(COUNT, 2, 0.6)]) == (
        "Down from about 3 in 10 on 1 March 2026: 0 emergency admissions in the last year (was 2)"
    )


def test_a_restricted_fact_is_never_why(said):
    assert said(0.1, 0.3, [(ABUSE, 1, 2.0)], [(ABUSE, 0, 0.0)]) == "Up from about 1 in 10 on 1 March 2026"


def test_a_new_model_is_announced(said):
    assert said(0.1, 0.3, model="b" * 64) == "Up from about 1 in 10 on 1 March 2026 (the model has changed too)"


def test_a_count_that_fell_is_no_reason_why_a_risk_rose(said):
    facts = [(COUNT, 6, 0.9), (EVER, 1, 0.4)], [(COUNT, 7, 0.3), (EVER, 0, 0.0)]
    assert said(0.1, 0.3, *facts) == "Up from about 1 in 10 on 1 March 2026: COPD: on the record"


def test_a_measurement_is_the_reason_only_where_nothing_else_moved(said):
    facts = [(HBA1C, 50, 0.9), (EVER, 1, 0.4)], [(HBA1C, 40, 0.0), (EVER, 0, 0.0)]
    assert said(0.1, 0.3, *facts) == "Up from about 1 in 10 on 1 March 2026: COPD: on the record"
    assert said(0.1, 0.3, facts[0][:1], facts[1][:1]).startswith("Up from about 1 in 10 on 1 March 2026: HbA1c: 50")
