"""Small, partly invented rows of real extracts are translated into our columns."""

import datetime as dt
from pathlib import Path

import polars as pl
import pytest

from data_schemas import profiles
from data_schemas.profiles import Join, TableMapping
from data_schemas.profiles.translate import MARKS, MEMBER, OWN_KEY, STANDING, translate

SHARED = Path(__file__).parents[3].parent / "shared"
Rows = list[dict[str, str | None]]


def text(rows: Rows) -> pl.LazyFrame:
    return pl.LazyFrame(rows, schema=dict.fromkeys(rows[0], pl.String))


def members(frame: pl.LazyFrame) -> pl.DataFrame:
    """The rows of the table, in its own columns."""
    return frame.filter(pl.col(STANDING) == MEMBER).drop(MARKS).collect()


def ours(profile: str | None, table: str, rows: Rows, **beside: Rows) -> Rows:
    files = {stem: text(others) for stem, others in beside.items()}
    found = members(translate(text(rows), table, profiles.mapping(profile, table), read_other=files.get))
    return [{name: value for name, value in row.items() if value is not None} for row in found.to_dicts()]


def test_our_own_columns_are_trimmed_and_others_are_left_out():
    rows = [{"person_id": " a ", "kind": "type1", "note": "x"}, {"person_id": "b", "kind": "  ", "note": "y"}]
    assert ours(None, "opt_outs", rows) == [{"person_id": "a", "kind": "type1"}, {"person_id": "b"}]


def test_columns_known_to_be_tidy_are_taken_as_they_are():
    frame, mapping = text([{"person_id": " a ", "kind": "NULL"}]), profiles.mapping(None, "opt_outs")
    assert members(translate(frame, "opt_outs", mapping, tidy={"person_id": None, "kind": None})).rows() == [
        (" a ", "NULL")
    ]
    assert members(translate(frame, "opt_outs", mapping, tidy={"person_id": {" a "}})).rows() == [(" a ", None)]


@pytest.mark.parametrize(
    ("texts", "kind"),
    [({"type1"}, "Type1"), ({"type1", "Type1"}, "type1"), (None, "type1")],
    ids=["ours", "theirs", "many"],
)
def test_texts_are_only_translated_where_some_are_not_ours(texts, kind):
    frame, mapping = text([{"person_id": "a", "kind": "Type1"}]), profiles.mapping(None, "opt_outs")
    assert members(translate(frame, "opt_outs", mapping, tidy={"kind": texts})).rows() == [("a", kind)]


def test_an_open_table_keeps_its_other_columns():
    assert ours(None, "areas", [{"lsoa_code": "E01000001", "no2": "9.1"}]) == [{"lsoa_code": "E01000001", "no2": "9.1"}]


def test_hes_codes_for_nothing_are_nothing():
    row = {
        "PSEUDO_HESID": "a",
        "ADMIDATE": "2019-05-01",
        "ADMIMETH": "21",
        "DIAG_4_01": "R69X",
        "DIAG_4_02": "-   ",
        "TRETSPEF": "&",
    }
    assert ours("hes-apc", "admissions", [row]) == [
        {"person_id": "a", "admission_date": "2019-05-01", "admission_method": "21", "diag_01": "R69X"}
    ]


def test_hes_departments_get_their_nought_and_planned_follow_ups_are_no_part_of_it():
    usual = {"PSEUDO_HESID": "a", "ARRIVALDATE": "2019-05-01", "AEDEPTTYPE": "1", "AEATTENDCAT": "1"}
    rows = [usual, usual | {"AEATTENDCAT": "2"}, usual | {"AEDEPTTYPE": "99", "AEATTENDCAT": None}]
    assert [row.get("department_type") for row in ours("hes-ae", "attendances", rows)] == ["01", None]


def test_sus_lists_all_diagnoses_in_one_column():
    row = {
        "Der_Pseudo_NHS_Number": "a",
        "Admission_Date": "2019-05-01",
        "Der_Diagnosis_All": "||E119 ,E780 ||I801 ,N179",
    }
    (found,) = ours("sus-apc", "admissions", [row])
    assert [found[f"diag_{place:02d}"] for place in range(1, 5)] == ["E119", "E780", "I801", "N179"]
    assert "diag_05" not in found


