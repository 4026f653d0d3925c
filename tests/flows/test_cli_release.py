"""The commands of release as a person meets them: what they say, and how to mend what is wrong."""

from __future__ import annotations

import datetime as dt
import stat
from pathlib import Path

import pytest

from data_schemas.errors import ConfigurationError, RunFailed
from flows.cli_release import approve, audit, reidentify, reject, release

RUN = dt.datetime(2026, 4, 1)  # noqa: DTZ001 - as the command line gives it
LEAD = {"by": "A. Lead", "reason": "Checked with both practices"}


def test_the_log_says_which_run_and_which_cluster(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    approve(RUN, out, **LEAD)
    audit(out, verify=True)
    said = capsys.readouterr().out
    assert "approved 2026-04-01 by A. Lead: Checked with both practices" in said
    assert "delivered 2026-04-01 C1 by A. Lead" in said
    assert "unbroken; entries: 4" in said
    assert "taken off: nobody" in said


def test_a_folder_without_a_log_is_not_called_unbroken(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="nothing is recorded there; give the run's output folder with --out"):
        audit(tmp_path / "elsewhere", verify=True)


def test_another_folder_gets_its_own_delivery_and_none_gets_two(
    out: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    approve(RUN, out, **LEAD)
    capsys.readouterr()
    for delivered, there in ((18, 0), (0, 18)):
        release(RUN, out, to=tmp_path / "shared", by="A. Lead")
        said = capsys.readouterr().out
        assert f"delivered: {delivered}\n" in said
        assert f"already there: {there}\n" in said
    assert (tmp_path / "shared" / "C1" / "2026-04-01" / "risk-list.xlsx").exists()
    release(RUN, out, to=out / "released", by="A. Lead")
    assert "already there: 18" in capsys.readouterr().out


def test_holding_back_what_was_delivered_says_who_has_it(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    reject(RUN, out, **LEAD)
    assert "already" not in capsys.readouterr().out
    approve(RUN, out, **LEAD)
    reject(RUN, out, **LEAD)
    said = capsys.readouterr().out.partition("ask them to delete them")[2]
    assert "C1" in said
    assert "C2" in said


def test_names_are_for_the_owner_alone_even_over_an_older_file(out: Path, tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("person_id,practice_code\np0,X00001\n")
    (tmp_path / "key.csv").write_text("person_id,name\np0,Ann Example\n")
    target = tmp_path / "list-identified.csv"
    target.touch(mode=0o644)
    asked = {"key": tmp_path / "key.csv", "by": "A. Nurse", "reason": "Monthly list"}
    reidentify(tmp_path / "list.csv", **asked, method="hmac")
    assert "Ann Example" in target.read_text()
    assert stat.S_IMODE(target.stat().st_mode) == 0o600


def test_a_practice_verifies_its_own_log(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "list.csv").write_text("person_id,practice_code\np0,X00001\n")
    (tmp_path / "key.csv").write_text("person_id,name\np0,Ann Example\n")
    asked = {"key": tmp_path / "key.csv", "by": "A. Nurse", "reason": "Monthly list"}
    reidentify(tmp_path / "list.csv", **asked, method="hmac")
    capsys.readouterr()
    log = tmp_path / "reidentification-log"
    audit(folder=log, verify=True)
    assert "reidentified by A. Nurse: Monthly list" in capsys.readouterr().out
    (log / "log.jsonl").write_text((log / "log.jsonl").read_text().replace("A. Nurse", "Nobody"))
    with pytest.raises(RunFailed, match="it was changed"):
        audit(folder=log, verify=True)


def test_no_name_is_looked_up_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("person_id,practice_code\np0,X00001\n")
    (tmp_path / "key.csv").write_text("person_id,name\np0,Ann Example\n")
    asked = {"key": tmp_path / "key.csv", "by": "A. Nurse", "reason": "Monthly list", "to": tmp_path / "none" / "a.csv"}
    with pytest.raises(ConfigurationError, match="no such folder; make it, or give another with --to"):
        reidentify(tmp_path / "list.csv", **asked, method="hmac")
    assert not (tmp_path / "reidentification-log").exists()
