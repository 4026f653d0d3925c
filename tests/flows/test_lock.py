"""One run works at a time, only the owner can read its folder, and unfinished files of killed runs are removed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from data_schemas.errors import ConfigurationError, RunFailed
from data_schemas.working import WORKING
from flows.lock import LOCK, alone_in

IN_THE_LOCK = (
    "import sys; from pathlib import Path; from flows.lock import alone_in\nwith alone_in(Path(sys.argv[1])): "
)
HOLD = IN_THE_LOCK + "print(flush=True); sys.stdin.read()"
WAIT = IN_THE_LOCK + "print('in')"


def test_a_second_run_waits_and_says_for_whom(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    with subprocess.Popen(command, stdin=-1, stdout=-1) as first:
        assert first.stdin is not None
        assert first.stdout is not None
        first.stdout.readline()
        with subprocess.Popen([sys.executable, "-c", WAIT, str(tmp_path)], stdout=-1, stderr=-1, text=True) as second:
            assert second.stderr is not None
            assert f"process {first.pid}" in second.stderr.readline()
            assert second.poll() is None
            first.stdin.close()
            assert second.communicate(timeout=60)[0] == "in\n"


def test_what_killed_runs_left_is_gone(tmp_path: Path) -> None:
    left = [tmp_path / "store" / ".ingest" / "x.parquet", tmp_path / "store" / "people" / ".people.parquet.99.tmp"]
    left += [tmp_path / ".2026-04-01.draft" / "scores.parquet", tmp_path / ".2026-05-01.old" / "scores.parquet"]
    left += [tmp_path / "2026-05-01" / "scores.parquet", tmp_path / "store" / "people" / "people.parquet"]
    for path in left:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    with alone_in(tmp_path):
        assert [path.exists() for path in left] == [False, False, False, False, True, True]


@pytest.mark.parametrize("name", [WORKING, "long", "context", "registered.parquet", "facts.parquet"])
def test_what_killed_runs_of_any_release_left_about_people_in_a_snapshot_is_gone(tmp_path: Path, name: str) -> None:
    snapshot = tmp_path / "store" / "snapshots" / "2026-04-01-abc"
    left = snapshot / name if name.endswith(".parquet") else snapshot / name / "people" / "bucket-0000.arrow"
    for path in (left, snapshot / "features" / "part-0000.arrow", snapshot / "snapshot.json"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    with alone_in(tmp_path):
        assert {path.name for path in snapshot.rglob("*")} == {"features", "part-0000.arrow", "snapshot.json"}


def test_a_publication_of_which_only_the_old_half_was_moved_is_put_back(tmp_path: Path) -> None:
    (tmp_path / ".2026-05-01.old").mkdir()
    with alone_in(tmp_path):
        assert (tmp_path / "2026-05-01").exists()


def test_nothing_is_for_others_whatever_the_umask_was_and_is(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        for folder in ("2026-04-01", "released"):
            (tmp_path / folder).mkdir()
            (tmp_path / folder / "risk-list.csv").touch()
        with alone_in(tmp_path):
            (tmp_path / "store").mkdir()
            (tmp_path / "store" / "people.parquet").touch()
        assert os.umask(0) == 0
    finally:
        os.umask(before)
    modes = {str(path.relative_to(tmp_path)): path.stat().st_mode & 0o777 for path in tmp_path.rglob("*")}
    assert modes == {
        "2026-04-01": 0o700, "2026-04-01/risk-list.csv": 0o600, "store": 0o700, "store/people.parquet": 0o600,
        LOCK: 0o600, "store/format.json": 0o600,
        "released": 0o777, "released/risk-list.csv": 0o666,
    }  # fmt: skip
    assert tmp_path.stat().st_mode & 0o777 == 0o700


def test_refused_data_leave_no_trace(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), alone_in(tmp_path / "out"):
        raise RuntimeError
    assert not (tmp_path / "out").exists()


def test_a_folder_that_is_a_file_is_wrong_usage(tmp_path: Path) -> None:
    (tmp_path / "out").touch()
    with pytest.raises(ConfigurationError, match="is a file"), alone_in(tmp_path / "out"):
        pass


def test_a_folder_that_cannot_be_written_to_says_why() -> None:
    with pytest.raises(RunFailed, match="nothing can be written there"), alone_in(Path("/proc/self/out")):
        pass
