"""`python -m tests.sizes`: how long functions and modules are, and whether product code keeps to our limits.

A function is counted from its `def` to its last line, a module from its first line to its last.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parents[1]
PRODUCT = ("data_schemas", "pipeline", "models", "flows", "neighbourly")
MOST_OF_A_FUNCTION, MOST_OF_A_MODULE = 40, 250

Sizes = list[tuple[int, str]]


def modules(rooms: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Path from the root, and text, of every module."""
    for room in rooms:
        for path in sorted((ROOT / room).rglob("*.py")):
            yield path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")


def functions_of(name: str, text: str) -> Sizes:
    """Length and name of every function, those inside others too."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    found = [node for node in ast.walk(ast.parse(text)) if isinstance(node, kinds)]
    return [((node.end_lineno or 0) - node.lineno + 1, f"{name}: {node.name}") for node in found]


def sizes(rooms: Sequence[str]) -> tuple[Sizes, Sizes]:
    """Functions and modules of some rooms, longest first."""
    texts = list(modules(rooms))
    functions = [each for name, text in texts for each in functions_of(name, text)]
    return sorted(functions, reverse=True), sorted(((len(t.splitlines()), n) for n, t in texts), reverse=True)


def too_long(functions: Sizes, files: Sizes) -> list[str]:
    """What is over the limits, in words."""
    over = [
        f"{name}: {lines} lines, at most {MOST_OF_A_FUNCTION}"
        for lines, name in functions
        if lines > MOST_OF_A_FUNCTION
    ]
    return over + [
        f"{name}: {lines} lines, at most {MOST_OF_A_MODULE}" for lines, name in files if lines > MOST_OF_A_MODULE
    ]


def main() -> int:
    """Print the figures of product code and of tests; 1 where product code is over a limit."""
    for rooms in (PRODUCT, ("tests",)):
        for kind, found in zip(("functions", "modules"), sizes(rooms), strict=True):
            longest, name = found[0]
            middle = median(lines for lines, _ in found)
            sys.stdout.write(
                f"{', '.join(rooms)}: {len(found)} {kind}, median {middle:g} lines, longest {longest} ({name})\n"
            )
    problems = too_long(*sizes(PRODUCT))
    sys.stdout.write("".join(f"{problem}\n" for problem in problems))
    return bool(problems)


if __name__ == "__main__":
    raise SystemExit(main())
