"""Reads England's figures from a dated file in the package, which names its sources. A site may use its own file
instead.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from data_schemas.errors import ConfigurationError

BUILT_IN = Path(__file__).parent / "data" / "england.csv"
COLUMNS = ("indicator", "measure", "value", "period", "source", "url")
Measure = Literal["standardised", "crude", "percent"]


@dataclass(frozen=True)
class National:
    """A figure for England: per 100,000 people per year, or a percentage."""

    indicator: str
    measure: Measure
    """`standardised` for age to the European Standard Population 2013, `crude`, or `percent`."""
    value: float
    period: str
    source: str
    url: str


def read_national(path: Path = BUILT_IN, known: frozenset[str] = frozenset()) -> dict[str, National]:
    """England's figure by indicator. Raises ConfigurationError with every line that cannot be read or whose indicator
    is not in `known`.
    """
    try:
        rows = list(csv.DictReader(path.read_text(encoding="utf-8-sig").splitlines()))
    except (OSError, UnicodeDecodeError):
        raise ConfigurationError(f"{path.name}: cannot be read as a UTF-8 CSV file") from None
    problems = [
        f"{path.name}: line {n}: {problem}" for n, row in enumerate(rows, start=2) for problem in _problems(row, known)
    ]
    if problems or not rows:
        raise ConfigurationError(problems or f"{path.name}: has no rows; the columns are {', '.join(COLUMNS)}")
    return {row["indicator"]: _national(row) for row in rows}


def _problems(row: dict[str, str], known: frozenset[str]) -> list[str]:
    missing = [name for name in COLUMNS if not row.get(name)]
    if missing:
        return [f"{', '.join(missing)}: missing"]
    problems = [] if not known or row["indicator"] in known else [f"indicator: accepted: {', '.join(sorted(known))}"]
    if row["measure"] not in get_args(Measure):
        problems.append(f"measure: accepted: {', '.join(get_args(Measure))}")
    try:
        fits = float(row["value"]) >= 0
    except ValueError:
        fits = False
    return problems if fits else [*problems, "value: is not a number of 0 or more"]


def _national(row: dict[str, str]) -> National:
    measure: Measure = (
        "percent" if row["measure"] == "percent" else "crude" if row["measure"] == "crude" else "standardised"
    )
    return National(row["indicator"], measure, float(row["value"]), row["period"], row["source"], row["url"])
