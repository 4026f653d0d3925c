"""Files in the forms that sites have: formats, patterns, names, and unreadable files."""

from __future__ import annotations

import datetime as dt
import gzip

import polars as pl
import pytest

from tests.pipeline.ingest.extracts_on_disk import DEFAULTS, SENTINEL, D, frame

EVENTS = "person_id,event_date,code,value\np1,2020-01-01,007,1.5\np2,2020-02-01,8,\n"


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (EVENTS, "a.csv"),
        (EVENTS, "a.csv.gz"),
        (EVENTS, "A.CSV"),
        (EVENTS.replace("\n", "\r\n"), "a.csv"),
        ("\ufeff" + EVENTS, "a.csv"),
        (EVENTS.rstrip("\n"), "a.csv"),
        (
            'code,person_id,something,event_date,value\n007,p1,"a, b\n""c""",2020-01-01,1.5\n8,p2,,2020-02-01,\n',
            "a.csv",
        ),
        (gzip.compress(EVENTS[:50].encode()) + gzip.compress(EVENTS[50:].encode()), "a.csv.gz"),
    ],
    ids=[
        "plain",
        "packed",
        "upper case",
        "CRLF",
        "BOM",
        "no last line end",
        "other columns and quoted line ends",
        "packed in members",
    ],
)
def test_the_same_rows_from_any_csv(extracts, content, name):
    extracts.write("gp_events", content, names=(name,)).ingest()
    rows = extracts.table("gp_events").rows()
    assert rows == [(0, "p1", D(2020, 1, 1), "007", 1.5), (1, "p2", D(2020, 2, 1), "8", None)]


def test_parquet_keeps_dates_cuts_timestamps_and_reads_numbers_as_codes(extracts):
    local = dt.datetime(2020, 6, 1, 23, 30, tzinfo=None)  # noqa: DTZ001 - London's, given below
    events = frame(
        person_id=["p1", "p2"],
        event_date=pl.Series([local, local + dt.timedelta(days=1)]).dt.replace_time_zone("Europe/London"),
        recorded_date=[D(2020, 6, 5), None],
        code=pl.Series([7.0, None], dtype=pl.Float64).fill_null(8),
        value=pl.Series(["1.50", None]).cast(pl.Decimal(10, 2)),
        unit=pl.Series(["mg", "kg"], dtype=pl.Categorical),
        further=[[1], [2]],
    )
    extracts.write("gp_events", events).ingest()
    assert extracts.table("gp_events").drop("person_id").rows() == [
        (0, D(2020, 6, 1), D(2020, 6, 5), "7", 1.5, "mg"),
        (1, D(2020, 6, 2), None, "8", None, "kg"),
    ]


def test_parquet_text_is_read_like_csv(extracts):
    extracts.write(
        "gp_events", frame(person_id=["p1"], event_date=["01/02/2020"], code=["c"]), date_format="%d/%m/%Y"
    ).ingest()
    assert extracts.table("gp_events")["event_date"].to_list() == [D(2020, 2, 1)]


def test_typed_dates_of_parquet_do_not_need_the_date_format(extracts):
    one = frame(person_id=["p1"], event_date=[D(2020, 2, 1)], code=["c"])
    extracts.write("gp_events", one, "person_id,event_date,code\np1,03/02/2020,c\n", date_format="%d/%m/%Y").ingest()
    assert extracts.table("gp_events")["event_date"].to_list() == [D(2020, 2, 1), D(2020, 2, 3)]


def test_files_of_a_glob_are_one_table_though_their_columns_differ(extracts):
    extracts.write("gp_events", "code,event_date,person_id\nb,2020-01-01,p2\n", EVENTS).ingest()
    assert extracts.table("gp_events").select("person_id", "code", "value").rows() == [
        ("p1", "007", 1.5),
        ("p2", "b", None),
        ("p2", "8", None),
    ]


def test_columns_map_to_ours_and_win_over_the_profile(extracts):
    hes = "PSEUDO_HESID,MYID,EPIKEY,ADMIDATE,ADMIMETH,DISDATE,DIAG_4_01,DIAG_4_02\nx,p1,1,2019-05-01,21,1801-01-01,I500,-\n"
    extracts.write("admissions", hes, profile="hes-apc", columns={"person_id": "MYID"}).ingest()
    row = extracts.table("admissions").row(0, named=True)
    assert (row["person_id"], row["admission_date"], row["discharge_date"]) == ("p1", D(2019, 5, 1), None)
    assert (row["row_id"], row["diag_01"], row["diag_02"]) == ("1", "I500", None)


