"""A site's settings for its own columns: values, fixed columns, words for null, and its own profiles."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from data_schemas import profiles
from data_schemas.errors import ConfigurationError
from pipeline.ingest import ingest
from pipeline.settings import load_settings

SITE = """
[site]
name = "Invented"
data_dir = "extracts"
legal_basis = ["gp", "sus"]
[run]
as_of = 2024-01-01
max_blank_rate = 1.0
[extracts.registrations]
path = "registrations.csv"
{registrations}
[extracts.admissions]
path = "admissions.csv"
{admissions}
[extracts.practices]
path = "practices.csv"
"""
OURS = """
title = "Our own system"
identifying = ["Surname"]
[tables.registrations]
columns = { person_id = ["PID"], practice_code = ["Prac"], registered_from = ["From"], birth_month = ["Month"], sex = ["Gender"] }
values = { sex = { Man = "1", Woman = "2" } }
nulls = ["?"]
key = ["RegKey"]
version = ["Sent"]
deleted = { Status = ["gone"] }
"""
HEAD = "PID,Prac,From,Month,Gender,RegKey,Sent,Status\n"
PLAIN = "person_id,practice_code,registered_from,birth_month,sex,ethnicity\np1,A00001,2010-04-01,1950-02-01,1,A\n"


@pytest.fixture
def site(tmp_path: Path):
    """Write a site with some lines in its sections, and return the path of its site.toml."""
    (tmp_path / "extracts").mkdir()

    def write(text: str = PLAIN, *, registrations: str = "", admissions: str = "", visits: str = "") -> Path:
        files = {
            "registrations": text,
            "admissions": "person_id,admission_date,admission_method\n" + (visits or "p1,2020-01-01,21\n"),
            "practices": "practice_code,cluster_code\nA00001,C1\n",
        }
        for name, content in files.items():
            (tmp_path / "extracts" / f"{name}.csv").write_text(content)
        (tmp_path / "site.toml").write_text(SITE.format(registrations=registrations, admissions=admissions))
        return tmp_path / "site.toml"

    return write


def table(config: Path, name: str) -> pl.DataFrame:
    store = config.parent / "store"
    ingest(load_settings(config), store)
    return pl.read_parquet(store / "tables" / f"{name}.parquet")


def problems(config: Path) -> str:
    with pytest.raises(ConfigurationError) as caught:
        load_settings(config)
    return "\n".join(caught.value.problems)


def test_values_fixed_columns_and_null_words_of_a_site(site):
    text = "person_id,registered_from,birth_month,sex,ethnicity\np1,2010-04-01,1950-02-01,M,not asked\np2,2010-04-01,1950-02-01,f,White\n"
    section = (
        'values = { sex = { M = "1", F = "2" }, ethnicity = { White = "A" } }\n'
        'fixed = { practice_code = "A00001", registered_to = 2023-01-01 }\nnulls = ["not asked"]'
    )
    found = table(site(text, registrations=section), "registrations")
    assert found["sex"].to_list() == ["1", "2"]
    assert found["ethnicity"].to_list() == [None, "A"]
    assert found["practice_code"].to_list() == ["A00001", "A00001"]
    assert [str(day) for day in found["registered_to"]] == ["2023-01-01"] * 2


def test_values_of_a_site_go_before_those_of_its_profile(site):
    visits = "p1,2020-01-01,2\np1,2021-01-01,1\n"
    config = site(
        admissions='profile = "hes-apc"\nvalues = { admission_method = { "2" = "21", "1" = "11" } }', visits=visits
    )
    assert table(config, "admissions")["admission_method"].to_list() == ["21", "11"]


def test_a_profile_next_to_site_toml(site, tmp_path):
    (tmp_path / "profiles").mkdir()
    (tmp_path / "profiles" / "ours.toml").write_text(OURS)
    rows = (
        "a,A00001,2010-04-01,1950-02-01,Man,k1,2024-02-01,\na,A00001,2011-04-01,1950-02-01,Man,k1,2024-01-01,\n"
        "b,A00001,2010-04-01,1950-02-01,woman,k2,2024-01-01,\nc,A00001,2010-04-01,1950-02-01,Man,k3,2024-01-01,\n"
        "c,,,,,k3,2024-02-01,Gone\n"
    )
    config = site(HEAD + rows, registrations='profile = "profiles/ours.toml"', visits="a,2020-01-01,21\n")
    found = table(config, "registrations")
    assert [(person, str(day), sex) for person, day, sex in found.select("person_id", "registered_from", "sex").rows()] == [
        ("a", "2010-04-01", "1"), ("b", "2010-04-01", "2"),
    ]  # fmt: skip
    before = load_settings(config).configuration
    (tmp_path / "profiles" / "ours.toml").write_text(OURS.replace("Man", "M"))
    assert load_settings(config).configuration != before


WRONG = {
    'values = { sexx = { M = "1" } }': ("extracts.registrations.values.sexx", "nearest: sex"),
    'values = { sex = { M = "male" } }': ("extracts.registrations.values.sex", "accepted: 1, 2, 9, 0"),
    'fixed = { practice_code = "x12" }': ("extracts.registrations.fixed.practice_code", "found 'x12'"),
    "nulls = 3": ("extracts.registrations.nulls", "a list of texts"),
    'profile = "profiles/none.toml"': ("extracts.registrations.profile", "there is no file"),
    'lookup = "x.csv"': ("extracts.registrations.lookup", "accepted: in [extracts.areas]"),
}


@pytest.mark.parametrize(("line", "says"), WRONG.items(), ids=WRONG)
def test_what_is_wrong_in_a_section_is_reported(site, line, says):
    assert all(part in problems(site(registrations=line)) for part in says)


WRONG_PROFILES = {
    "tables = 3": "tables",
    "x = [": "is not valid TOML",
    "[tables.admissions]": "has no section [tables.registrations]",
    "[tables.registrations]\ncolums = {}": "tables.registrations.colums",
    '[tables.registrations.columns]\nsexx = ["a"]': "nearest: sex",
    '[tables.registrations.values.sex]\nM = "male"': "accepted: 1, 2, 9, 0",
}


@pytest.mark.parametrize(("text", "says"), WRONG_PROFILES.items(), ids=WRONG_PROFILES)
def test_what_is_wrong_in_a_profile_is_reported(site, tmp_path, text, says):
    (tmp_path / "ours.toml").write_text(text)
    found = problems(site(registrations='profile = "ours.toml"'))
    assert says in found
    assert "extracts.registrations.profile" in found


def test_an_own_profile_names_columns_that_identify(site, tmp_path):
    from data_schemas.errors import DataRefused

    (tmp_path / "ours.toml").write_text(OURS.replace("Surname", "Badge"))
    text = HEAD.replace("Status", "Badge") + "a,A00001,2010-04-01,1950-02-01,Man,k1,2024-02-01,77\n"
    with pytest.raises(DataRefused, match="column Badge"):
        table(site(text, registrations='profile = "ours.toml"'), "registrations")


def test_an_as_of_date_after_today_is_wrong(site):
    config = site()
    config.write_text(config.read_text().replace("2024-01-01", "2190-01-01"))
    assert "run.as_of: found 2190-01-01, which is after today" in problems(config)


def test_files_come_in_the_order_of_the_numbers_in_their_names(site):
    config = site()
    for month in (8, 9, 10):
        text = f"person_id,row_id,admission_date,admission_method\np1,k,2020-{month:02d}-01,21\n"
        (config.parent / "extracts" / f"apc_m{month}.csv").write_text(text)
    config.write_text(config.read_text().replace("admissions.csv", "apc_m*.csv"))
    assert [str(day) for day in table(config, "admissions")["admission_date"]] == ["2020-10-01"]


def test_a_profile_may_write_one_name_without_brackets(tmp_path):
    (tmp_path / "ours.toml").write_text(OURS.replace('["PID"]', '"PID"').replace('["Sent"]', '"Sent"'))
    mapping = profiles.read(tmp_path / "ours.toml").tables["registrations"]
    assert (mapping.columns["person_id"], mapping.version) == (("PID",), ("Sent",))