def test_ecds_arrival_modes_become_ambulance_or_not():
    usual = {
        "Der_Pseudo_NHS_Number": "a",
        "Der_EC_Arrival_Date_Time": "2021-05-01 10:00:00",
        "EC_Department_Type": "01",
    }
    rows = [
        usual | {"EC_Arrival_Mode_SNOMED_CT": code} for code in ("1048031000000100", "1048071000000103", "999", None)
    ]
    assert [row.get("arrival_mode") for row in ours("sus-ecds", "attendances", rows)] == ["1", "2", "999", None]


def test_emis_patients_get_practice_codes_and_deleted_dummy_or_temporary_ones_are_left_out():
    usual = {
        "PatientGuid": "{1}", "OrganisationGuid": "{o}", "Sex": "F", "DateOfBirth": "1950-03-01", "DateOfRegistration": "2001-01-01",
        "DateOfDeactivation": "", "Deleted": "false", "DummyType": "false", "PatientTypedescription": "Regular",
    }  # fmt: skip
    rows = [
        usual,
        usual | {"Deleted": "true"},
        usual | {"DummyType": "TRUE"},
        usual | {"PatientTypedescription": "Temporary"},
    ]
    organisations = [{"OrganisationGuid": "{o}", "ODSCode": "P92001"}]
    expected = {
        "person_id": "{1}", "practice_code": "P92001", "registered_from": "2001-01-01", "birth_month": "1950-03-01", "sex": "2",
    }  # fmt: skip
    assert ours("emis", "registrations", rows, Admin_Organisation=organisations) == [expected]
    assert ours("emis", "registrations", rows[:1]) == [{k: v for k, v in expected.items() if k != "practice_code"}]


def test_emis_slots_that_nobody_booked_are_no_appointments():
    usual = {"PatientGuid": "{1}", "AppointmentDate": "2024-02-03", "DidNotAttend": "false", "Deleted": "false"}
    rows = [usual, usual | {"DidNotAttend": "true"}, usual | {"PatientGuid": None}, usual | {"PatientGuid": ""}]
    assert [row["status"] for row in ours("emis", "appointments", rows)] == ["attended", "dna"]


def test_emis_observations_get_snomed_codes_and_confidential_ones_stay_where_they_are():
    usual = {
        "PatientGuid": "{1}",
        "EffectiveDate": "2024-02-03",
        "EnteredDate": "2024-02-05",
        "CodeId": "7",
        "Value": "3.5",
        "IsConfidential": "false",
    }
    rows = [usual, usual | {"CodeId": "8"}, usual | {"IsConfidential": "true"}]
    found = ours("emis", "gp_events", rows, Coding_ClinicalCode=[{"CodeId": "7", "SnomedCTConceptId": "267076002"}])
    assert [row.get("code") for row in found] == ["267076002", None]
    assert found[0] == {
        "person_id": "{1}", "event_date": "2024-02-03", "recorded_date": "2024-02-05", "code": "267076002", "value": "3.5",
    }  # fmt: skip


def test_omop_people_come_from_person_and_observation_period():
    person = [
        {
            "person_id": "5",
            "gender_concept_id": "8532",
            "year_of_birth": "1950",
            "month_of_birth": "4",
            "care_site_id": "9",
        }
    ]
    period = [
        {"person_id": "5", "observation_period_start_date": "2001-01-01", "observation_period_end_date": "2024-01-01"}
    ]
    sites = [{"care_site_id": "9", "care_site_source_value": "P92001"}]
    assert ours("omop", "registrations", person, observation_period=period, care_site=sites) == [
        {
            "person_id": "5", "practice_code": "P92001", "registered_from": "2001-01-01", "registered_to": "2024-01-01",
            "birth_month": "1950-4-01", "sex": "2",
        }
    ]  # fmt: skip
    with pytest.raises(FileNotFoundError, match="observation_period"):
        ours("omop", "registrations", person)


def test_omop_visits_go_to_the_table_of_their_kind():
    kinds = ("9201", "262", "9203", "9202", "581477", "5083", "32036")
    dates = {"visit_start_date": "2024-02-03", "visit_end_date": "2024-02-05"}
    visits = [
        {"person_id": "5", "visit_occurrence_id": str(n), "visit_concept_id": kind} | dates
        for n, kind in enumerate(kinds)
    ]
    assert [row["admission_method"] for row in ours("omop", "admissions", visits)] == ["21", "21"]
    assert [row["row_id"] for row in ours("omop", "attendances", visits)] == ["1", "2"]
    assert [row["attended"] for row in ours("omop", "outpatients", visits)] == ["5"]
    assert [row["mode"] for row in ours("omop", "appointments", visits)] == ["face_to_face", "telephone"]


