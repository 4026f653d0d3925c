"""Identifiable data is refused and nothing is written. Data that only looks identifiable is accepted."""

from __future__ import annotations

import random

import polars as pl
import pytest
from stdnum.gb import nhs

from pipeline.ingest.identifiable import inspect
from pipeline.ingest.sources import open_tables
from tests.pipeline.ingest.extracts_on_disk import DEFAULTS, SENTINEL, D, frame

EVENTS = "person_id,event_date,code,value,unit\n"


def events(rows: list[tuple[str, str]], column: str = "extra") -> str:
    """gp_events of p1, one per row, with a further column."""
    return f"person_id,event_date,code,{column}\n" + "".join(f"p1,2020-01-01,{code},{value}\n" for code, value in rows)


NAMES = {
    "nhs_number": "NHS numbers", "NHS No": "NHS numbers", "Surname": "names", "patient_forename": "names", "FullName": "names",
    "AddressLine1": "addresses", "UPRN": "addresses", "Home Postcode": "postcodes", "mobile_phone": "telephone numbers",
    "Tel No": "telephone numbers", "E-mail Address": "e-mail addresses",
}  # fmt: skip


@pytest.mark.parametrize(("column", "what"), NAMES.items(), ids=NAMES)
def test_a_column_whose_name_means_it_is_refused_though_nothing_reads_it(extracts, column, what):
    message = extracts.write("gp_events", events([("c", SENTINEL), ("d", ""), ("e", f"2{SENTINEL}")], column)).refused()
    assert message.startswith(f"gp_events: gp_events_0.csv, column {column}: 2 {what}, by the column's name.")


def test_an_empty_column_of_such_a_name_holds_nothing(extracts):
    assert (
        extracts.write("gp_events", events([("c", ""), ("d", "  ")], "Surname")).ingest().tables["gp_events"].rows == 2
    )


@pytest.mark.parametrize(
    "column", ["pseudo_nhs_number", "NHS_NUMBER_DEID", "postcode_sector", "practice_name", "drug_name", "name_of_drug"]
)
def test_names_of_what_is_derived_or_of_something_else_are_not(extracts, column):
    assert extracts.write("gp_events", events([("c", SENTINEL)], column)).ingest().tables["gp_events"].rows == 1


def test_a_profile_lists_more_names(extracts):
    ecds = "TOKEN_PERSON_ID,LocalPatientIdentifier,ArrivalDate\np1,77,2019-05-01\n"
    message = extracts.write("attendances", ecds, profile="ecds").refused()
    assert "column LocalPatientIdentifier: 1 values that identify people" in message


VALID = [number for number in map(str, range(4_123_400_000, 4_123_402_400)) if nhs.is_valid(number)]
NHS = [nhs.format(number) for number in VALID[40:46]]
VALUES = {
    "NHS numbers": [number.replace(" ", "") for number in NHS],
    "NHS numbers with spaces": NHS,
    "NHS numbers with hyphens": [number.replace(" ", "-") for number in NHS],
    "postcodes": ["WN1 1AA", "", "m60 2la"],
    "postcodes in text": ["moved to WN7 4HJ", "", ""],
    "postcodes without the blank": ["WN11AA", "M602LA", "OL129XY", ""],
    "telephone numbers": ["01942 555 123", "", ""],
    "telephone numbers of the world": ["+44 7700 900123", "", ""],
    "telephone numbers without blanks": ["07700900123", "01942555123", ""],
    "e-mail addresses": ["see a.b@nhs.example", "", ""],
    "addresses": ["Flat 3, 12 Invented Street", "", ""],
}


@pytest.mark.parametrize("what", VALUES, ids=VALUES)
def test_values_that_identify_are_refused_whatever_the_column_is_called(extracts, what):
    rows = [(f"c{number}", f'"{value}"') for number, value in enumerate(VALUES[what])]
    message = extracts.write("gp_events", events(rows)).refused()
    kind = next(
        kind
        for kind in ("NHS numbers", "postcodes", "telephone numbers", "e-mail addresses", "addresses")
        if what.startswith(kind)
    )
    assert message.startswith("gp_events: gp_events_0.csv, column extra: ")
    assert f"different values that look like {kind}." in message
    for value in filter(None, VALUES[what]):
        assert value not in message


