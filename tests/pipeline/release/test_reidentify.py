from __future__ import annotations

import hashlib
import hmac

import polars as pl
import pytest

from data_schemas.errors import ConfigurationError, DataRefused
from pipeline.release import audit
from pipeline.release.reidentify import open_pseudonym, pseudonym, read_secret, reidentify

LIST = "person_id,practice_code,risk\naa1,X00001,0.5\nBB2,X00001,0.4\ncc3,X00002,0.3\ndd4,X00001,0.2\n"
KEY = (
    "person_id,practice_code,nhs_number,name\nAA1,X00001,9434765919,Ann Example\n"
    "bb2,X00001,9434765870,Bo Example\ncc3,X00001,9434765838,Cy Example\n"
)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "list.csv").write_text(LIST)
    (tmp_path / "key.csv").write_text(KEY)
    return tmp_path


def look(folder, **given):
    values = {"who": "A. Nurse", "why": "Monthly list", "log": folder / "log"}
    return reidentify(folder / "list.csv", folder / "key.csv", **{**values, **given})


def test_shows_its_own_registered_patients_and_refuses_the_rest(folder):
    found = look(folder)
    assert found.rows.select("nhs_number", "name", "person_id", "risk").rows() == [
        ("9434765919", "Ann Example", "aa1", "0.5"),
        ("9434765870", "Bo Example", "BB2", "0.4"),
    ]
    assert (found.unknown, found.elsewhere) == (1, 1)  # dd4 is not in the key file, cc3 is of another practice


def test_the_log_has_who_why_and_counts_and_nothing_of_a_patient(folder):
    look(folder)
    (entry,) = audit.read(folder / "log")
    assert (entry.action, entry.who, entry.why) == ("reidentified", "A. Nurse", "Monthly list")
    assert entry.facts == {
        "list": hashlib.sha256(LIST.encode()).hexdigest(),
        "practice": "X00001",
        "shown": 2,
        "unknown": 1,
        "elsewhere": 1,
    }
    assert audit.verify(folder / "log") == []


@pytest.mark.parametrize("given", [{"who": ""}, {"who": "  "}, {"why": ""}])
def test_without_who_and_why_nothing_is_read_or_logged(folder, given):
    with pytest.raises(ConfigurationError):
        look(folder, **given)
    assert not (folder / "log").exists()


def test_identity_is_not_returned_when_the_log_cannot_be_written(folder):
    look(folder)
    (folder / "log" / audit.ENTRIES).write_text("")
    with pytest.raises(Exception, match="audit log"):
        look(folder)


def test_of_a_key_file_of_several_practices_the_named_one_is_the_limit(folder):
    (folder / "list.csv").write_text(LIST + "ee5,X00002,0.1\n")
    (folder / "key.csv").write_text(KEY.replace("cc3,X00001", "cc3,X00002") + "ee5,X00001,9434765846,Di Example\n")
    found = look(folder, practice="X00002")
    assert found.rows["name"].to_list() == ["Cy Example"]  # ee5 is registered elsewhere, whatever the list says
    assert (found.unknown, found.elsewhere) == (1, 3)


def test_a_practice_does_not_look_up_the_patients_of_another(folder):
    with pytest.raises(DataRefused, match="has no patient of practice X00002"):
        look(folder, practice="X00002")
    assert not (folder / "log").exists()


def test_a_secret_that_is_not_there_is_reported(tmp_path):
    with pytest.raises(ConfigurationError, match="--secret"):
        read_secret(tmp_path / "none")


def test_pseudonyms_from_the_practices_secret(folder):
    secret = b"a secret of the practice"
    made = hmac.new(secret, b"9434765919", hashlib.sha256).hexdigest()
    assert pseudonym("943 476 5919", secret) == made
    (folder / "list.csv").write_text(f"person_id,practice_code\n{made},X00001\n")
    (folder / "key.csv").write_text("nhs_number,name\n943 476 5919,Ann Example\n9434765870,Bo Example\n")
    assert look(folder, secret=secret).rows["name"].to_list() == ["Ann Example"]
    assert look(folder, secret=b"another").rows.is_empty()


def test_pseudonyms_as_openpseudonymiser_makes_them(folder):
    # SHA-256 of the values in the order of their names, without spaces, and then the salt
    made = hashlib.sha256(b"29.11.1973" + b"9434765919" + b"salt").hexdigest().upper()
    assert open_pseudonym({"NHSNumber": "943 476 5919", "DOB": "29.11.1973"}, b"salt").upper() == made
    (folder / "list.csv").write_text(f"person_id,practice_code\n{made},X00001\n")
    (folder / "key.csv").write_text("NHSNumber,DOB,name\n9434765919,29.11.1973,Ann Example\n")
    found = look(folder, secret=b"salt", method="openpseudonymiser", fields=("NHSNumber", "DOB"))
    assert found.rows["name"].to_list() == ["Ann Example"]


def test_a_parquet_list_and_a_safe_csv_cell_are_read_the_same(folder):
    pl.DataFrame({"person_id": ["+a/B="], "practice_code": ["X00001"]}).write_parquet(folder / "list.parquet")
    (folder / "list.csv").write_text("person_id,practice_code\n'+a/B=,X00001\n")
    (folder / "key.csv").write_text("person_id,name\n+a/B=,Ann Example\n+A/b=,Bo Example\n")
    values = {"who": "A. Nurse", "why": "Monthly list", "log": folder / "log"}
    assert look(folder).rows["name"].to_list() == ["Ann Example"]
    assert reidentify(folder / "list.parquet", folder / "key.csv", **values).rows["name"].to_list() == ["Ann Example"]


@pytest.mark.parametrize(
    ("key", "error"),
    [
        ("nhs_number,name\n9434765919,Ann Example\n", ConfigurationError),
        ("name\nAnn Example\n", ConfigurationError),
        ("9434765919,Ann Example\n9434765870,Bo Example\n", ConfigurationError),
        ("person_id,name\naa1,Ann Example\nAA1,Bo Example\n", DataRefused),
        ("person_id,practice_code\naa1,X00001\nbb2,X00002\n", DataRefused),
    ],
    ids=["no secret", "no identity", "no headings", "a pseudonym twice", "two practices"],
)
def test_key_files_that_cannot_be_used(folder, key, error):
    (folder / "key.csv").write_text(key)
    with pytest.raises(error) as raised:
        look(folder)
    assert "Example" not in str(raised.value)
    assert not (folder / "log").exists()


def test_the_content_of_a_file_without_headings_is_not_shown(folder):
    (folder / "key.csv").write_text("9434765919,Ann Example\n9434765870,Bo Example\n")
    with pytest.raises(DataRefused, match="has no column nhs_number; give a file with headings") as raised:
        look(folder, secret=b"secret")
    assert "Example" not in str(raised.value)
    assert "943" not in str(raised.value)


def test_a_secret_file_may_end_with_a_line_end(tmp_path):
    (tmp_path / "secret").write_bytes(b"abc\r\n")
    assert read_secret(tmp_path / "secret") == b"abc"