@pytest.mark.parametrize(
    ("row", "value"),
    [
        ({"person_id": "5", "condition_start_date": "2024-02-03", "condition_concept_id": "77"}, None),
        (
            {
                "person_id": "5",
                "measurement_date": "2024-02-03",
                "measurement_concept_id": "77",
                "value_as_number": "120",
            },
            "120",
        ),
        (
            {
                "person_id": "5",
                "observation_date": "2024-02-03",
                "observation_concept_id": "77",
                "value_as_number": None,
            },
            None,
        ),
    ],
)
def test_omop_events_of_three_tables_come_through_one_mapping(row, value):
    (found,) = ours("omop", "gp_events", [row], concept=[{"concept_id": "77", "concept_code": "267076002"}])
    assert (found["event_date"], found["code"], found.get("value")) == ("2024-02-03", "267076002", value)


def test_a_joined_file_with_other_letters_of_case_and_blanks_still_joins_and_keeps_the_order():
    mapping = TableMapping(
        columns={"person_id": ("id",), "kind": ("what",)},
        joins=(Join(file="f", left=("ID",), right="key", take=("what",)),),
    )
    frame = text([{"id": "2"}, {"id": " 1"}])
    other = text([{"KEY": "1 ", "What": "type1"}, {"KEY": "2", "What": "national"}])
    assert members(translate(frame, "opt_outs", mapping, read_other={"f": other}.get)).rows() == [
        ("2", "national"),
        ("1", "type1"),
    ]


def test_a_column_may_be_tidy_in_the_file_and_not_in_the_joined_one():
    mapping = TableMapping(
        columns={"person_id": ("id",), "kind": ("kind",)},
        joins=(Join(file="f", left=("id",), right="id", take=("kind",)),),
    )
    other = text([{"id": "1", "kind": "NULL"}, {"id": "2", "kind": "type1 "}])
    found = translate(
        text([{"id": "1"}, {"id": "2"}]), "opt_outs", mapping, read_other={"f": other}.get, tidy={"id": None}
    )
    assert members(found).rows() == [("1", None), ("2", "type1")]


def test_typed_columns_of_parquet_are_read_as_text_but_for_dates_and_numbers():
    visits = pl.LazyFrame(
        {
            "person_id": [5, 6],
            "visit_occurrence_id": [1.0, 2.0],
            "visit_concept_id": pl.Series([262, 9202], dtype=pl.Int32),
            "visit_start_date": [dt.date(2024, 2, 3), dt.date(2024, 2, 4)],
            "visit_end_date": pl.Series([dt.datetime(2024, 2, 3, 9), None], dtype=pl.Datetime),  # noqa: DTZ001
        }
    )
    found = members(translate(visits, "admissions", profiles.mapping("omop", "admissions")))
    assert found.to_dicts() == [
        {
            "person_id": "5", "admission_date": dt.date(2024, 2, 3), "discharge_date": dt.datetime(2024, 2, 3, 9),  # noqa: DTZ001
            "admission_method": "21", "row_id": "1",
        }
    ]  # fmt: skip


def test_typed_keys_join_typed_keys_of_another_type():
    person = pl.LazyFrame(
        {"person_id": [5], "gender_concept_id": [8532.0], "year_of_birth": [1950], "month_of_birth": [4]}
    )
    period = pl.LazyFrame(
        {"person_id": pl.Series([5], dtype=pl.UInt8), "observation_period_start_date": ["2001-01-01"]}
    )
    mapping = profiles.mapping("omop", "registrations")
    (found,) = members(
        translate(person, "registrations", mapping, read_other={"observation_period": period}.get)
    ).to_dicts()
    assert found == {"person_id": "5", "registered_from": "2001-01-01", "birth_month": "1950-4-01", "sex": "2"}


def test_typed_numbers_of_an_open_table_stay_numbers():
    areas = pl.LazyFrame({"lsoa_code": [" E01000001"], "imd_decile": [3], "no2": [9.5]})
    assert members(translate(areas, "areas", profiles.mapping(None, "areas"))).rows() == [("E01000001", 3, 9.5)]


