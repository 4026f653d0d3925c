"""The commands of release as people see them: what they print, and how to fix what is wrong."""

from __future__ import annotations

import datetime as dt
import io
import shutil
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from data_schemas.errors import ConfigurationError, RunFailed
from flows.access import here
from flows.cli.at_practice import reidentify
from flows.cli.release import approve, audit, reject, release
from flows.deliver import AGREED
from pipeline.release.audit import account, read
from pipeline.settings.access import Access

RUN = dt.datetime(2026, 4, 1)  # noqa: DTZ001 - as the command line gives it
LEAD = {"by": "A. Lead", "reason": "Checked with both practices"}


def test_the_log_says_which_run_and_which_cluster(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    approve(RUN, out, **LEAD)
    audit(out, verify=True)
    printed = " ".join(capsys.readouterr().out.split())
    assert f"approved 2026-04-01 by A. Lead (account {account()}): Checked with both practices" in printed
    assert f"delivered 2026-04-01 C1 by A. Lead (account {account()})" in printed
    assert "unbroken; entries: 4" in printed
    assert "taken off: nobody" in printed


def test_left_out_the_account_of_this_machine_decides(out: Path) -> None:
    approve(RUN, out, reason=LEAD["reason"])
    assert {entry.who for entry in read(out / "audit")} == {account()}


def test_who_is_named_for_it_decides_in_their_own_name(out: Path) -> None:
    here.agree(out, Access(approvers=("A. Lead",), accounts={account(): "A. Lead"}))
    with pytest.raises(ConfigurationError, match=r"this account is A\. Lead, and nobody can decide for somebody else"):
        approve(RUN, out, by="B. Other", reason=LEAD["reason"])
    approve(RUN, out, **LEAD)
    assert {entry.who for entry in read(out / "audit")} == {"A. Lead"}


@pytest.mark.parametrize("command", [approve, reject, release])
def test_who_is_not_named_decides_nothing(out: Path, command: Callable[..., None]) -> None:
    here.agree(out, Access(approvers=("A. Lead",), accounts={account(): "D. Analyst"}))
    with pytest.raises(ConfigurationError, match=rf"the account {account()} may not .* approvers: A. Lead"):
        command(RUN, out, **LEAD)
    assert not (out / "audit").exists()


def test_who_is_not_named_changes_neither_the_roles_nor_the_delivery(out: Path, tmp_path: Path) -> None:
    """For example with a separate site.toml, which names nobody."""
    here.agree(out, Access(approvers=("A. Lead",), accounts={account(): "D. Analyst"}))
    tables = ("registrations", "gp_events", "prescriptions", "admissions", "practices")
    for table in tables:
        (tmp_path / f"{table}.csv").touch()
    sections = "".join(f'[extracts.{table}]\npath = "{table}.csv"\n' for table in tables)
    own = tmp_path / "own.toml"
    own.write_text(f'[site]\nname = "Wigan"\nlegal_basis = ["gp", "sus"]\n[run]\nas_of = 2026-04-01\n{sections}')
    before = (out / here.AGREED).read_bytes()
    with pytest.raises(ConfigurationError, match="may not release lists"):
        release(RUN, out, **LEAD, config=own)
    assert (out / here.AGREED).read_bytes() == before
    assert not (out / AGREED).exists()


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
        printed = capsys.readouterr().out
        assert f"delivered: {delivered}\n" in printed
        assert f"already there: {there}\n" in printed
    assert (tmp_path / "shared" / "C1" / "2026-04-01" / "risk-list.xlsx").exists()
    release(RUN, out, to=out / "released", by="A. Lead")
    assert "already there: 18" in capsys.readouterr().out


def test_holding_back_what_was_delivered_says_who_has_it(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    reject(RUN, out, **LEAD)
    assert "already" not in capsys.readouterr().out
    approve(RUN, out, **LEAD)
    reject(RUN, out, **LEAD)
    printed = capsys.readouterr().out.partition("ask them to delete them")[2]
    assert "C1" in printed
    assert "C2" in printed


def test_what_there_is_to_decide_on_is_shown_before_anything_is_decided(
    out: Path, prepare: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    prepare(out, "drift")
    approve(RUN, out)
    printed = capsys.readouterr().out
    assert "nothing is decided yet" in printed
    assert "for 5 people" in printed
    assert "C1: 3" in printed
    assert "against what was delivered last: nothing was delivered before, this is the first" in printed
    assert "--accept drift" in printed
    assert "drift: 0.7" in printed
    assert not (out / "audit").exists()
    with pytest.raises(ConfigurationError, match="--reason is empty"):
        approve(RUN, out, by="A. Lead", accept=["drift"])
    approve(RUN, out, **LEAD, accept=["drift"])
    printed = capsys.readouterr().out
    assert printed.index("drift: 0.7") < printed.index("approved: 2026-04-01")


def test_a_lost_delivery_is_brought_again_and_the_log_says_why(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    approve(RUN, out, **LEAD)
    shutil.rmtree(out / "released" / "C2")
    release(RUN, out, by="A. Lead")
    assert not (out / "released" / "C2").exists()
    capsys.readouterr()
    release(RUN, out, by="B. Desk", again=["C2"], reason="The folder was deleted")
    printed = capsys.readouterr().out
    assert "delivered: 9\n" in printed
    assert "already there: 9\n" in printed
    assert (out / "released" / "C2" / "2026-04-01" / "risk-list.xlsx").exists()
    again = [entry for entry in read(out / "audit") if entry.action == "delivered"][-1]
    assert (again.who, again.why, again.facts["cluster"]) == (
        f"B. Desk (account {account()})",
        "again: The folder was deleted",
        "C2",
    )


def test_nothing_is_brought_again_without_a_reason_or_to_a_cluster_that_is_none(out: Path) -> None:
    approve(RUN, out, **LEAD)
    with pytest.raises(ConfigurationError) as refused:
        release(RUN, out, by="B. Desk", again=["C3"])
    assert refused.value.problems == [
        "--again: this run has no cluster C3; the clusters are C1, C2",
        "--reason is empty; say why the lists are delivered again",
    ]


def test_names_are_written_next_to_the_key_file_and_not_where_the_list_came(out: Path, tmp_path: Path) -> None:
    approve(RUN, out, **LEAD)
    came = out / "released" / "C1" / "2026-04-01"
    practice = tmp_path / "practice"
    practice.mkdir()
    (practice / "key.csv").write_text("person_id,name\np0,Ann Example\n")
    asked = {"key": practice / "key.csv", "by": "A. Nurse", "reason": "Monthly list"}
    before = sorted(came.iterdir())
    reidentify(came / "risk-list.csv", **asked, method="hmac")
    assert "Ann Example" in (practice / "risk-list-identified.csv").read_text()
    with pytest.raises(ConfigurationError, match="the folder that the list came in, which others may read"):
        reidentify(came / "risk-list.csv", **asked, to=came / "names.csv", method="hmac")
    assert sorted(came.iterdir()) == before


def test_names_are_for_the_owner_only_even_over_an_older_file(out: Path, tmp_path: Path) -> None:
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
    with pytest.raises(ConfigurationError, match="this folder does not exist; create it, or give another with --to"):
        reidentify(tmp_path / "list.csv", **asked, method="hmac")
    assert not (tmp_path / "reidentification-log").exists()


def test_who_and_why_are_asked_for_and_nobody_there_is_wrong_usage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "list.csv").write_text("person_id,practice_code\np0,X00001\n")
    (tmp_path / "key.csv").write_text("person_id,name\np0,Ann Example\n")
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    with pytest.raises(ConfigurationError, match="--as is missing, and nobody was there to answer"):
        reidentify(tmp_path / "list.csv", key=tmp_path / "key.csv", method="hmac")
    assert not (tmp_path / "reidentification-log").exists()
    monkeypatch.setattr("sys.stdin", io.StringIO("A. Nurse\nMonthly list\n"))
    reidentify(tmp_path / "list.csv", key=tmp_path / "key.csv", method="hmac")
    assert "Ann Example" in (tmp_path / "list-identified.csv").read_text()
