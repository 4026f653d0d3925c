"""Folders of a user's own that hide our packages."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def test_a_folder_that_hides_a_package_is_named(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "__init__.py").touch()
    program = "import neighbourly; neighbourly.open('out')"
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False)
    *_, said = done.stderr.splitlines()
    assert said.startswith("ImportError")
    assert f"models is found at {tmp_path / 'models'}" in said


def test_a_folder_of_files_hides_nothing(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "weights.bin").touch()
    program = "import neighbourly\ntry: neighbourly.open('out')\nexcept Exception as error: print(error)"
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "no output of `neighbourly run` is there" in done.stdout
