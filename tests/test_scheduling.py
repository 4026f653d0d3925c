"""Files that share something expensive stay together, and what takes longest starts first."""

from __future__ import annotations

from tests.scheduling import LONGEST, ROOT, TOGETHER, place, together


def test_files_that_share_a_model_are_one() -> None:
    assert together("tests/models/test_train.py") == together("tests/models/judging/test_gaps.py") == "models"
    assert together("tests/pipeline/test_words.py") == "tests/pipeline/test_words.py"


def test_what_takes_longest_starts_first() -> None:
    names = ("tests/pipeline/test_words.py", "tests/models/test_train.py", "tests/flows/test_end_to_end.py")
    assert sorted(names, key=lambda name: place(ROOT / name)) == [*reversed(names)]


def test_every_name_is_of_something() -> None:
    starts = [start for group in TOGETHER.values() for start in group]
    assert all((ROOT / name).exists() for name in {*LONGEST, *starts} - TOGETHER.keys())
