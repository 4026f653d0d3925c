from __future__ import annotations

import hashlib
import subprocess
import sys
import threading
from pathlib import Path

import polars as pl
import pytest

from data_schemas import disk


def test_a_file_is_written_whole_and_its_folder_is_made(tmp_path: Path) -> None:
    path = disk.write(tmp_path / "new" / "a.txt", "é")
    assert path.read_bytes() == "é".encode()
    assert [each.name for each in path.parent.iterdir()] == ["a.txt"]
    assert disk.sha256(path) == hashlib.sha256("é".encode()).hexdigest()


def test_what_fails_half_way_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    path = disk.write(tmp_path / "a.txt", b"before")

    def half() -> None:
        with disk.writing(path) as draft:
            draft.write_bytes(b"half")
            raise OSError

    with pytest.raises(OSError):  # noqa: PT011 - any error
        half()
    assert path.read_bytes() == b"before"
    assert [each.name for each in tmp_path.iterdir()] == ["a.txt"]


def test_the_same_rows_give_the_same_parquet_bytes(tmp_path: Path) -> None:
    rows = pl.DataFrame({"a": [1, 2, None]})
    first, second = (disk.write_parquet(rows, tmp_path / name) for name in ("1.parquet", "2.parquet"))
    assert first.read_bytes() == second.read_bytes()


def test_a_second_holder_of_a_lock_waits(tmp_path: Path) -> None:
    done: list[str] = []

    def second() -> None:
        with disk.lock(tmp_path / ".lock"):
            done.append("second")

    waiting = threading.Thread(target=second)
    with disk.lock(tmp_path / ".lock"):
        waiting.start()
        waiting.join(0.3)
        done.append("first")
    waiting.join()
    assert done == ["first", "second"]


def test_a_killed_holder_leaves_no_lock_behind(tmp_path: Path) -> None:
    path = tmp_path / ".lock"
    program = f"import os\nfrom pathlib import Path\nfrom data_schemas import disk\nwith disk.lock(Path({str(path)!r})): os._exit(9)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 9
    with disk.lock(path):
        assert path.exists()
