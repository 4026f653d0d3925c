"""Each rule of ingest, with a row that breaks it."""

from __future__ import annotations

import pytest

from pipeline.ingest import diagnosis
from tests.pipeline.ingest.extracts_on_disk import DEFAULTS, SENTINEL, D

ADMISSIONS = "person_id,row_id,admission_date,discharge_date,admission_method,episode_order\n"
GOOD = "p1,k1,2019-05-01,2019-05-04,21,1\n"
BAD = {
    "admission_date.unreadable": f"p1,k2,{SENTINEL},,21,1",
    "person_id.required": ",k2,2019-05-01,,21,1",
    "person_id.length": f"{'x' * 129},k2,2019-05-01,,21,1",
    "admission_date.required": "p1,k2,,,21,1",
    "admission_date.outside_covers": "p1,k2,2016-12-31,,21,1",
    "admission_method.required": "p1,k2,2019-05-01,,,1",
    "admission_method.values": f"p1,k2,2019-05-01,,{SENTINEL},1",
    "discharge_before_admission": "p1,k2,2019-05-01,2019-04-30,21,1",
}


@pytest.mark.parametrize(("rule", "row"), BAD.items(), ids=BAD)
def test_a_row_that_breaks_a_rule_is_quarantined_under_its_name(extracts, rule, row):
    extracts.write("admissions", f"{ADMISSIONS}{GOOD}{row}\n", covers=(D(2017, 1, 1), D(2022, 1, 1)))
    receipt = extracts.ingest().tables["admissions"]
    assert receipt.rejects == {rule: 1}
    assert (receipt.rows_read, receipt.rows, receipt.unregistered) == (2, 1, 0)
    assert extracts.table("admissions")["row_id"].to_list() == ["k1"]
    kept = extracts.quarantine("admissions").row(0, named=True)
    assert (kept["rule"], kept["file"], kept["row"]) == (rule, "admissions_0.csv", 2)
    wrote = row.split(",")
    assert [kept[name] or "" for name in ADMISSIONS.strip().split(",")] == wrote


REGISTRATIONS = "person_id,practice_code,registered_from,registered_to,birth_month,sex,ethnicity,lsoa_code\n"
BAD_REGISTRATIONS = {
    "practice_code.pattern": "p9,A0001,2010-04-01,,1950-02-01,1,,",
    "sex.values": "p9,A00001,2010-04-01,,1950-02-01,X,,",
    "birth_month.after_registration": "p9,A00001,2010-04-01,,2010-05-01,1,,",
    "birth_month.too_old": "p9,A00001,2010-04-01,,1890-02-01,1,,",
    "registered_to_before_registered_from": "p9,A00001,2010-04-01,2010-03-31,1950-02-01,1,,",
    "birth_month.unreadable": f"p9,A00001,2010-04-01,,{SENTINEL},1,,",
}


@pytest.mark.parametrize(("rule", "row"), BAD_REGISTRATIONS.items(), ids=BAD_REGISTRATIONS)
def test_registrations_have_rules_of_their_own(extracts, rule, row):
    extracts.write("registrations", f"{REGISTRATIONS}p1,A00001,2010-04-01,,1950-02-01,1,A,E01000001\n{row}\n")
    receipt = extracts.ingest()
    assert receipt.tables["registrations"].rejects == {rule: 1}
    assert receipt.people == 1


def test_a_row_gets_the_first_rule_it_breaks(extracts):
    extracts.write("admissions", f"{ADMISSIONS}{GOOD}stranger,k1,{SENTINEL},x,77,-4\n")
    assert extracts.ingest().tables["admissions"].rejects == {"admission_date.unreadable": 1}


def test_people_in_no_registration_are_counted_apart(extracts):
    extracts.write("admissions", DEFAULTS["admissions"] + "stranger,2019-05-01,,21\n")
    receipt = extracts.ingest().tables["admissions"]
    assert (receipt.rows_read, receipt.rows, receipt.rejects, receipt.unregistered) == (3, 2, {}, 1)
    assert extracts.quarantine("admissions")["rule"].to_list() == ["person_id.unregistered"]


def test_people_whose_registrations_are_rejected_are_in_no_registration(extracts):
    extracts.write("registrations", DEFAULTS["registrations"].replace("p2,A00001", "p2,bad"))
    receipt = extracts.ingest()
    assert receipt.people == 2
    assert receipt.tables["admissions"].unregistered == 1


def test_events_outside_a_registration_are_kept(extracts):
    extracts.write("gp_events", "person_id,event_date,code\np3,2009-01-01,c\np3,2023-01-01,c\n")
    assert extracts.ingest().tables["gp_events"].rows == 2


def test_a_date_on_or_after_the_as_of_date_is_valid(extracts):
    extracts.run["as_of"] = D(2019, 5, 1)
    assert extracts.ingest().tables["admissions"].rows == 2


def test_the_end_of_covers_is_not_covered(extracts):
    extracts.write("admissions", DEFAULTS["admissions"], covers=(D(2019, 5, 1), D(2019, 6, 1)))
    receipt = extracts.ingest().tables["admissions"]
    assert receipt.rejects == {"admission_date.outside_covers": 1}
    assert receipt.covers == (D(2019, 5, 1), D(2019, 6, 1))