def test_optional_columns_that_are_absent_stay_absent_and_ours_come_in_the_order_of_the_schema(extracts):
    extracts.ingest()
    assert extracts.table("admissions").columns == [
        "person",
        "person_id",
        "admission_date",
        "discharge_date",
        "admission_method",
        "latest_end",  # by the longest stay of the site (pipeline.spells)
    ]
    assert extracts.table("practices").columns == ["practice_code", "practice_name", "cluster_code"]


def test_areas_keep_further_numbers_and_no_further_text(extracts):
    extracts.write(
        "areas", "lsoa_code,lsoa_name,fuel_poverty,imd_decile\nE01000001,Invented 1,11.6,3\nE01000002,Invented 2,,4\n"
    ).ingest()
    assert extracts.table("areas").rows() == [("E01000001", 3, 11.6), ("E01000002", 4, None)]
    assert extracts.table("areas").columns == ["lsoa_code", "imd_decile", "fuel_poverty"]


HEAD = "person_id,event_date,code\n"
BROKEN = {
    "empty": ("a.csv", b"", "a.csv is empty, without even a header"),
    "empty, packed": ("a.csv.gz", gzip.compress(b""), "a.csv.gz is empty, without even a header"),
    "latin-1": ("a.csv", f"{HEAD}{SENTINEL},2020-01-01,é\n".encode("latin-1"), "a.csv is not UTF-8 text"),
    "utf-16": ("a.csv", f"{HEAD}{SENTINEL},2020-01-01,c\n".encode("utf-16"), "a.csv is not UTF-8 text"),
    "cut off": (
        "a.csv.gz",
        gzip.compress(HEAD.encode() + b"p1,2020-01-01,c\n" * 9000)[:-20],
        "a.csv.gz is damaged or cut off",
    ),
    "damaged": ("a.csv.gz", gzip.compress(bytes(range(256)) * 900)[:60] + b"\0" * 900, "a.csv.gz"),
    "quotes": (
        "a.csv",
        f'{HEAD}p1,2020-01-01,"{SENTINEL}\np2,2020-01-01,c\n'.encode(),
        "a.csv has quotation marks that do not pair up",
    ),
    "CR alone": (
        "a.csv",
        HEAD.replace("\n", "\r").encode() + f"{SENTINEL},2020-01-01,c\r".encode(),
        "a.csv has lines that end with CR alone",
    ),
    "no parquet": ("a.parquet", b"PAR1 this is none", "a.parquet is not a Parquet file, or is damaged"),
    "text as parquet": ("a.parquet", EVENTS.encode(), "a.parquet is not a Parquet file, or is damaged"),
}


@pytest.mark.parametrize(("name", "content", "says"), BROKEN.values(), ids=BROKEN)
def test_a_file_that_cannot_be_read_is_named_with_what_is_wrong(extracts, name, content, says):
    assert says in extracts.write("gp_events", content, names=(name,)).refused()


def test_a_damaged_row_group_of_parquet_is_found_before_anything_is_written(extracts, tmp_path):
    frame(
        person_id=[f"p{n}" for n in range(20_000)], event_date=[D(2020, 1, 1)] * 20_000, code=["c"] * 20_000
    ).write_parquet(tmp_path / "whole")
    content = bytearray((tmp_path / "whole").read_bytes())
    content[200:4000] = b"\xff" * 3800
    assert (
        "a.parquet is not a Parquet file, or is damaged"
        in extracts.write("gp_events", bytes(content), names=("a.parquet",)).refused()
    )


