"""Notices from comparing tables: areas without figures, registrations that all end, stays without a discharge."""

from __future__ import annotations

from tests.pipeline.ingest.extracts_on_disk import Extracts

PEOPLE = "person_id,practice_code,registered_from,registered_to,birth_month,sex,lsoa_code\n"
LOOKUP = (
    '"lsoa11_name","lsoa11_code","lsoa21_code"\nA,E01000001,E01000001\nB,E01000002,E01000012\n'
    "B,E01000002,E01000022\nC,E01000003,E01000012\n"
)


def detail(extracts: Extracts, name: str) -> str:
    return next((notice.detail for notice in extracts.ingest().notices if notice.name == name), "")


def living_in(extracts: Extracts, *codes: str) -> Extracts:
    rows = "".join(f"p{number},A00001,2010-04-01,,1950-02-01,1,{code}\n" for number, code in enumerate(codes))
    return extracts.write("registrations", PEOPLE + rows).write(
        "areas", "lsoa_code,imd_decile,no2\nE01000001,1,5\nE01000012,2,6\nE01000022,5,8\n"
    )


def test_areas_of_another_census_are_reported_with_the_share_that_has_figures(extracts):
    text = detail(
        living_in(extracts, "E01000001", "E01000002", "E01000003", "E01000012", "W01000001", ""), "areas_unmatched"
    )
    assert text.startswith("areas: 50.0% of the 4 registrations in English small areas have figures")
    assert not detail(living_in(extracts, "E01000001", "W01000001", "S01000001", ""), "areas_unmatched")


def test_a_lookup_gives_the_areas_of_the_other_census_their_figures(extracts):
    (extracts.folder / "lookup.csv").write_text(LOOKUP)
    living_in(extracts, "E01000001", "E01000002", "E01000003")
    extracts.sections["areas"] = {"lookup": "lookup.csv", "lookup_file": extracts.folder / "lookup.csv"}
    assert not detail(extracts, "areas_unmatched")
    figures = extracts.table("areas").select("lsoa_code", "imd_decile", "no2").rows()
    assert figures[3:] == [("E01000002", 4, 7.0), ("E01000003", 2, 6.0)]


def test_a_lookup_of_something_else_is_refused(extracts):
    (extracts.folder / "lookup.csv").write_text("ward,name\nx,y\n")
    living_in(extracts, "E01000001").sections["areas"] = {"lookup": "l", "lookup_file": extracts.folder / "lookup.csv"}
    assert "lookup.csv needs two columns of small-area codes" in extracts.stopped()


def test_registrations_that_all_end_on_one_day_are_reported(extracts):
    ended = PEOPLE + "".join(
        f"p{n},A00001,2010-04-01,{day},1950-02-01,1,\n" for n, day in enumerate(["2020-01-01"] * 3 + ["2019-02-01"])
    )
    assert "3 of 4 end on 2020-01-01" in detail(extracts.write("registrations", ended), "registrations_all_end")
    assert not detail(
        extracts.write("registrations", ended + "p9,A00001,2010-04-01,,1950-02-01,1,\n"), "registrations_all_end"
    )


def test_periods_that_end_with_the_source_go_on_where_the_profile_says_so(extracts):
    ends = ["2025-03-31", "2025-03-31", "2024-06-30", "2199-01-01"]
    person = "person_id,gender_concept_id,year_of_birth,month_of_birth,practice_code\n"
    period = "person_id,observation_period_start_date,observation_period_end_date\n"
    (extracts.folder / "observation_period.csv").write_text(
        period + "".join(f"p{n},2010-04-01,{end}\n" for n, end in enumerate(ends))
    )
    extracts.write("registrations", person + "".join(f"p{n},8507,1950,2,A00001\n" for n in range(4)), profile="omop")
    extracts.ingest()
    found = [str(day) if day else "" for day in extracts.table("registrations")["registered_to"]]
    assert found == ["", "", "2024-07-01", ""]


def test_stays_without_a_discharge_are_counted(extracts):
    rows = "person_id,admission_date,discharge_date,admission_method\np1,2019-05-01,,21\np1,2019-06-01,2019-06-02,21\np2,2020-01-01,,21\n"
    text = detail(extracts.write("admissions", rows), "open_stays")
    assert text.startswith(
        "admissions: 1 stay without a discharge is assumed to have ended, 1 at the person's next admission and 0 after"
    )
    assert text.endswith("1 is still open.")
    extracts.run["longest_stay_days"] = 40
    assert (
        "2 stays without a discharge are assumed to have ended, 1 at the person's next admission and 1 after"
        in detail(extracts, "open_stays")
    )
