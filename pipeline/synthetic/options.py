"""What can be asked of a synthetic borough."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from data_schemas.errors import ConfigurationError

DATA = Path(__file__).parent / "data"
FEWEST_YEARS = 3
"""A year to learn from, a year to test on, and one to look back on."""
BLOCK_PEOPLE = 20_000
"""People drawn from one random stream; part of what a seed means."""


@dataclass(frozen=True)
class Mess:
    """What goes wrong in real extracts: each a share of the rows it can strike; 0 switches it off."""

    nulls: float = 0.01
    """Optional values that were never filled in."""
    late: float = 0.06
    """GP events that the practice knew of only weeks after they happened."""
    duplicates: float = 0.004
    """Rows sent twice."""
    dropouts: float = 0.1
    """Practices whose system sends nothing for one month."""
    other_codes: float = 0.03
    """GP events in Read or local codes in place of SNOMED CT."""
    impossible: float = 0.0004
    """Dates centuries off, and discharges before admission."""
    unregistered: float = 0.01
    """Hospital rows of people on no list of the borough."""
    opt_outs: float = 0.03
    """People who opted out."""


@dataclass(frozen=True)
class Options:
    """A borough in numbers; the same options give the same bytes."""

    people: int
    seed: int
    years: int = 6
    as_of: dt.date = dt.date(2026, 4, 1)
    mess: Mess = field(default_factory=Mess)
    level_shift: float = 0.0
    """Emergency admissions change by this share from `shift_from` on: a way to test drift."""
    shift_from: dt.date | None = None
    areas: Path = DATA / "areas.csv"
    ages: Path = DATA / "ages.csv"
    council: bool = False
    """Council and social-care records too, and `council` in the legal basis."""
    workers: int = 2

    def __post_init__(self) -> None:
        """Refuse options that the months of the borough cannot hold, all together."""
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
    """What was written, in counts."""

    folder: str
    site: str
    people: int
    """Persons with a registration at any time."""
    rows: dict[str, int]
    mess: dict[str, dict[str, Any]]
    """By table: `rejects` by rule, `unregistered`, `identical`, `nulls` by column, and what was `put_in` unseen."""
    seconds: float
