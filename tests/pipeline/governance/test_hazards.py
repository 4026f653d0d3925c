"""Every hazard names controls and tests that really exist."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

from pipeline.governance import DSPT, DTAC, HAZARDS
from pipeline.governance.evidence import Evidence
from pipeline.governance.hazards import Hazard

ROOT = Path(__file__).parents[3]


@cache
def functions(file: str) -> frozenset[str]:
    path = ROOT / file
    tree = ast.parse(path.read_text(encoding="utf-8")) if path.is_file() else ast.Module([], [])
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def missing(hazard: Hazard) -> list[str]:
    """Tests and modules named in a hazard that do not exist."""
    tests = [test for control in hazard.controls for test in control.tests]
    gone = [test for test in tests if not _is_there(test)]
    return gone + [control.where for control in hazard.controls if not (ROOT / control.where).exists()]


def _is_there(test: str) -> bool:
    file, _, name = test.partition("::")
    return file.startswith("tests/") and name.startswith("test_") and name in functions(file)


@pytest.mark.parametrize("hazard", HAZARDS, ids=lambda hazard: hazard.name)
def test_controls_and_tests_are_in_the_tree(hazard: Hazard) -> None:
    assert hazard.controls
    assert all(control.tests for control in hazard.controls)
    assert missing(hazard) == []


def test_a_test_that_is_gone_is_found() -> None:
    control = HAZARDS[0].controls[0]
    file = control.tests[0].partition("::")[0]
    gone = type(control)("what", "pipeline/nowhere.py", (f"{file}::test_nobody_wrote", "tests/none.py::test_none"))
    hazard = Hazard("name", "cause", "harm", "Minor", (gone,))
    assert missing(hazard) == [*gone.tests, "pipeline/nowhere.py"]


def test_there_are_twenty_at_least_and_none_twice() -> None:
    assert len(HAZARDS) >= 20
    assert len({hazard.name for hazard in HAZARDS}) == len(HAZARDS)


@pytest.mark.parametrize("each", [*DTAC, *DSPT], ids=lambda each: each.topic)
def test_evidence_is_in_the_tree(each: Evidence) -> None:
    assert [path for path in each.where if not (ROOT / path).is_file()] == []
