"""Council records of the synthetic borough, and the outcome that uses them."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from data_schemas.errors import ConfigurationError
from pipeline.population import new_care_packages, outcome_dates
from pipeline.settings import load_settings
from pipeline.synthetic import generate


@pytest.fixture(scope="module")
def boroughs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("boroughs")
    for name, council in (("with", True), ("without", False)):
        generate(600, 3, folder / name, years=3, council=council, workers=1)
    return folder


def test_the_other_extracts_are_the_same_with_and_without(boroughs):
    for path in sorted((boroughs / "without" / "extracts").iterdir()):
        assert path.read_bytes() == (boroughs / "with" / "extracts" / path.name).read_bytes(), path.name


def test_every_category_is_there_and_the_site_names_its_legal_basis(boroughs):
    rows = pl.read_parquet(boroughs / "with" / "extracts" / "council_records-*.parquet")
    assert set(rows["category"]) <= {"care_package", "reablement", "homeless_duty", "council_tax_arrears"}
    assert {"care_package", "council_tax_arrears"} <= set(rows["category"])
    assert load_settings(boroughs / "with" / "site.toml").site.legal_basis == ("gp", "sus", "council")


def test_the_outcome_is_refused_without_council_records(boroughs):
    file = boroughs / "without" / "site.toml"
    text = file.read_text().replace('outcome = "unplanned_admission"', 'outcome = "admission_or_care_package"')
    other = boroughs / "without" / "other.toml"
    other.write_text(text)
    with pytest.raises(ConfigurationError, match=r"needs \[extracts.council_records\]"):
        load_settings(other)


def test_a_review_is_not_a_new_care_package():
    days = [dt.date(2024, 1, 1), dt.date(2024, 7, 1), dt.date(2026, 1, 1)]
    rows = pl.DataFrame(
        {
            "person": [1, 1, 1, 2],
            "recorded_date": [*days, days[0]],
            "category": ["care_package"] * 3 + ["homeless_duty"],
        }
    )
    assert new_care_packages(rows)["date"].to_list() == [days[0], days[2]]


def test_stays_and_new_packages_are_events():
    stays = pl.DataFrame({"person": [1], "date": [dt.date(2025, 5, 1)], "discharge_date": [None], "diagnosis": ["J18"]})
    council = pl.DataFrame({"person": [2], "recorded_date": [dt.date(2025, 6, 1)], "category": ["care_package"]})
    nobody = pl.DataFrame(schema={"person": pl.Int64})
    found = outcome_dates("admission_or_care_package", stays, nobody, None, pl.Series(dtype=pl.String), council)
    assert found.sort("person").rows() == [(1, dt.date(2025, 5, 1)), (2, dt.date(2025, 6, 1))]
