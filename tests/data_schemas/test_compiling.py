"""Compiled functions are kept in the right place."""

from __future__ import annotations

import pytest

from data_schemas import compiling


@pytest.fixture
def unset(monkeypatch):
    monkeypatch.setattr(compiling.config, "CACHE_DIR", "")
    return monkeypatch


def test_a_folder_of_the_user_unless_another_is_given(unset, tmp_path):
    unset.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert compiling.cache_folder() == str(tmp_path / "neighbourly" / "numba")
    unset.setattr(compiling.config, "CACHE_DIR", "elsewhere")
    assert compiling.cache_folder() == "elsewhere"


def test_nothing_is_kept_where_nothing_can_be_written(unset, tmp_path):
    (tmp_path / "file").write_text("a file, where a folder is wanted")
    unset.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert compiling.cache_folder() is None
    assert compiling.compiled_and_kept(lambda number: number + 1)(1) == 2


def test_an_option_that_numba_does_not_know_is_left_out():
    assert compiling.uncounted() == {"_nrt": False}
    assert compiling.uncounted(options=object()) == {}
