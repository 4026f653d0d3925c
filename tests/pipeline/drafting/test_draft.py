"""A first site.toml: what is guessed from a folder of extracts, and that nothing is ever overwritten."""

from __future__ import annotations

import gzip
from pathlib import Path

import polars as pl
import pytest

from data_schemas.errors import ConfigurationError
from pipeline.drafting import draft
from pipeline.settings import load_settings
from tests.pipeline.ingest.extracts_on_disk import DEFAULTS, SENTINEL

HES = "PSEUDO_HESID,ADMIDATE,DISDATE,ADMIMETH,DIAG_01\n"
CODES = "concept,system,code,term\nsite.falls,snomed,161898004,Falls\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Registrations and practices under our names, two years of HES, and a code list."""
    place = tmp_path / "Invented Borough"
    (place / "extracts").mkdir(parents=True)
    (place / "codelists").mkdir()
    (place / "extracts" / "registrations.csv").write_text(DEFAULTS["registrations"])
    (place / "extracts" / "practices.csv").write_text(DEFAULTS["practices"])
    for year in (2019, 2020):
        rows = f"{HES}p1,01/05/{year},04/05/{year},21,I50\n"
        (place / "extracts" / f"hes_apc_{year}.csv.gz").write_bytes(gzip.compress(rows.encode()))
    (place / "codelists" / "falls.csv").write_text(CODES)
    return place


def write(folder: Path, name: str, text: str) -> None:
    (folder / "extracts" / name).write_text(text)


def test_what_is_written_loads_and_says_what_was_guessed(folder: Path) -> None:
    made = draft(folder)
    settings = load_settings(made.path)
    assert settings.site.name == "Invented Borough"
    assert settings.site.data_dir == "extracts"
    assert settings.site.legal_basis == ("gp", "sus")
    assert settings.extracts["admissions"].profile == "hes-apc"
    assert settings.extracts["admissions"].path == "hes_apc_*.csv.gz"
    assert [path.name for path in settings.features.codelists] == ["falls.csv"]
    assert made.unused == ()
    assert made.missing == ()
    assert "# guessed: 2 files; profile hes-apc; 5 of" in made.path.read_text()


def test_nothing_is_overwritten(folder: Path) -> None:
    (folder / "site.toml").write_text("mine")
    with pytest.raises(ConfigurationError, match="already exists and was not changed"):
        draft(folder)
    assert (folder / "site.toml").read_text() == "mine"


@pytest.mark.parametrize(("place", "says"), [("none", "does not exist"), ("empty", "no extracts here")])
def test_a_folder_that_is_absent_or_empty_is_wrong_usage(tmp_path: Path, place: str, says: str) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(ConfigurationError, match=says):
        draft(tmp_path / place)
    assert not (tmp_path / place / "site.toml").exists()


def test_a_required_table_without_a_file_is_named(folder: Path) -> None:
    (folder / "extracts" / "practices.csv").unlink()
    made = draft(folder)
    assert made.missing == ("practices",)
    assert "# [extracts.practices]" in made.path.read_text()


def test_council_data_is_found_and_left_out(folder: Path) -> None:
    write(folder, "council.csv", "person_id,recorded_date,category\np1,2019-01-01,homeless_duty\n")
    made = draft(folder)
    settings = load_settings(made.path)
    assert "council_records" not in settings.extracts
    assert settings.site.legal_basis == ("gp", "sus")
    assert "# [extracts.council_records]" in made.path.read_text()


def test_no_value_of_a_record_is_written(folder: Path) -> None:
    write(folder, "no_header.csv", f"{SENTINEL}1,2019-01-01,21\n{SENTINEL}2,2019-01-02,21\n")
    write(folder, "gp_events.csv", f"person_id,event_date,code,value\np1,2019-01-01,{SENTINEL},3\n")
    made = draft(folder)
    assert SENTINEL not in made.path.read_text() + repr(made)
    assert made.unused == ("extracts/no_header.csv",)


def test_the_output_of_a_run_is_no_extract(folder: Path) -> None:
    (folder / "out" / "store" / "tables").mkdir(parents=True)
    pl.DataFrame({"person_id": ["p1"], "admission_date": ["2019-01-01"]}).write_parquet(
        folder / "out" / "scores.parquet"
    )
    assert draft(folder).unused == ()


def test_a_common_data_model_is_drafted_so_that_it_can_be_checked(tmp_path: Path) -> None:
    dates = "person_id,{0}_concept_id,{1}\n1,5,2020-01-01\n"
    files = {
        "PERSON": "person_id,gender_concept_id,year_of_birth,month_of_birth,day_of_birth,birth_datetime\n1,8532,1950,4,9,1950-04-09\n",
        "OBSERVATION_PERIOD": "person_id,observation_period_start_date,observation_period_end_date\n1,2015-01-01,2024-03-31\n",
        "CONDITION_OCCURRENCE": dates.format("condition", "condition_start_date"),
        "MEASUREMENT": dates.format("measurement", "measurement_date"),
        "CONCEPT": "concept_id,concept_code\n5,60621009\n",
    }
    for name, text in files.items():
        (tmp_path / f"{name}.csv").write_text(text)
    draft(tmp_path)
    settings = load_settings(tmp_path / "site.toml", require_tables=False)
    assert set(settings.extracts["registrations"].leave_out) == {"day_of_birth", "birth_datetime"}
    assert settings.extracts["gp_events"].path == "{CONDITION_OCCURRENCE,MEASUREMENT}.csv"
    assert [file.name for file in settings.extracts["gp_events"].files] == [
        "CONDITION_OCCURRENCE.csv",
        "MEASUREMENT.csv",
    ]
