"""Markdown pages written from code: tables, and prose in lines that are easy to compare."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator, Sequence

WIDEST = 120
"""Longest line of prose, in characters."""
_MARK = re.compile(r"\s*(?:[-*] |\d+\. )?")


def grid(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; a cell may hold anything."""
    lines = [header, ["---"] * len(header), *rows]
    cells = ([cell.replace("|", "\\|").replace("\n", " ") for cell in line] for line in lines)
    return "\n".join(f"| {' | '.join(line)} |" for line in cells) + "\n"


def wrapped(page: str) -> str:
    """The page with lines of prose no longer than `WIDEST`. Tables, headings and code are unchanged."""
    return "\n".join(_lines(page))


def _lines(page: str) -> Iterator[str]:
    is_code = False
    for line in page.split("\n"):
        is_code ^= line.startswith("```")
        if is_code or len(line) <= WIDEST or line.startswith(("|", "#")):
            yield line
            continue
        mark = _MARK.match(line)
        indent = " " * (mark.end() if mark else 0)
        yield from textwrap.wrap(line, WIDEST, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
