"""Reads faults.csv: each fault, the expected result, and the test that injects it."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Fault:
    """One kind of fault. Its test may try it in several ways."""

    area: str
    done: str
    before: str
    """What happened with the first release, if the fault was tried then."""
    wanted: str
    test: str
    """Node id of pytest, without parameters."""


def faults() -> list[Fault]:
    """All faults, in the order of the page."""
    with Path(__file__).with_name("faults.csv").open(encoding="utf-8", newline="") as file:
        return [Fault(**row) for row in csv.DictReader(file)]
