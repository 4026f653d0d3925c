"""A run keeps to its memory limit."""

from __future__ import annotations

import platform
import subprocess
import sys
from types import SimpleNamespace

import pytest

from data_schemas import memory
from data_schemas.memory import give_back, in_bytes, taken

TAKES = """
import time
from flows.memory import keep
keep({limit})
held = bytearray(b"x") * 300_000_000
time.sleep(3)
"""


@pytest.mark.parametrize(
    ("limit", "said"), [(200_000_000, "memory_limit (0.20 GB)"), (0, "memory_limit (0.00 GB)"), (2_000_000_000, "")]
)
def test_a_process_that_takes_more_ends_and_says_why(limit: int, said: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", TAKES.format(limit=limit)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, bool(done.stderr)) == (int(bool(said)), bool(said))
    assert said in done.stderr


@pytest.mark.parametrize(
    ("text", "size"), [("6 GB", 6_000_000_000), ("1500MB", 1_500_000_000), ("0.5 GB", 500_000_000), (None, None)]
)
def test_sizes_as_people_write_them(text: str | None, size: int | None) -> None:
    assert in_bytes(text) == size


def test_what_this_process_takes() -> None:
    assert 10_000_000 < taken() < 100_000_000_000


HELD = """
from data_schemas.memory import give_back, taken
many = [bytearray(b"x") * 50_000 for _ in range(4000)]
last = bytearray(b"x") * 50_000  # what lies above the others keeps the C library from giving them back
del many
before = taken()
give_back()
print(before, taken())
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc gives memory back when asked")
def test_what_was_freed_goes_back_to_the_system() -> None:
    output = subprocess.run([sys.executable, "-c", HELD], capture_output=True, text=True, check=True).stdout
    before, after = map(int, output.split())
    assert after < before / 2


@pytest.mark.parametrize(("size", "looks"), [(memory.SMALL - 1, 0), (memory.SMALL, 1)])
def test_only_a_large_process_looks_for_what_nothing_uses(
    size: int, looks: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[int] = []
    monkeypatch.setattr(memory, "_after_search", memory.SMALL - memory.GROWN)
    monkeypatch.setattr(memory, "taken", lambda: size)
    monkeypatch.setattr(memory, "gc", SimpleNamespace(collect=lambda: looked.append(1)))
    give_back()
    assert len(looked) == looks


def test_a_process_that_has_not_grown_does_not_look_again(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[int] = []
    large = memory.SMALL + 2 * memory.GROWN
    sizes = [memory.SMALL, memory.SMALL + 1, memory.SMALL + memory.GROWN, large, memory.SMALL, large]
    monkeypatch.setattr(memory, "_after_search", memory.SMALL - memory.GROWN)
    monkeypatch.setattr(memory, "gc", SimpleNamespace(collect=lambda: looked.append(memory.taken())))
    for size in sizes:
        monkeypatch.setattr(memory, "taken", lambda size=size: size)
        give_back()
    assert looked == [sizes[0], sizes[2], large, large]
