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
    usual = tmp_path / "neighbourly" / "numba"
    assert compiling.cache_folder() == usual
    unset.setattr(compiling.config, "CACHE_DIR", str(tmp_path / "elsewhere"))
    assert compiling.cache_folder() == tmp_path / "elsewhere"
    unset.setattr(compiling.config, "CACHE_DIR", "/proc/nowhere")
    assert compiling.cache_folder() == usual


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
        done = imported(tmp_path, environment)
        assert (done.stdout, done.returncode) == ("3.0\n", 0), done.stderr


PAIR = """
from typing import NamedTuple
import numpy as np
class Pair(NamedTuple):
    first: np.ndarray
    second: np.ndarray
"""
USER = """
from __future__ import annotations
import numpy as np
from data_schemas.compiling import compiled_and_kept
from pair import Pair
@compiled_and_kept
def first(pair: Pair) -> float:
    return pair.first.sum()
print(first(Pair(first=np.ones(3), second=np.zeros(3))))
"""


def test_fields_of_a_class_in_another_file_can_change_places(tmp_path):
    folders = f"{tmp_path}{os.pathsep}{Path.cwd()}"
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path / "kept"), "PYTHONPATH": folders}
    (tmp_path / "module.py").write_text(USER)
    for names in (("first", "second"), ("second", "first")):
        (tmp_path / "pair.py").write_text(PAIR.replace("first", "%s").replace("second", "%s") % names)
        done = imported(tmp_path, environment)
        assert (done.stdout, done.returncode) == ("3.0\n", 0), done.stderr


def imported(folder: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "import module"]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("ending", ["nbi", "nbc"])
@pytest.mark.parametrize("left", [0, 100])
def test_a_damaged_result_is_compiled_again_and_kept(tmp_path, ending, left):
    (tmp_path / "module.py").write_text(OLD)
    environment = {
        **os.environ,
        "NUMBA_CACHE_DIR": str(tmp_path / "kept"),
        "PYTHONPATH": f"{tmp_path}{os.pathsep}{Path.cwd()}",
    }
    imported(tmp_path, environment)
    (damaged,) = (tmp_path / "kept").rglob(f"*.{ending}")
    whole = damaged.read_bytes()
    damaged.write_bytes(whole[:left])
    done = imported(tmp_path, environment)
    assert (done.stdout, done.returncode) == ("3.0\n", 0), done.stderr
    assert len(damaged.read_bytes()) > left


@pytest.mark.parametrize("error", [IndexError(), RecursionError(), UnicodeDecodeError("utf-8", b"", 0, 1, "")])
def test_whatever_a_damaged_result_raises_it_is_compiled_again(unset, tmp_path, error):
    def damaged(*_):
        raise error

    unset.setattr(compiling.config, "CACHE_DIR", str(tmp_path))
    unset.setattr(compiling.FunctionCache, "load_overload", damaged)
    assert compiling.compiled_and_kept(lambda number: number + 1)(1) == 2


def test_a_result_that_cannot_be_written_is_not_kept(tmp_path):
    limited = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (600, 600))\n{OLD}"
    (tmp_path / "module.py").write_text(limited)
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path / "kept"), "PYTHONPATH": str(Path.cwd())}
    done = imported(tmp_path, environment)
    assert (done.stdout, done.returncode) == ("3.0\n", 0), done.stderr
    assert not [*(tmp_path / "kept").rglob("*.nbc")]


def test_an_option_that_numba_does_not_know_is_left_out():
    assert compiling.known(compiling.UNCOUNTED | compiling.INLINE) == {"_nrt": False, "forceinline": True}
    assert compiling.known(compiling.INLINE, options=object()) == {}