def test_a_repeated_key_of_a_public_table_is_rejected(extracts):
    extracts.write("practices", DEFAULTS["practices"], "practice_code,cluster_code\nA00001,C9\n")
    receipt = extracts.ingest().tables["practices"]
    assert receipt.rejects == {"practice_code.repeated": 1}
    assert extracts.table("practices")["cluster_code"].to_list() == ["C1", "C2"]


def test_rows_with_more_fields_than_the_header_are_quarantined_and_the_others_come_in(extracts):
    head = "person_id,event_date,code\n"
    ragged = f'{head}\np1,2020-01-01,"a\nb"\np1,2020-01-02,x,{SENTINEL}\n\np2,2020-01-03,c\np2,2020-01-04,d,,,\n'
    receipt = extracts.write("gp_events", head + "p1,2019-01-01,first\n", ragged).ingest().tables["gp_events"]
    assert receipt.rejects == {"row.too_many_fields": 2}
    assert extracts.table("gp_events")["code"].to_list() == ["first", "a\nb", "c"]
    kept = extracts.quarantine("gp_events")
    assert kept.select("event_date", "file", "row").rows() == [
        ("2020-01-02", "gp_events_1.csv", 3),
        ("2020-01-04", "gp_events_1.csv", 6),
    ]


def test_rows_with_too_many_fields_are_found_behind_a_filtering_profile(extracts):
    head = "person_id,visit_occurrence_id,visit_concept_id,visit_start_date\n"
    visits = f"{head}p1,1,9202,2020-01-01\np1,2,9203,2020-01-02,x\np2,3,9203,2020-01-03\n"
    receipt = extracts.write("attendances", visits, profile="omop").ingest().tables["attendances"]
    assert (receipt.rows_read, receipt.rejects) == (2, {"row.too_many_fields": 1})
    assert extracts.table("attendances")["arrival_date"].to_list() == [D(2020, 1, 3)]


def test_cut_lines_are_quarantined_and_the_others_come_in(extracts):
    head = "person_id,event_date,code,value,unit\n"
    cut = f'{head}\np1,2020-01-01,"a\nb",,\np1,2020-01-02,7{SENTINEL}\np2,2020-01-03,"c,c",5,\n  \np2,2020-01-04,d,1,mm\np1,2020'
    receipt = extracts.write("gp_events", cut).ingest().tables["gp_events"]
    assert (receipt.rows_read, receipt.rejects) == (5, {"row.too_few_fields": 2})
    assert extracts.table("gp_events")["code"].to_list() == ["a\nb", "c,c", "d"]
    assert extracts.quarantine("gp_events")["row"].to_list() == [3, 7]


@pytest.mark.parametrize("cut", ['"c, c",5', '"c, c"', '"a ""b, b"" c",5'])
def test_a_cut_line_with_commas_in_quotes_is_quarantined(extracts, cut):
    receipt = extracts.write(
        "gp_events", f"person_id,event_date,code,value,unit\np1,2020-01-01,a,,\np1,2020-01-02,{cut}"
    ).ingest()
    assert receipt.tables["gp_events"].rejects == {"row.too_few_fields": 1}
    assert extracts.quarantine("gp_events")["row"].to_list() == [2]


def test_many_cut_lines_stop_the_run(extracts):
    rows = "".join(f"p1,2020-01-{day:02},x\n" for day in range(1, 20))
    extracts.write("gp_events", f"person_id,event_date,code,value\n{rows}p1,2020-01-20,x,1\n")
    assert "19 of 20 rows (95.0%) break a rule" in extracts.stopped()


def test_a_column_without_a_name_at_the_end_of_the_header_may_be_missing_in_rows(extracts):
    receipt = extracts.write("gp_events", "person_id,event_date,code,\np1,2020-01-01,x\np1,2020-01-02,y,\n").ingest()
    assert receipt.tables["gp_events"].rejects == {}


def test_numbers_have_their_bounds(extracts):
    extracts.write("areas", "lsoa_code,imd_decile\nE01000001,1\nE01000002,11\nE01000003,1.0\n")
    extracts.run["max_blank_rate"] = 0.5
    assert extracts.ingest().tables["areas"].emptied == {"imd_decile.max": 1}
    assert extracts.table("areas")["imd_decile"].to_list() == [1, None, 1]


def test_a_table_can_have_its_own_limit_of_values_made_empty(extracts):
    rows = "lsoa_code,imd_decile\nE01000001,1\nE01000002,11\nE01000003,1.0\n"
    extracts.write("areas", rows, max_blank_rate=0.5)
    assert extracts.ingest().tables["areas"].emptied == {"imd_decile.max": 1}
    extracts.run["max_blank_rate"] = 0.5
    extracts.write("areas", rows, max_blank_rate=0.2)
    assert "more than [extracts.areas] max_blank_rate 20.0%" in extracts.stopped()


def test_lines_with_nothing_in_them_are_no_rows(extracts):
    extracts.write("admissions", DEFAULTS["admissions"] + "\n,,,\n")
    receipt = extracts.ingest().tables["admissions"]
    assert (receipt.rows_read, receipt.rejects) == (2, {})


