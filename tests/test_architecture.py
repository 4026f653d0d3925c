"""What holds for the whole tree: rooms, generated pages, and nothing of one machine in a committed file."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def tracked() -> list[Path]:
    """Files under version control."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("no git checkout here: the files of the tree cannot be listed")
    return [ROOT / line for line in listed.stdout.splitlines() if (ROOT / line).is_file()]


@pytest.mark.parametrize("module", ["data_schemas.dictionary", "pipeline.features.dictionary", "tests.spec.reference"])
def test_generated_pages_are_current(module: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", module, "--check"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_rooms_import_one_way_only() -> None:
    done = subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports"))], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_the_lock_names_no_host() -> None:
    assert not re.search(r"https?://|--index-url|--find-links|file:", (ROOT / "requirements.lock").read_text())


def test_every_dependency_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    locked = {re.split(r"[=\[; ]", line)[0].lower() for line in (ROOT / "requirements.lock").read_text().splitlines()}
    named = {re.split(r"[<>=\[; ]", dependency)[0].lower() for dependency in project["dependencies"]}
    assert named <= locked


def test_text_files_name_their_encoding_for_windows_has_another() -> None:
    rooms = ("data_schemas", "pipeline", "models", "flows", "neighbourly")
    unnamed = re.compile(r"\.read_text\(\)|\.write_text\((?:(?!encoding=)[^()]|\((?:(?!encoding=)[^()])*\))*\)")
    modules = [path for room in rooms for path in (ROOT / room).rglob("*.py")]
    assert [path.name for path in modules if unnamed.search(path.read_text(encoding="utf-8"))] == []


WRITTEN = {".py", ".md", ".toml", ".yaml", ".lock", ".html", ".js", ".csv", ""}


def test_no_committed_file_names_a_path_of_one_machine() -> None:
    places = re.compile(r"/(?:work|root|home/[a-z]+|tmp/bash_jobs)/")
    texts = [p for p in tracked() if p.suffix in WRITTEN and p != Path(__file__)]
    assert [p.name for p in texts if places.search(p.read_text(errors="ignore"))] == []
