"""What takes seconds to make is made once for each user."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from data_schemas.kept import folder, kept


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a file of the name `thing` is kept, once it is made."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "neighbourly" / "made" / "thing"


def test_the_first_is_kept(made: Path) -> None:
    assert kept("thing", lambda: b"first") == b"first"
    assert kept("thing", lambda: b"second") == b"first"


@pytest.mark.parametrize("change", [lambda written: written[:-1], lambda written: written + b"x", lambda _: b""])
def test_a_damaged_one_is_made_again(made: Path, change) -> None:
    kept("thing", lambda: b"first")
    made.write_bytes(change(made.read_bytes()))
    assert kept("thing", lambda: b"second") == b"second"
    assert kept("thing", lambda: b"third") == b"second"


def test_where_nothing_can_be_written_it_is_made_each_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert [kept("thing", lambda: b"first"), kept("thing", lambda: b"second")] == [b"first", b"second"]


def test_a_folder_of_somebody_else_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    place = folder("numba")
    assert place == tmp_path / "neighbourly" / "numba"
    place.chmod(0o777)
    assert folder("numba") == place
    assert place.stat().st_mode & 0o077 == 0
    monkeypatch.setattr(os, "getuid", lambda: place.stat().st_uid + 1)
    assert folder("numba") is None