def test_a_person_id_is_trimmed_and_its_zeros_and_case_stay(extracts):
    extracts.write("registrations", DEFAULTS["registrations"].replace("p1", "007").replace("p2", "aB"))
    extracts.write("admissions", "person_id,admission_date,admission_method\n 007 ,2019-05-01,21\nAB,2019-05-01,21\n")
    receipt = extracts.ingest().tables["admissions"]
    assert extracts.table("admissions")["person_id"].to_list() == ["007"]
    assert receipt.unregistered == 1


OPTIONAL = {
    "registrations": {
        "ethnicity.values": "p9,A00001,2010-04-01,,1950-02-01,1,Y,E01000001,",
        "lsoa_code.pattern": "p9,A00001,2010-04-01,,1950-02-01,1,A,Z99999999,",
        "registered_to.unreadable": f"p9,A00001,2010-04-01,{SENTINEL},1950-02-01,1,A,E01000001,",
        "death_date.future": "p9,A00001,2010-04-01,,1950-02-01,1,A,E01000001,2190-01-01",
        "death_date.before_birth": "p9,A00001,2010-04-01,,1950-02-01,1,A,E01000001,1949-01-01",
    },
    "admissions": {
        "discharge_date.unreadable": f"p1,k2,2019-05-01,{SENTINEL},21,1",
        "discharge_date.future": "p1,k2,2019-05-01,2199-05-04,21,1",
        "discharge_date.too_long": "p1,k2,1990-05-01,2019-05-04,21,1",
        "episode_order.unreadable": "p1,k2,2019-05-01,,21,1.5",
    },
}  # fmt: skip
HEADERS = {"registrations": REGISTRATIONS.replace("lsoa_code\n", "lsoa_code,death_date\n"), "admissions": ADMISSIONS}
FIRST = {"registrations": "p1,A00001,2010-04-01,,1950-02-01,1,A,E01000001,\n", "admissions": GOOD}


@pytest.mark.parametrize(("table", "rule"), [(table, rule) for table, rows in OPTIONAL.items() for rule in rows])
def test_a_bad_value_in_an_optional_column_costs_only_that_value(extracts, table, rule):
    extracts.run["max_blank_rate"] = 0.5
    column, row = rule.partition(".")[0], OPTIONAL[table][rule]
    receipt = extracts.write(table, HEADERS[table] + FIRST[table] + row + "\n").ingest().tables[table]
    assert (receipt.rows_read, receipt.rows, receipt.rejects, receipt.emptied) == (2, 2, {}, {rule: 1})
    assert extracts.table(table)[column].to_list()[1] is None
    assert not (extracts.store / "quarantine" / f"{table}.parquet").exists()


def test_areas_of_the_other_nations_are_valid(extracts):
    codes = ["W01000123", "S01006506", "N20000001", "95GG01S1", "E01006220"]
    rows = "".join(f"p{n},A00001,2010-04-01,,1950-02-01,1,A,{code}\n" for n, code in enumerate(codes))
    receipt = extracts.write("registrations", REGISTRATIONS + rows).ingest().tables["registrations"]
    assert (receipt.emptied, receipt.rejects) == ({}, {})
    assert extracts.table("registrations")["lsoa_code"].to_list() == codes


@pytest.mark.parametrize("part", [1, 3, 7, 1000])
@pytest.mark.parametrize(
    ("text", "is_short"),
    [
        ('a,b,c\n1,2,3\n\n  \r\n"1,2",,"3"\n', False),
        ("a,b,c\n1,2,3\n1,2\n", True),
        ("a,b,c\n1,2,3\n1,2", True),
        ('a,b,c\n"1,2",3\n', True),
        ('a,b,c\n1,2,"3\n4"\n', True),
    ],
)
def test_a_short_line_is_seen_wherever_the_file_is_cut_for_reading(tmp_path, monkeypatch, text, is_short, part):
    monkeypatch.setattr(diagnosis, "PART", part)
    path = tmp_path / "gp_events.csv"
    path.write_text(text)
    assert diagnosis._has_short_lines(path) is is_short


@pytest.mark.parametrize(
    ("text", "rows", "is_plain"),
    [
        ("a,b,c\n1,2,3\n,,\n", 2, True),
        ("a,b,c\n1,2,3\n,,", 2, True),
        ("a\n1\n", 1, False),
        ("a,b,c\n1,2,3\n1,2\n", 2, False),
        ("a,b,c\n1,2,3\n\n", 2, False),
        ('a,b,c\n1,2,"3"\n', 1, False),
        ("a,b,\n1,2,\n", 1, False),
    ],
)
def test_commas_that_add_up_show_that_each_row_is_one_whole_line(tmp_path, monkeypatch, text, rows, is_plain):
    monkeypatch.setattr(diagnosis, "PART", 7)
    path = tmp_path / "gp_events.csv"
    path.write_text(text)
    assert diagnosis.has_plain_lines(path, rows) is is_plain
    assert not (is_plain and diagnosis._has_short_lines(path))
