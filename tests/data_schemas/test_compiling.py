"""Compiled functions are kept in the right place."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

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


OLD = """
from typing import NamedTuple
import numpy as np
from data_schemas.compiling import compiled_and_kept
class Before(NamedTuple):
    values: np.ndarray
@compiled_and_kept
def total(pair: "Before") -> float:
    return pair.values.sum()
print(total(Before(np.ones(3))))
"""


def test_a_class_can_have_another_name_in_the_next_version(tmp_path):
    """Numba keeps results by the name and line of a function, and reads all of them before it compares versions."""
    module = tmp_path / "module.py"
    folders = f"{tmp_path}{os.pathsep}{Path.cwd()}"
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path / "kept"), "PYTHONPATH": folders}
    for text in (OLD, OLD.replace("Before", "Afterwards")):
        module.write_text(text)
        command = [sys.executable, "-c", "import module"]
        done = subprocess.run(
            command, cwd=tmp_path, env=environment,
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert (done.stdout, done.returncode) == ("3.0\n", 0), done.stderr


def test_an_option_that_numba_does_not_know_is_left_out():
    assert compiling.uncounted() == {"_nrt": False}
    assert compiling.uncounted(options=object()) == {}