@pytest.mark.parametrize(
    ("profile", "table", "name", "rows"),
    [
        ("hes-apc", "admissions", "artificial_hes_apc_0102_truncated.csv.gz", 2075),
        ("hes-op", "outpatients", "artificial_hes_op_0304_truncated.csv.gz", 1000),
        ("hes-ae", "attendances", "artificial_hes_ae_0708_truncated.csv.gz", 957),  # 43 planned follow-ups
    ],
)
def test_the_artificial_hes_files(profile, table, name, rows):
    path = SHARED / "data" / "artificial_hes" / name
    if not path.is_file():
        pytest.skip("../shared is not here")
    found = members(translate(pl.read_csv(path, infer_schema=False).lazy(), table, profiles.mapping(profile, table)))
    assert found.height == rows
    assert found["person_id"].str.starts_with("TEST").all()
    assert not {"-", "&", ""} & set(found.unpivot()["value"])
    if table == "admissions":
        assert found["discharge_date"].null_count() == 80
        assert set(found["admission_method"]) >= {"21", "22", "11", "82"}


def test_common_words_for_nothing_are_nothing_in_every_profile():
    for profile in (None, *profiles.names()):
        for table in profiles.load(profile).tables if profile else ("gp_events",):
            name = profiles.mapping(profile, table).columns["person_id"][0]
            words = ["NULL", "N/A", "NaN", "none", "&", "-", " null ", "p1"]
            found = (
                ours(profile, table, [{name: word} for word in words]) if profile != "omop" else [{"person_id": "p1"}]
            )
            assert [row.get("person_id") for row in found if "person_id" in row] == ["p1"], (profile, table)


@pytest.mark.parametrize(
    ("written", "ours_is"),
    [("1", "01"), ("1.0", "01"), ("01", "01"), ("5", "5"), ("4.0", "04")],
)
def test_codes_of_a_closed_list_are_known_however_they_are_written(written, ours_is):
    rows = [{"person_id": "a", "department_type": written}]
    assert ours(None, "attendances", rows)[0]["department_type"] == ours_is


def test_codes_of_a_closed_list_are_known_in_any_case_and_a_value_may_mean_nothing():
    mapping = TableMapping(
        columns={"person_id": ("id",), "status": ("Status",), "mode": ("Mode",)},
        values={"status": {"Kept": "attended"}, "mode": {"letter": ""}},
    )
    rows = [("1", "KEPT", "Video"), ("2", "DNA", "letter"), ("3", "other", "other")]
    frame = pl.LazyFrame(rows, schema=["id", "Status", "Mode"], orient="row")
    assert members(translate(frame, "appointments", mapping)).rows() == [
        ("1", "attended", "video"), ("2", "dna", None), ("3", "other", "other"),
    ]  # fmt: skip


def test_sites_of_one_trust_are_one_provider_where_the_profile_says_so():
    row = {"PSEUDO_HESID": "a", "ADMIDATE": "2019-05-01", "ADMIMETH": "21", "PROCODE5": "RRF02"}
    assert ours("hes-apc", "admissions", [row, row | {"PROCODE5": "RRF"}])[0]["provider_code"] == "RRF"


def test_a_key_counts_within_its_scope():
    usual = {"ObservationGuid": "{1}", "OrganisationGuid": "{a}", "PatientGuid": "{p}"}
    rows = [
        usual,
        usual | {"OrganisationGuid": "{b}"},
        usual | {"PatientGuid": "{q}"},
        usual | {"ObservationGuid": "NULL"},
    ]
    keys = translate(text(rows), "gp_events", profiles.mapping("emis", "gp_events")).collect()[OWN_KEY].to_list()
    assert keys[0] == keys[2] != keys[1]
    assert keys[3] is None


def test_every_diagnosis_of_one_field_is_read_and_each_once():
    codes = [f"A{number:02d}1" for number in range(50)]
    (row,) = ours(
        "sus-apc",
        "admissions",
        [{"Der_Pseudo_NHS_Number": "p", "Der_Diagnosis_All": f"||{' ,'.join([*codes, 'A001'])} ||A501"}],
    )
    places = [f"diag_{place:02d}" for place in range(1, 21)]
    assert [row[place] for place in places] == codes[:20]
    assert row["further_diagnoses"].split() == [*codes[20:], "A501"]


def test_few_diagnoses_leave_nothing_over():
    (row,) = ours("sus-apc", "admissions", [{"Der_Pseudo_NHS_Number": "p", "Der_Diagnosis_All": "||E119 ,E780 ||I801"}])
    assert (row["diag_01"], row["diag_03"], row.get("further_diagnoses")) == ("E119", "I801", None)
