"""Accounts: made once, and readable by their owner only."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from data_schemas.errors import RunFailed
from flows.access import FILE, Role, ensure, read

PEOPLE = {"analyst": ["ana"], "approver": ["A. Lead"], "reader": ["ray"]}


@pytest.fixture(params=[0o000, 0o022], ids=["no umask", "usual umask"])
def out(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """An output folder, made under a generous umask."""
    before = os.umask(request.param)
    ensure(tmp_path / "out", PEOPLE)
    os.umask(before)
    return tmp_path / "out"


def test_the_file_is_for_its_owner_only(out: Path) -> None:
    assert (out / FILE).stat().st_mode & 0o777 == 0o600


def test_everybody_has_a_password_of_their_own(out: Path) -> None:
    accounts = read(out).accounts
    assert {(each.name, each.role) for each in accounts} == {
        ("service", Role.SERVICE), ("ana", Role.ANALYST), ("A. Lead", Role.APPROVER), ("ray", Role.READER)
    }  # fmt: skip
    assert len({each.password for each in accounts}) == 4
    assert min(len(each.password) for each in accounts) >= 24


def test_who_stays_keeps_the_password_and_who_goes_loses_it(out: Path) -> None:
    before = read(out)
    after = ensure(out, {"analyst": ["ana"], "approver": [], "reader": ["new"]})
    assert after == read(out)
    assert after.of(next(a.header for a in before.accounts if a.name == "ana"))
    assert not after.of(next(a.header for a in before.accounts if a.name == "A. Lead"))


def test_a_new_role_is_a_new_password(out: Path) -> None:
    before = next(each for each in read(out).accounts if each.name == "ray")
    after = next(each for each in ensure(out, {"approver": ["ray"]}).accounts if each.name == "ray")
    assert before.password != after.password


def test_a_file_that_others_can_read_is_refused(out: Path) -> None:
    (out / FILE).chmod(0o640)
    with pytest.raises(RunFailed, match="chmod 600"):
        read(out)


@pytest.mark.parametrize("content", ["", "{}", json.dumps({"accounts": [{"name": "x"}]})])
def test_a_damaged_file_is_named(out: Path, content: str) -> None:
    (out / FILE).write_text(content)
    with pytest.raises(RunFailed, match="cannot be read"):
        read(out)