def test_nhs_numbers_as_numbers_of_parquet_are_found(extracts):
    numbers = [int(number.replace(" ", "")) for number in NHS]
    rows = frame(
        person_id=["p1"] * 6,
        event_date=[D(2020, 1, 1)] * 6,
        code=["c"] * 6,
        value=[float(n) for n in numbers],
        other=numbers,
    )
    message = extracts.write("gp_events", rows).refused()
    assert "column value: 6 different" in message
    assert "column other: 6 different" in message


def test_pseudonyms_that_are_nhs_numbers_are_found_in_every_table(extracts):
    for table in ("registrations", "admissions"):
        text = DEFAULTS[table]
        for number, pseudonym in enumerate(("p1", "p2", "p3")):
            text = text.replace(pseudonym, NHS[number])
        extracts.write(table, text)
    assert len(extracts.refused().splitlines()) == 1  # two in admissions may be chance: two of two pass 1 time in 121


def test_opt_outs_by_nhs_number_are_refused_too(extracts):
    rows = "".join(f"{number},type1\n" for number in NHS)
    assert (
        "opt_outs: opt_outs_0.csv, column person_id: 6 different"
        in extracts.write("opt_outs", f"person_id,kind\n{rows}").refused()
    )


def test_ten_digits_at_random_are_pseudonyms(extracts):
    rng = random.Random(5)
    ids = [str(rng.randrange(10**9, 10**10)) for _ in range(2000)]
    rows = "".join(f"{person},A00001,2010-04-01,,1950-02-01,1\n" for person in ids)
    head = DEFAULTS["registrations"].splitlines()[0]
    assert extracts.write("registrations", f"{head}\n{rows}").ingest().people == 2000


def test_some_nhs_numbers_among_random_pseudonyms_are_found(extracts):
    rng = random.Random(5)
    ids = [str(rng.randrange(10**9, 10**10)) for _ in range(1800)] + [
        n for n in map(str, range(4_123_400_000, 4_123_402_300)) if nhs.is_valid(n)
    ][:200]
    rows = "".join(f"{person},A00001,2010-04-01,,1950-02-01,1\n" for person in ids)
    head = DEFAULTS["registrations"].splitlines()[0]
    assert "different values that look like NHS numbers" in extracts.write("registrations", f"{head}\n{rows}").refused()


HARMLESS = {
    "SNOMED CT ids of ten digits": ["1064891000", "1082641000000106", "9468002", "2004005000"],
    "keys of twelve digits": ["513700125763", "300148622328"],
    "two ten-digit numbers that pass": [number.replace(" ", "") for number in NHS[:2]],
    "one code that has a postcode's shape": [
        "AB12CD",
        "AB1 2XYZ",
        "WN11AA",
        "QQ11AB",
        "ZZZ999",
        "E1191",
        "HRG01",
        "A1B2",
    ],
    "codes and units": ["mmol/L", "10*9/L", "E01004321", "M84031", "0212000Y0AAADAD", "I10X", "DZ19A", "3 4 5", "2-3"],
    "days and times": ["2020-01-01", "2020-01-01 10:15:00", "01/02/2020", "01-02-2020", "20200101", "10:15"],
}


@pytest.mark.parametrize("what", HARMLESS, ids=HARMLESS)
def test_values_that_only_resemble_them_pass(extracts, what):
    rows = [(f"c{number}", value) for number, value in enumerate(HARMLESS[what])]
    assert extracts.write("gp_events", events(rows)).ingest().tables["gp_events"].rows == len(rows)


def test_snomed_codes_of_ten_digits_are_set_aside_and_other_codes_counted_once(extracts):
    codes = ["1089661000", "2089665000"] * 30 + ["4010232137"] * 500
    assert extracts.write("gp_events", events([(code, "") for code in codes])).ingest().tables["gp_events"].rows == 560


BIRTHS = {
    "ISO": "1950-02-12",
    "United Kingdom": "12/02/1950",
    "short year": "12/02/50",
    "in words": "12 February 1950",
    "with time": "1950-02-12 00:00:00",
}


@pytest.mark.parametrize("birth", BIRTHS.values(), ids=BIRTHS)
def test_full_birth_dates_are_refused_by_name(extracts, birth):
    message = extracts.write("gp_events", events([("c", birth), ("d", "")], "PatientDOB")).refused()
    assert message.startswith("gp_events: gp_events_0.csv, column PatientDOB: 1 full birth dates.")
    assert birth not in message


