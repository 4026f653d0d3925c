"""Counts what the rows of a table are like while they are written, without a second pass."""

from __future__ import annotations

import datetime as dt
from collections import Counter

import numpy as np
import polars as pl
from numpy.typing import NDArray

from data_schemas.tables import EVENT_DATE
from pipeline.hospital_stays import LATEST_END
from pipeline.ingest.checked_table import EMPTIED, CheckedTable

DATED = {**EVENT_DATE, "registrations": "registered_from"}
"""The date that gives a table's first and last day."""
BOOKED = frozenset({"appointments", "outpatients"})
"""Tables that may hold future days."""
BULK, RECENT, SPARSE = 0.95, 0.75, 0.5
"""Shares of rows, and of the rate of rows, that show where most of a table ends (see `bulk`)."""


class Tally:
    """Counts over all frames that were added."""

    def __init__(self, checked: CheckedTable, lives: pl.DataFrame | None) -> None:
        self.checked = checked
        self._lives = pl.DataFrame(schema={"born": pl.Date, "died": pl.Date}) if lives is None else lives
        self.rows = 0
        self._nulls: Counter[str] = Counter()
        self._flags: Counter[int] = Counter()
        self._days: list[pl.DataFrame] = []
        self.warnings: Counter[str] = Counter()

    @property
    def _date(self) -> str:
        return DATED.get(self.checked.name, "")

    def add(self, frame: pl.DataFrame) -> None:
        """Count a frame of the table, with `EMPTIED`."""
        self.rows += frame.height
        columns = frame.drop(EMPTIED, LATEST_END, strict=False).rename({"person": "person_id"}, strict=False)
        self._nulls.update(columns.null_count().row(0, named=True))
        flags = frame.filter(pl.col(EMPTIED) > 0)[EMPTIED].value_counts()
        self._flags.update(dict(flags.iter_rows()))
        if self._date in frame.columns:
            self._days.append(frame.select(day=self._date)["day"].drop_nulls().value_counts())
            self._impossible(frame)

    def _impossible(self, frame: pl.DataFrame) -> None:
        day = frame[self._date]
        if self.checked.name not in BOOKED:
            self.warnings[f"{self._date}.future"] += int((day > self.checked.limits.today).sum())
        if self._lives.height and "person" in frame.columns:
            self._outside_life(frame["person"], day)

    def _outside_life(self, person: pl.Series, day: pl.Series) -> None:
        born, died = self._lives["born"], self._lives["died"]
        if died.count():
            self.warnings[f"{self._date}.after_death"] += int((day > died[person]).sum())
        if self.checked.name != "registrations" and (day < born.max()).any():
            self.warnings[f"{self._date}.before_birth"] += int((day < born[person]).sum())

    @property
    def emptied(self) -> dict[str, int]:
        """Rule → values that it made empty, the most frequent first."""
        counts = {
            rule: sum(rows for flags, rows in self._flags.items() if flags & bit)
            for rule, bit in self.checked.emptying.items()
        }
        return {rule: rows for rule, rows in sorted(counts.items(), key=lambda each: (-each[1], each[0])) if rows}

    @property
    def null_share(self) -> dict[str, float]:
        return {name: round(count / max(self.rows, 1), 6) for name, count in self._nulls.items()}

    def days(self) -> pl.DataFrame:
        """`day` and how many rows it has (`count`), in order."""
        if not self._days:
            return pl.DataFrame(schema={"day": pl.Date, "count": pl.UInt32})
        return pl.concat(self._days).group_by("day").agg(pl.col("count").sum()).sort("day")

    def strays(self, within: tuple[dt.date, dt.date] | None) -> dict[str, int]:
        """How many rows are dated after the bulk of an event table."""
        days = self.days()
        if within is None or self.checked.name == "registrations":
            return {}
        late = int(days.filter(pl.col("day") > within[1])["count"].sum())
        return {f"{self._date}.after_bulk": late} if late else {}


def bulk(days: pl.DataFrame) -> tuple[dt.date, dt.date] | None:
    """First and last day of the bulk of a table, from `day` and `count` in order; None where there are no days.

    A single wrong year must not move them. 95% of the rows are before a day from which the table continues for as
    long as its rows come at no less than half the pace they had between 75% and 95%. So a table that simply ends is
    read to its last day, and one row of the year 2052 (or a few that trickle in late) is not. The first day is found
    in the same way, from the other side.
    """
    if days.is_empty():
        return None
    day, count = days["day"].to_physical().to_numpy().astype(np.int64), days["count"].to_numpy()
    return _date_of(-_reach(-day[::-1], count[::-1])), _date_of(_reach(day, count))


def _reach(day: NDArray[np.int64], count: NDArray[np.uint32]) -> int:
    rows = np.cumsum(count, dtype=np.int64)
    recent, most = (int(np.searchsorted(rows, share * rows[-1])) for share in (RECENT, BULK))
    span = int(day[most] - day[recent])
    if not span:
        return int(day[-1])
    pace = (rows[most] - rows[recent]) / span
    after = rows - rows[most] + 1  # one row more, so that chance does not cut a small table
    goes_on = (day >= day[most]) & (after >= SPARSE * pace * (day - day[most]))
    return int(day[goes_on][-1])


def _date_of(number: int) -> dt.date:
    return dt.date(1970, 1, 1) + dt.timedelta(days=number)
