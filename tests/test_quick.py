"""`make quick` finds the tests of what changed."""

from __future__ import annotations

from tests.quick import LONG, ROOT, files_for, module_of


def test_a_module_brings_its_own_tests_and_those_of_its_importers() -> None:
    found = files_for({"pipeline/spells.py", "docs/index.md"})
    assert "tests/pipeline/test_spells.py" in found
    assert "tests/pipeline/test_stays.py" in found


def test_long_ones_run_for_a_change_of_their_own_module_only() -> None:
    assert all((ROOT / name).is_file() for name in LONG)
    assert "tests/models/judging/test_alarms.py" in files_for({"models/judging/alarms.py"})
    found = files_for({"models/judging/figures.py"})
    assert "tests/models/judging/test_figures.py" in found
    assert not LONG.intersection(found)


def test_changed_tests_run_and_slow_ones_wait() -> None:
    assert files_for({"tests/pipeline/test_words.py", "tests/flows/test_end_to_end.py"}) == [
        "tests/pipeline/test_words.py"
    ]


def test_packages_are_modules_too() -> None:
    assert module_of("pipeline/ingest/__init__.py") == "pipeline.ingest"