ADMISSIONS = DEFAULTS["admissions"]
LISTED = frame(person_id=[["p1"]], admission_date=[D(2019, 1, 1)], admission_method=["21"])
MISSING = {
    "none near": ("admissions", ADMISSIONS.replace("admission_method", "zz"), {}, ["has no column admission_method"]),
    "near": (
        "admissions",
        ADMISSIONS.replace("admission_method", "Admision_Method"),
        {},
        ["no column admission_method; nearest: Admision_Method", 'columns = { admission_method = "its name there" }'],
    ),
    "by profile": ("admissions", "PSEUDO_HESID,ADMIDATE\nx,2019\n", {"profile": "hes-apc"}, ["no column ADMIMETH or admission_method"]),
    "of a data model": (
        "admissions",
        "visit_occurrence_id,visit_concept_id,visit_end_date\n1,9201,2020-01-01\n",
        {"profile": "omop"},
        ["has no column person_id; add it", "has no column admission_method; add it"],
    ),
    "mapped": (
        "admissions",
        ADMISSIONS,
        {"columns": {"person_id": "persn_id"}},
        ["no column persn_id, which site.toml reads as person_id; nearest: person_id"],
    ),
    "semicolons": ("admissions", ADMISSIONS.replace(",", ";"), {}, ["its columns are not separated by commas"]),
    "twice": ("admissions", "person_id," + ADMISSIONS, {}, ["column person_id occurs more than once"]),
    "a list": ("admissions", LISTED, {}, ["person_id holds lists"]),
    "a file beside": (
        "gp_events",
        "person_id,condition_start_date,condition_concept_id\np1,2019-01-01,1\n",
        {"profile": "omop"},
        ["a file concept is needed in the same folder"],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("table", "content", "section", "says"), MISSING.values(), ids=MISSING)
def test_what_is_missing_is_named_with_table_file_and_column(extracts, table, content, section, says):
    message = extracts.write(table, content, **section).refused()
    assert message.startswith(f"{table}: {table}_0.")
    for part in says:
        assert part in message


def test_a_file_without_a_header_shows_none_of_its_first_row(extracts):
    message = extracts.write("gp_events", f"{SENTINEL},2020-01-01,code9\np2,2020-01-01,c\n").refused()
    assert "2020-01-01" not in message


def test_all_problems_of_all_files_come_together(extracts):
    extracts.write("gp_events", "person_id\np1\n").write("admissions", b"").write("appointments", "a,b\n")
    assert len(extracts.refused().splitlines()) == 2 + 1 + 3


@pytest.mark.parametrize("table", ["registrations", "admissions", "practices"])
def test_a_required_table_with_only_a_header_stops_the_run(extracts, table):
    message = extracts.write(table, DEFAULTS[table].splitlines()[0] + "\n").stopped()
    assert f"{table}: its files hold no rows" in message
    assert not (extracts.store / "tables").exists()


def test_another_table_with_only_a_header_is_reported(extracts):
    receipt = extracts.write("gp_events", HEAD).ingest()
    assert [n.detail for n in receipt.notices if n.name == "empty_table"] == ["gp_events holds no rows."]
    assert extracts.table("gp_events").schema["event_date"] == pl.Date


PERSON = (
    "PERSON_ID,GENDER_CONCEPT_ID,YEAR_OF_BIRTH,MONTH_OF_BIRTH,DAY_OF_BIRTH,BIRTH_DATETIME,CARE_SITE_ID\n"
    "1,8532,1950,4,9,1950-04-09 00:00:00,\n2,8507,1951,5,1,1951-05-01 00:00:00,\n"
)
PERIOD = "person_id,observation_period_start_date,observation_period_end_date\n1,2015-01-01,2024-03-31\n2,2015-01-01,2020-05-31\n"
VISITS = (
    "visit_occurrence_id,person_id,visit_concept_id,visit_start_date,visit_end_date\n"
    "1,1,9203,2020-01-01,2020-01-01\n2,1,9201,2020-01-02,2020-01-04\n3,1,9201,2022-01-02,2022-01-04\n"
)


def omop_site(extracts, period=PERIOD):
    (extracts.folder / "OBSERVATION_PERIOD.csv").write_text(period)
    (extracts.folder / "CARE_SITE.csv").write_text("care_site_id,care_site_source_value\n")
    extracts.write(
        "registrations", PERSON, names=("PERSON.csv",), profile="omop", fixed={"practice_code": "A00001"},
        leave_out=("birth_datetime", "day_of_birth"),
    )  # fmt: skip
    return extracts.write("admissions", VISITS, names=("VISIT_OCCURRENCE.csv",), profile="omop")


def test_a_common_data_model_gets_in_with_a_practice_and_birth_dates_left_out(extracts):
    receipt = omop_site(extracts).ingest()
    registered = extracts.table("registrations").select("person_id", "practice_code", "registered_to").rows()
    assert registered == [("1", "A00001", None), ("2", "A00001", dt.date(2020, 6, 1))]
    assert extracts.table("admissions").select("row_id", "admission_method").rows() == [("2", "21"), ("3", "13")]
    (notice,) = [n for n in receipt.notices if n.name == "admission_methods_inferred"]
    assert "1 of 2 visits (50.0%) could not be classified" in notice.detail


def test_birth_dates_that_are_not_left_out_are_refused(extracts):
    omop_site(extracts).sections["registrations"].pop("leave_out")
    assert "PERSON.csv, column BIRTH_DATETIME" in extracts.refused()


def test_a_file_without_the_column_that_joins_it_is_reported(extracts):
    message = omop_site(extracts, PERIOD.replace("person_id", "patient")).refused()
    assert "observation_period has no column person_id, by which the two files are joined" in message
