"""Profiles name real columns of their sources and real columns of ours."""

import csv
import gzip
import re
from pathlib import Path

import pytest

from data_schemas import profiles
from data_schemas.tables import TABLES, required_columns

SHARED = Path(__file__).parents[3].parent / "shared"
HES = {
    ("hes-apc", "admissions"): "artificial_hes_apc_0102_truncated.csv.gz",
    ("hes-op", "outpatients"): "artificial_hes_op_0304_truncated.csv.gz",
    ("hes-ae", "attendances"): "artificial_hes_ae_0708_truncated.csv.gz",
}
FEEDS = [(name, table) for name in profiles.names() for table in profiles.load(name).tables]


def facts(concept: str) -> set[str]:
    path = SHARED / "reference" / "facts" / "extract_fields.csv"
    if not path.is_file():
        pytest.skip("../shared is not here")
    with path.open(encoding="utf-8") as file:
        return {row["code"].lower() for row in csv.DictReader(file) if row["concept"].startswith(concept)}


def test_the_built_in_profiles_are_those_promised():
    promised = {"ecds", "emis", "gdppr", "hes-ae", "hes-apc", "hes-op", "omop", "sus-apc", "sus-ecds"}
    assert set(profiles.names()) >= promised


@pytest.mark.parametrize("name", profiles.names())
def test_every_profile_says_where_its_names_come_from_and_what_would_identify(name):
    profile = profiles.load(name)
    assert profile.title
    assert profile.source.strip()
    assert profile.layout.strip()
    mapped = {
        theirs.lower() for table in profile.tables.values() for names in table.columns.values() for theirs in names
    }
    assert profile.identifying
    assert not mapped & {column.lower() for column in profile.identifying}


@pytest.mark.parametrize(("name", "table"), FEEDS)
def test_every_mapping_is_about_our_columns_and_their_values(name, table):
    declared, columns = profiles.load(name).tables[table], TABLES[table].columns()
    assert set(declared.columns) | set(declared.fixed) | set(declared.templates) <= set(columns)
    for ours, values in declared.values.items():
        accepted = (columns[ours].metadata or {}).get("values")
        assert ours in declared.columns
        assert accepted is None or set(values.values()) <= {*accepted, ""}, ours
    for ours, value in declared.fixed.items():
        assert value in columns[ours].metadata["values"]


@pytest.mark.parametrize(("name", "table"), FEEDS)
def test_every_required_column_has_a_source(name, table):
    declared = profiles.load(name).tables[table]
    assert set(required_columns(table)) <= {*declared.columns, *declared.fixed, *declared.templates}


@pytest.mark.parametrize(
    ("name", "table", "concept", "also"),
    [
        ("hes-apc", "admissions", "HES APC", {"pseudo_hesid", "token_person_id", "procode3", r"diag_[34]_\d\d"}),
        ("hes-op", "outpatients", "HES OP", {"pseudo_hesid", "token_person_id"}),
        ("hes-ae", "attendances", "HES AE", {"pseudo_hesid", "token_person_id"}),
        ("gdppr", "gp_events", "GDPPR column", {"person_id_deid"}),
        ("emis", "registrations", "EMIS extract Admin_Patient",
         {"odscode", "practicecode", "pseudo.*", "monthofbirth", "ethniccategory", "lsoa.*"}),
        ("emis", "gp_events", "EMIS extract CareRecord", {"pseudopatientid", "entereddate", "snomed.*"}),
        ("emis", "appointments", "EMIS extract Appointment", {"pseudopatientid", "appointmentdate", "status", "slotmode"}),
        ("sus-ecds", "attendances", "ECDS field (NCDR", {".*pseudo_nhs_number", "arrival_date"}),
    ],
)  # fmt: skip
def test_source_names_are_in_the_reference_or_known_too(name, table, concept, also):
    known = facts(concept)
    named = {theirs.lower() for names in profiles.load(name).tables[table].columns.values() for theirs in names}
    assert {theirs for theirs in named - known if not any(re.fullmatch(other, theirs) for other in also)} == set()


@pytest.mark.parametrize(("name", "table"), HES)
def test_hes_profiles_find_every_column_they_promise_in_the_artificial_files(name, table):
    path = SHARED / "data" / "artificial_hes" / HES[name, table]
    if not path.is_file():
        pytest.skip("../shared is not here")
    with gzip.open(path, "rt", encoding="utf-8") as file:
        header = next(csv.reader(file))
    found = profiles.mapping(name, table).resolve(header)
    declared = profiles.load(name).tables[table]
    assert set(found) == set(declared.columns)
    assert set(found.values()) <= set(header)
    if name == "hes-apc":
        assert (found["person_id"], found["diag_01"], found["diag_20"]) == ("PSEUDO_HESID", "DIAG_4_01", "DIAG_4_20")


def test_the_first_name_that_is_there_wins_whatever_its_case_and_site_toml_wins_over_all():
    apc = profiles.mapping("hes-apc", "admissions")
    assert apc.resolve(["mainspef", "TRETSPEF"])["specialty"] == "TRETSPEF"
    assert apc.resolve(["mainspef"])["specialty"] == "mainspef"
    assert apc.resolve(["Specialty"])["specialty"] == "Specialty"
    assert apc.resolve(["TRETSPEF", "x"], {"specialty": "x"})["specialty"] == "x"
    assert "specialty" not in apc.resolve(["x"])


def test_without_a_profile_our_own_names_are_read():
    plain = profiles.mapping(None, "opt_outs")
    assert plain.resolve(["person_id", "kind", "other"]) == {"person_id": "person_id", "kind": "kind"}
    assert profiles.identifying(None) == ()
    assert "NhsNumber" in profiles.identifying("emis")
