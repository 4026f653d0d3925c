"""Ingest as a whole: what stops a run, which files then exist, and real extracts from end to end."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from data_schemas.errors import DataRefused
from data_schemas.tables import TABLES, rules
from pipeline.ingest import check, ingest, newest_as_of
from pipeline.settings import load_settings
from tests.pipeline.ingest.extracts_on_disk import DEFAULTS, SENTINEL, D

BAD_ADMISSIONS = DEFAULTS["admissions"] + f"p1,{SENTINEL},,21\np1,2019-05-01,,{SENTINEL}\np1,2019-05-02,,{SENTINEL}\n"


def test_above_the_reject_rate_the_run_stops_with_only_the_quarantine_written(extracts):
    extracts.run["max_reject_rate"] = 0.5
    message = extracts.write("admissions", BAD_ADMISSIONS).stopped()
    assert message == (
        "admissions: 3 of 5 rows (60.0%) break a rule, more than [run] max_reject_rate 50.0% (admission_method.values 2, "
        "accepted: 11, 12, 13, 21, 22, 23, 24, 25, 28, 2A, 2B, 2C, 2D, 31, 32, 81, 82, 83, 98, 99; admission_date.unreadable 1, "
        "accepted: dates such as 2026-04-01, or in the date_format of the section); correct the extract or its mapping; "
        "a run leaves the rows in store/quarantine/admissions.parquet"
    )
    assert [str(path.relative_to(extracts.store)) for path in sorted(extracts.store.rglob("*"))] == [
        "quarantine",
        "quarantine/admissions.parquet",
    ]
    assert extracts.quarantine("admissions")["admission_date"].to_list() == [SENTINEL, "2019-05-01", "2019-05-02"]


def test_at_the_reject_rate_it_goes_on(extracts):
    extracts.run["max_reject_rate"] = 0.6
    assert extracts.write("admissions", BAD_ADMISSIONS).ingest().tables["admissions"].rows == 2


def test_the_usual_rate_is_one_percent_of_each_table(extracts):
    del extracts.run["max_reject_rate"]
    rows = "".join(f"p1,2020-01-01,c{number}\n" for number in range(99))
    extracts.write("gp_events", f"person_id,event_date,code\n{rows}p1,never,c\n").ingest()
    assert (
        "gp_events: 1 of 99 rows"
        in extracts.write(
            "gp_events", f"person_id,event_date,code\n{rows[:-1]}x\np1,never,c\n".replace("p1,2020-01-01,c7\n", "")
        ).stopped()
    )


def test_people_in_no_registration_have_a_limit_of_their_own(extracts):
    extracts.run.update(max_reject_rate=0.0, max_unregistered_rate=0.5)
    extracts.write("admissions", DEFAULTS["admissions"] + "x,2019-05-01,,21\ny,2019-05-01,,21\n").ingest()
    message = extracts.write("admissions", DEFAULTS["admissions"] + "x,2019-05-01,,21\n" * 3).stopped()
    assert (
        "admissions: 3 of 5 rows (60.0%) are of people in no registration, more than [run] max_unregistered_rate 50.0%"
        in message
    )


def test_every_table_that_stops_a_run_is_named(extracts):
    extracts.run["max_reject_rate"] = 0.0
    extracts.write("admissions", BAD_ADMISSIONS).write("gp_events", "person_id,event_date,code\np1,never,c\n")
    assert [line.split(":")[0] for line in extracts.stopped().splitlines()] == ["gp_events", "admissions"]


def test_a_refused_run_leaves_the_tables_of_the_one_before(extracts):
    before = extracts.ingest()
    extracts.run["max_reject_rate"] = 0.0
    extracts.write("admissions", BAD_ADMISSIONS).stopped()
    assert extracts.table("admissions").height == before.tables["admissions"].rows
    extracts.write("registrations", b"").stopped()
    assert extracts.quarantine("admissions").height == 3


def test_tables_and_quarantine_of_extracts_that_are_gone_go_too(extracts):
    extracts.write("gp_events", "person_id,event_date,code\np1,never,c\np1,2020-01-01,c\n").ingest()
    extracts.without("gp_events").ingest()
    assert not list(extracts.store.rglob("gp_events*"))


def test_what_a_killed_run_left_goes_before_anything_else(extracts):
    rest = extracts.store / ".ingest" / "staged" / "admissions"
    rest.mkdir(parents=True)
    (rest / "half.parquet").write_bytes(b"half")
    extracts.ingest()
    assert sorted(path.name for path in extracts.store.iterdir()) == ["people.parquet", "quarantine", "tables"]


def test_a_configured_cover_that_ends_before_the_as_of_date_refuses_the_run(extracts):
    extracts.run["as_of"] = D(2020, 1, 2)
    message = extracts.write("admissions", DEFAULTS["admissions"], covers=(D(2019, 1, 1), D(2020, 1, 1))).refused()
    assert message.startswith("admissions: covers ends at 2020-01-01, before the as-of date 2020-01-02")
    extracts.run["as_of"] = D(2020, 1, 1)
    assert extracts.ingest().tables["admissions"].covers == (D(2019, 1, 1), D(2020, 1, 1))


def test_an_inferred_cover_only_gives_a_notice(extracts):
    extracts.run["as_of"] = D(2021, 1, 1)
    notice = next(n for n in extracts.ingest().notices if n.name == "short_cover")
    assert (
        "admissions has no covers in site.toml; its last date is 2019-06-01, and the as-of date is 2021-01-01"
        in notice.detail
    )


def daily(days: int) -> str:
    """Admissions of one person, one a day from 1 January 2018."""
    first = D(2018, 1, 1)
    rows = (f"p1,{first + dt.timedelta(days=n)},{first + dt.timedelta(days=n)},21\n" for n in range(days))
    return "person_id,admission_date,discharge_date,admission_method\n" + "".join(rows)


def test_rows_that_end_long_before_what_they_are_said_to_cover_stop_the_run(extracts):
    extracts.write("admissions", daily(365), covers=(D(2018, 1, 1), D(2020, 1, 1)))
    assert newest_as_of(extracts.ingest(), extracts.settings()) == D(2019, 1, 1)
    notices = [notice for notice in extracts.ingest().notices if notice.name == "short_cover"]
    assert [notice.detail.split(".")[0] for notice in notices] == [
        "admissions: covers goes up to 2020-01-01, but its rows end on 2018-12-31"
    ]
    extracts.run["as_of"] = D(2019, 6, 1)
    assert "covers goes up to 2020-01-01, but its rows end on 2018-12-31" in extracts.stopped()
    extracts.run["as_of"] = D(2019, 1, 20)
    assert extracts.ingest().tables["admissions"].rows == 365


def test_few_rows_or_a_short_gap_are_chance(extracts):
    extracts.run["as_of"] = D(2019, 6, 1)
    extracts.write("admissions", daily(500), covers=(D(2018, 1, 1), D(2020, 1, 1)))
    assert extracts.ingest().notices[-1].name != "short_cover"
    extracts.write("admissions", DEFAULTS["admissions"], covers=(D(2018, 1, 1), D(2020, 1, 1)))
    assert not [notice for notice in extracts.ingest().notices if notice.name == "short_cover"]


def test_the_newest_as_of_date_is_the_first_end_of_what_is_required(extracts):
    assert newest_as_of(extracts.ingest(), extracts.settings()) == D(2019, 6, 2)
    extracts.sections["registrations"] = {"covers": (D(2010, 1, 1), D(2019, 1, 1))}
    assert newest_as_of(extracts.ingest(), extracts.settings()) == D(2019, 1, 1)
    extracts.sections["admissions"] = {"covers": (D(2010, 1, 1), D(2020, 1, 1))}
    extracts.sections["registrations"] = {}
    assert newest_as_of(extracts.ingest(), extracts.settings()) == D(2020, 1, 1)


def test_receipts_tell_the_days_and_the_empty_shares(extracts):
    table = (
        extracts.write("admissions", DEFAULTS["admissions"] + "p1,2020-01-01,,21\np1,2018-01-01,,21\n")
        .ingest()
        .tables["admissions"]
    )
    assert (table.first_day, table.last_day, table.covers) == (D(2018, 1, 1), D(2020, 1, 1), None)
    assert table.null_share == {"person_id": 0, "admission_date": 0, "discharge_date": 0.5, "admission_method": 0}


@pytest.mark.parametrize(("system", "wrong"), [("icd10", 2), ("icd9", 3), ("any", 1)])
def test_diagnoses_that_are_not_well_formed_are_warned_of_and_kept(extracts, system, wrong):
    text = "person_id,admission_date,admission_method,diag_01,diag_02\np1,2019-05-01,21,I50.0,42830\np2,2019-05-01,21,i500,no code\n"
    receipt = extracts.write("admissions", text, diag_system=system).ingest()
    table = receipt.tables["admissions"]
    assert table.warnings == {"diagnosis.malformed": wrong}
    assert (table.rows, table.rejects) == (2, {})
    assert f"admissions: {wrong} of 4 diagnoses" in next(
        n.detail for n in receipt.notices if n.name == "malformed_diagnoses"
    )


def test_a_check_tells_what_would_stop_a_run_and_leaves_nothing(extracts, tmp_path):
    extracts.run["max_reject_rate"] = 0.0
    extracts.write("admissions", BAD_ADMISSIONS).write("gp_events", b"").without("practices")
    before = sorted(tmp_path.rglob("*"))
    report = check(extracts.settings())
    assert sorted(tmp_path.rglob("*")) == before
    assert report.missing == ["practices"]
    assert [problem.split(":")[0] for problem in report.refusals] == ["gp_events", "admissions"]
    assert [(table.table, table.rows) for table in report.tables] == [("registrations", 3), ("admissions", 2)]


def test_a_check_without_registrations_judges_all_but_who_is_registered(extracts):
    report = check(extracts.write("admissions", BAD_ADMISSIONS).without("registrations", "practices").settings())
    assert [(count.rule, count.rows) for count in report.tables[0].rejects] == [
        ("admission_method.values", 2),
        ("admission_date.unreadable", 1),
    ]
    assert report.tables[0].rows == 2


def test_a_check_of_identifiable_data_is_refused_with_no_report(extracts):
    with pytest.raises(DataRefused, match="column Surname: 1 names"):
        check(
            extracts.write("gp_events", f"person_id,event_date,code,Surname\np1,2020-01-01,c,{SENTINEL}\n").settings()
        )


@pytest.mark.parametrize("name", ["rand", "cms_dev"])
def test_real_extracts_come_in_whole(shared, tmp_path, name):
    settings = load_settings(shared / "data" / name / "site.toml")
    receipt = ingest(settings, tmp_path / "store")
    for table, extract in settings.extracts.items():
        source = pl.concat(
            [
                pl.read_parquet(f) if f.suffix == ".parquet" else pl.read_csv(f, infer_schema=False)
                for f in extract.files
            ]
        )
        ours = pl.read_parquet(receipt.tables[table].path)
        keyed = (
            ["practice_code"] if table == "practices" else ["cluster_code"] if table == "clusters" else source.columns
        )
        columns = {c: TABLES[table].columns()[c].dtype for c in source.columns}
        texts = [c for c, dtype in columns.items() if dtype == pl.Date and source.schema[c] == pl.String]
        theirs = (
            source.with_columns(pl.col(texts).str.to_date())
            .select(pl.col(c).cast(dtype) for c, dtype in columns.items())
            .sort(keyed)
        )
        assert ours.select(source.columns).sort(keyed).equals(theirs)
        assert receipt.tables[table].rejects == {}
        for rule, good in rules(table, ours.columns).items():
            assert ours.select(good.fill_null(value=True).all()).item(), rule
    assert receipt.people == source_people(settings)


def source_people(settings) -> int:
    files = settings.extracts["registrations"].files
    frames = [pl.read_parquet(f) if f.suffix == ".parquet" else pl.read_csv(f, infer_schema=False) for f in files]
    return pl.concat(frames)["person_id"].n_unique()


def test_real_extracts_give_the_same_receipt_twice(shared, tmp_path):
    settings = load_settings(shared / "data" / "rand" / "site.toml")
    first = ingest(settings, tmp_path / "store")
    assert ingest(settings, tmp_path / "store") == first


HES = {
    "admissions": ("hes-apc", "artificial_hes_apc_*.csv.gz", 2075, {"admission_date.required": 1}, D(2002, 3, 31)),
    "outpatients": ("hes-op", "artificial_hes_op_*.csv.gz", 1000, {}, D(2004, 3, 31)),
    "attendances": ("hes-ae", "artificial_hes_ae_*.csv.gz", None, {}, D(2008, 3, 31)),
}


@pytest.mark.parametrize("table", HES)
def test_artificial_hes_comes_in_through_its_profile(shared, tmp_path, table):
    profile, path, rows, rejects, last = HES[table]
    folder = shared / "data" / "artificial_hes"
    (tmp_path / "site.toml").write_text(
        f'[site]\nname = "HES"\ndata_dir = "{folder}"\nlegal_basis = ["gp", "sus"]\n'
        f'[run]\n[extracts.{table}]\npath = "{path}"\nprofile = "{profile}"\n'
    )
    settings = load_settings(tmp_path / "site.toml", require_tables=False)
    report = check(settings)
    source = pl.read_csv(settings.extracts[table].files[0], infer_schema=False)
    planned = source.filter(pl.col("AEATTENDCAT") == "2").height if table == "attendances" else 0
    (found,) = report.tables
    assert found.rows_read == source.height - planned == (rows or found.rows_read)
    assert {count.rule: count.rows for count in found.rejects} == rejects
    assert found.last_day is not None
    assert found.last_day <= last
    assert report.refusals == []
    assert sum(month.rows for month in found.months) >= 0.99 * found.rows
    assert dt.date(1990, 1, 1) < found.months[0].month
