"""Measurements: the plausible range of each concept and the units that its values may come in.

Ranges are wide: a value outside is an entry or unit error (our judgement, from reference intervals and recorded
extremes). Units are those of UCUM (ucum.org) and those that practices write. Conversions: HbA1c by the IFCC and NGSP
master equation, per cent = 0.09148 x mmol/mol + 2.152 (ngsp.org); mg/dL and mmol/L by molar mass (cholesterol 386.65,
creatinine 113.12, haemoglobin's monomer 16,114 g/mol); pounds and stones by the international pound; kPa by 7.50062
mmHg.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).parent / "codelists" / "reference"
_SPELT = str.maketrans({"\u00b2": "2", "\u00b5": "u", "\u03bc": "u", "\u00d7": "x"})


@dataclass(frozen=True)
class Measure:
    """A measurement: its plausible range (`low` to `high`, inclusive) in its own unit, and unit → (factor, offset) to
    convert to it.
    """

    low: float
    high: float
    conversions: dict[str, tuple[float, float]] = field(default_factory=dict)

    def conversion(self, unit: str) -> tuple[float, float] | None:
        """Factor and offset for a unit as written; None if the unit is not known."""
        return self.conversions.get(plain_unit(unit))


def plain_unit(unit: str) -> str:
    """A unit in the form used for comparison: lower case, without spaces, brackets and multiplication signs."""
    bare = re.sub(r"[\s\[\]{}()^*_.]", "", unit.translate(_SPELT).lower())
    return re.sub(r"^x(?=10)", "", bare)


@cache
def measures() -> dict[str, Measure]:
    """Concept → its declared measurement."""
    conversions: dict[str, dict[str, tuple[float, float]]] = {}
    for row in _rows("units"):
        own = conversions.setdefault(row["concept"], {})
        own[plain_unit(row["written"])] = (float(row["factor"]), float(row["offset"]))
    return {
        row["concept"]: Measure(float(row["low"]), float(row["high"]), conversions.get(row["concept"], {}))
        for row in _rows("ranges")
    }


def _rows(name: str) -> list[dict[str, str]]:
    with (_FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
