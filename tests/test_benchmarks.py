"""The benchmarks find what they import. Many import late, and most need minutes to run."""

from __future__ import annotations

import ast
import importlib.util
from collections.abc import Iterator
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent / "benchmarks"
OURS = ("data_schemas", "flows", "models", "neighbourly", "pipeline", "tests")


def imported(path: Path) -> Iterator[tuple[str, str]]:
    """Each module of ours and name that a file imports from it, also inside functions."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith(OURS):
            yield from ((node.module, alias.name) for alias in node.names)


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.py")), ids=lambda path: path.stem)
def test_what_a_benchmark_imports_is_there(path: Path) -> None:
    missing = [f"{module}.{name}" for module, name in imported(path) if not is_there(module, name)]
    assert missing == []


def is_there(module: str, name: str) -> bool:
    """Whether a module has a name, or is a package with a module of that name."""
    found = importlib.import_module(module)
    return hasattr(found, name) or (hasattr(found, "__path__") and bool(importlib.util.find_spec(f"{module}.{name}")))
