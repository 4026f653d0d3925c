"""Rates by cluster and month, by hand."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl
import pytest

from data_schemas.errors import ConfigurationError
from pipeline.programme.cluster_months import cluster_starts, panel
from tests.pipeline.extracts import registration
from tests.pipeline.programme.test_follow_up import known, stay


def test_people_of_the_first_of_the_month_and_what_happened_in_it(tmp_path: Path) -> None:
    people = [
        registration("a"), registration("b", registered_to=dt.date(2020, 2, 1)), registration("c", practice_code="P00002"),
    ]  # fmt: skip
    facts = known(tmp_path, people, [stay("a", "2020-01-05"), stay("a", "2020-01-20"), stay("c", "2020-02-01", 3)])
    found = panel(facts, "any_admission", dt.date(2020, 1, 1), dt.date(2020, 3, 1))
    assert found.select("cluster_code", "month", "people", "events").rows() == [
        ("C1", dt.date(2020, 1, 1), 2, 1.0), ("C1", dt.date(2020, 2, 1), 1, 0.0),
        ("C2", dt.date(2020, 1, 1), 1, 0.0), ("C2", dt.date(2020, 2, 1), 1, 1.0),
    ]  # fmt: skip
    assert found["years"].to_list() == pytest.approx([2 * 31 / 365, 29 / 365, 31 / 365, 29 / 365])
    for outcome, events in (("admissions", [2.0, 0.0, 0.0, 1.0]), ("bed_days", [2.0, 0.0, 0.0, 3.0])):
        assert panel(facts, outcome, dt.date(2020, 1, 1), dt.date(2020, 3, 1))["events"].to_list() == events


def test_a_cluster_starts_with_its_first_person_and_too_few_are_refused(tmp_path: Path) -> None:
    practices = [{"practice_code": f"P0000{n}", "cluster_code": f"C{n}"} for n in (1, 2, 3)]
    from data_schemas.codelists import load_codelists
    from pipeline.concepts import Concepts
    from pipeline.programme.records import records
    from tests.pipeline.extracts import ingested

    people = [registration(name, practice_code=f"P0000{n}") for name, n in (("a", 1), ("b", 2), ("c", 3))]
    made = ingested(tmp_path, registrations=people, practices=practices)
    facts = records(made, Concepts(load_codelists(())), "icd10", dt.date(2018, 1, 1), dt.date(2023, 1, 1))
    began = pl.DataFrame(
        {"person": [0, 1], "start_date": [dt.date(2021, 3, 9), dt.date(2021, 6, 2)]},
        schema_overrides={"person": pl.Int32},
    )
    assert cluster_starts(began, facts) == {"C1": dt.date(2021, 3, 1), "C2": dt.date(2021, 6, 1), "C3": None}
    with pytest.raises(ConfigurationError, match="needs 3 clusters"):
        cluster_starts(began.head(0), facts)
