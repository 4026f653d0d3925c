"""Defines the options of a synthetic borough and checks them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from data_schemas.errors import ConfigurationError

DATA = Path(__file__).parent / "data"
FEWEST_YEARS = 3
"""One year to train on, one to test on, and one of history."""
BLOCK_PEOPLE = 20_000
"""People drawn from one random stream. Changing this changes what every seed gives."""


@dataclass(frozen=True)
class Mess:
    """Errors in the extracts. Each is the share of suitable rows that get the error; 0 switches it off."""

    nulls: float = 0.01
    """Optional values that were never filled in."""
    late: float = 0.06
    """GP events that the practice learned of weeks after they happened."""
    duplicates: float = 0.004
    """Rows sent twice."""
    dropouts: float = 0.1
    """Practices whose system sends nothing for one month."""
    other_codes: float = 0.03
    """GP events in Read or local codes in place of SNOMED CT."""
    impossible: float = 0.0004
    """Dates centuries off, and discharges before admission."""
    unregistered: float = 0.01
    """Hospital rows of people who are not registered in the borough."""
    opt_outs: float = 0.03
    """People who opted out."""


@dataclass(frozen=True)
class Options:
    """The options of one borough. The same options give the same bytes."""

    people: int
    seed: int
    years: int = 6
    as_of: dt.date = dt.date(2026, 4, 1)
    mess: Mess = field(default_factory=Mess)
    level_shift: float = 0.0
    """Emergency admissions change by this share from `shift_from` on. Use it to test drift."""
    shift_from: dt.date | None = None
    areas: Path = DATA / "areas.csv"
    ages: Path = DATA / "ages.csv"
    council: bool = False
    """Also generate council and social-care records, and add `council` to the legal basis."""
    workers: int = 2

    def __post_init__(self) -> None:
        """Check that the options fit the borough's months; reports all problems together."""
        checks = {
            f"people = {self.people}: at least 1": self.people >= 1,
            f"years = {self.years}: at least {FEWEST_YEARS}": self.years >= FEWEST_YEARS,
            f"as_of = {self.as_of}: the first day of a month": self.as_of.day == 1,
            f"level_shift = {self.level_shift}: above -1, and with shift_from, the day from which it holds": self.level_shift
            > -1
            and (self.level_shift == 0) == (self.shift_from is None),
            f"shift_from = {self.shift_from}: a day within the years before the as-of date": self.shift_from is None
            or self.start <= self.shift_from < self.as_of,
            f"areas = {self.areas}: no such file": self.areas.is_file(),
            f"ages = {self.ages}: no such file": self.ages.is_file(),
        }
        if problems := [problem for problem, fine in checks.items() if not fine]:
            raise ConfigurationError(problems)

    @property
    def start(self) -> dt.date:
        """First day of the extracts."""
        return self.as_of.replace(year=self.as_of.year - self.years)


@dataclass(frozen=True)
class SynthReceipt:
    """Counts of what was written."""

    folder: str
    site: str
    people: int
    """People who were registered at any time."""
    rows: dict[str, int]
    mess: dict[str, dict[str, Any]]
    """For each table: `rejects` by rule, `unregistered`, `identical`, `nulls` by column, and `put_in` for errors that
    no rule can find.
    """
    seconds: float