@pytest.mark.parametrize("birth", ["1950-02-01", "01/02/1950", "1950", "1950-02", "021950"])
def test_months_and_years_of_birth_pass_under_any_name(extracts, birth):
    assert extracts.write("gp_events", events([("c", birth)], "date_of_birth")).ingest().tables["gp_events"].rows == 1


def test_a_birth_month_with_a_day_is_a_full_birth_date(extracts):
    message = extracts.write("registrations", DEFAULTS["registrations"].replace("1950-02-01", "1950-02-12")).refused()
    assert "column birth_month: 1 full birth dates (birth_month is the first of the month)" in message
    assert "1950" not in message


def test_a_mapped_birth_date_in_the_sites_own_format_is_found(extracts):
    text = DEFAULTS["registrations"].replace("birth_month", "born").replace("1950-02-01", "12/02/1950")
    message = extracts.write("registrations", text, columns={"birth_month": "born"}, date_format="%d/%m/%Y").refused()
    assert "column born: 1 full birth dates" in message


def test_a_parquet_birth_month_with_a_day_is_found(extracts):
    rows = pl.read_csv(DEFAULTS["registrations"].encode(), try_parse_dates=True).with_columns(
        birth_month=D(1950, 2, 12)
    )
    assert "column birth_month: 3 full birth dates" in extracts.write("registrations", rows).refused()


def test_a_further_column_with_the_day_of_the_month_of_birth_is_found(extracts):
    rows = "".join(f"q{n},A00001,2010-04-01,,19{50 + n}-02-01,1,{n + 1:02d}/02/19{50 + n}\n" for n in range(9))
    head = DEFAULTS["registrations"].splitlines()[0]
    message = extracts.write("registrations", f"{head},d1\n{rows}").refused()
    assert "column d1: 9 full birth dates (days in the month of birth)" in message


def test_people_registered_from_birth_are_not_refused_for_it(extracts):
    rows = "".join(f"q{n},A00001,20{10 + n}-02-{n + 1:02d},,20{10 + n}-02-01,1\n" for n in range(9))
    head = DEFAULTS["registrations"].splitlines()[0]
    assert extracts.write("registrations", f"{head}\n{rows}").ingest().people == 9


def test_names_and_addresses_of_practices_are_public(extracts):
    text = "practice_code,practice_name,cluster_code,address,postcode,tel\nA00001,Invented A,C1,12 High Street,WN1 1AA,01942 555 123\n"
    assert extracts.write("practices", text).ingest().tables["practices"].rows == 1


def test_files_next_to_an_extract_are_checked_when_they_are_about_people(extracts, tmp_path):
    text = "person_id,gender_concept_id,year_of_birth,month_of_birth,care_site_id,location_id\n1,8507,1950,2,1,1\n"
    (tmp_path / "observation_period.csv").write_text(
        "person_id,observation_period_start_date,observation_period_end_date\n1,2010-01-01,\n"
    )
    (tmp_path / "care_site.csv").write_text("care_site_id,care_site_source_value,postcode\n1,A00001,WN1 1AA\n")
    (tmp_path / "location.csv").write_text(f"location_id,location_source_value,address_1\n1,E01000001,{SENTINEL}\n")
    message = extracts.write("registrations", text, names=("person.csv",), profile="omop").refused()
    assert message.splitlines() == [message]
    assert message.startswith("registrations: location.csv, column address_1: 1 addresses, by the column's name.")


def test_everything_that_identifies_is_reported_together(extracts):
    extracts.write("gp_events", events([("c", SENTINEL)], "Surname")).write(
        "appointments", "person_id,appointment_date,status,Postcode\np1,2020-01-01,dna,x\n"
    )
    assert len(extracts.refused().splitlines()) == 2


def test_the_first_look_tells_which_columns_of_each_file_are_tidy(extracts):
    one, two = "p1,2020-01-01,c,1,kg\np1,2020-01-02,c ,,kg\n", "p1,2020-01-01,c,1,NULL\n"
    extracts.write("gp_events", EVENTS + one, EVENTS + two)
    tables, _ = open_tables(extracts.settings())
    tidy = [source.tidy for source in inspect(tables).tables["gp_events"].sources]
    assert [set(each) for each in tidy] == [
        {"person_id", "event_date", "unit", "value"}, {"person_id", "event_date", "code", "value"}
    ]  # fmt: skip
    assert tidy[1]["code"] == {"c"}
    extracts.ingest()
    assert extracts.table("gp_events").select("code", "unit").rows() == [("c", "kg"), ("c", "kg"), ("c", None)]
