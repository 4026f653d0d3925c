from __future__ import annotations

import itertools
import os
import re
import signal
import sys
import threading

import pytest

from data_schemas import disk
from pipeline.publish import files

EVENTS = {
    "os.rename",
    "open",
    "os.mkdir",
    "os.rmdir",
    "os.remove",
    "shutil.rmtree",
    "ctypes.dlsym",
    "ctypes.call_function",
}


def write(target, text):
    with disk.lock(target.parent / files.LOCK), disk.replacing(target) as folder:
        drafts = files.Drafts(folder)
        drafts.add("a.txt", text)
        drafts.add("b.txt", text)
        drafts.close({})


def write_and_die(target, text, die_at, how):
    """Write in a separate process, killed at its n-th use of the file system. Returns how it ended."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    touches = itertools.count(1)

    def die(event, _):
        if event in EVENTS and next(touches) == die_at:
            os.kill(os.getpid(), signal.SIGKILL)

    if how == "fallback":
        disk._renameat2 = lambda *_: False
    sys.addaudithook(die)
    write(target, text)
    os._exit(0)


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
@pytest.mark.parametrize("how", ["exchange", "fallback"])
def test_killed_at_any_moment_leaves_the_old_or_the_new_folder_complete(tmp_path, how):
    target = tmp_path / "out" / "2026-04-01"
    seen = []
    for die_at in range(1, 80):
        write(target, b"old")
        code = write_and_die(target, b"new", die_at, how)
        if how == "fallback":  # the next process repairs the gap between its two renames
            disk.recover(target)
        assert files.damaged(target) == []
        texts = {(target / name).read_bytes() for name in ("a.txt", "b.txt")}
        assert len(texts) == 1
        seen += texts
        if code == 0:
            break
        assert code == -signal.SIGKILL
    assert code == 0
    assert seen.count(b"old") > 5
    assert seen.count(b"new") > 2
    assert sorted(path.name for path in target.parent.iterdir()) == [".publish.lock", "2026-04-01"]


def test_a_second_run_waits_for_the_first(tmp_path):
    target = tmp_path / "out" / "2026-04-01"
    with disk.lock(target.parent / files.LOCK):
        waiting = threading.Thread(target=write, args=(target, b"second"))
        waiting.start()
        waiting.join(timeout=0.5)
        assert waiting.is_alive()
        assert not target.exists()
    waiting.join(timeout=20)
    assert (target / "a.txt").read_bytes() == b"second"


def test_a_changed_or_missing_file_is_found(tmp_path):
    target = tmp_path / "2026-04-01"
    write(target, b"text")
    (target / "a.txt").write_text("other")
    (target / "b.txt").unlink()
    assert files.damaged(target) == ["a.txt", "b.txt"]


@pytest.mark.parametrize("codes", [("a", "A"), ("A/B", "A_B"), ("..", "."), ("NUL ", "NUL"), ("x.", "x")])
def test_different_codes_never_share_a_folder_even_without_case(codes):
    names = files.folder_names(codes)
    assert len({name.lower() for name in names.values()}) == len(codes)
    assert all(re.fullmatch(r"[A-Za-z0-9_-]+", name) for name in names.values())


def test_plain_codes_stay_as_they_are():
    codes = ["C1", "U12345", "north-2", "Cluster 7"]
    assert files.folder_names(codes) == {code: code for code in codes}
