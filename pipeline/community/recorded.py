"""Collects what is on record about each person before a day, one row per person. Rules and segments use its columns.

A rule reads `ever("condition.chd")`, `within("strength.health_check", years(5))` or `latest("measure.systolic")`.
Events come from the event log and the hospital stays. Only those that happened and were known before the day count.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

YEAR = 365
LAST, TIMES, VALUE, MEASURED, TOTAL = "last", "times", "value", "measured", "total"
TWO_YEARS = 2 * YEAR
AS_OF = "as_of"
EPOCH = dt.date(1970, 1, 1)
NEVER = np.iinfo(np.int32).min


def ever(*concepts: str) -> pl.Expr:
    """Whether any of the concepts is on record."""
    return pl.any_horizontal(*(pl.col(f"{LAST} {concept}").is_not_null() for concept in concepts))


def within(concept: str, days: int) -> pl.Expr:
    """Whether the concept is on record in the last `days` days."""
    age = (pl.col(AS_OF) - pl.col(f"{LAST} {concept}")).dt.total_days()
    return (age <= days).fill_null(value=False)


def since(concept: str, day: dt.date) -> pl.Expr:
    """Whether the concept is on record on or after a day."""
    return (pl.col(f"{LAST} {concept}") >= day).fill_null(value=False)


def times(concept: str) -> pl.Expr:
    """Number of days in the last year with the concept."""
    return pl.col(f"{TIMES} {concept}").fill_null(0)


def latest(concept: str) -> pl.Expr:
    """The value on the latest day that has one (the greatest of that day). Null if there is none."""
    return pl.col(f"{VALUE} {concept}")


def total(concept: str) -> pl.Expr:
    """The sum of the values in the last two years."""
    return pl.col(f"{TOTAL} {concept}").fill_null(0)


def measured_within(concept: str, days: int) -> pl.Expr:
    """Whether a value of the concept was recorded in the last `days` days."""
    age = (pl.col(AS_OF) - pl.col(f"{MEASURED} {concept}")).dt.total_days()
    return (age <= days).fill_null(value=False)


def newer(concept: str, than: str) -> pl.Expr:
    """Whether the concept is on record and the other one has not been recorded since."""
    last, other = pl.col(f"{LAST} {concept}"), pl.col(f"{LAST} {than}")
    return last.is_not_null() & (other.is_null() | (last >= other))


def columns_in(*expressions: pl.Expr) -> set[str]:
    """The columns of `recorded` that some expressions read."""
    return {name for each in expressions for name in each.meta.root_names() if name.partition(" ")[0] in _FACTS}


def concepts_in(*expressions: pl.Expr) -> set[str]:
    """The concepts that some expressions read."""
    return {name.partition(" ")[2] for name in columns_in(*expressions)}


def recorded(
    people: pl.DataFrame, events: pl.DataFrame, ids: Mapping[str, int], columns: Collection[str], as_of: dt.date
) -> pl.DataFrame:
    """`people`, sorted by person, with `as_of` and the columns of what was on record before the day.

    `events` has the columns of the event log, in any order. `ids` gives each concept's number. A concept that the site
    does not have is never on record.
    """
    people = people.sort("person")
    seen = _seen(people["person"].to_numpy(), events, as_of)
    facts = [column for kind in _FACTS for column in _of_kind(kind, seen, ids, columns)]
    marked = people.with_columns(pl.lit(as_of).alias(AS_OF), *facts)
    return marked.with_columns(_without_marks(column) for column in facts)


def _without_marks(column: pl.Series) -> pl.Expr:
    """The column in its type, with null where nothing is on record."""
    there = pl.col(column.name)
    fact = _FACTS[column.name.partition(" ")[0]]
    return (pl.when(there != NEVER).then(there) if column.dtype == pl.Int32 else there).cast(fact.dtype)


@dataclass(frozen=True)
class _Seen:
    """Events as arrays of equal length, and the day before which they were known."""

    people: int
    place: NDArray[np.int64]
    """Index of the person among the people."""
    concept: NDArray[np.uint16]
    day: NDArray[np.int32]
    """Days since 1970."""
    value: NDArray[np.float32]
    """NaN if there is no value."""
    as_of: int

    def only(self, rows: NDArray[np.bool_]) -> _Seen:
        return _Seen(self.people, self.place[rows], self.concept[rows], self.day[rows], self.value[rows], self.as_of)


def _seen(persons: NDArray[np.int32], events: pl.DataFrame, as_of: dt.date) -> _Seen:
    """Events of some people (sorted) that happened and were known before a day."""
    known = events.filter(pl.col("happened") < as_of, pl.col("known") < as_of)
    place = _places(persons, known["person"].to_numpy())
    here = place >= 0
    arrays = (
        known["concept"].to_numpy(),
        known["happened"].to_physical().to_numpy(),
        known["value"].fill_null(np.nan).to_numpy(),
    )
    return _Seen(len(persons), place, *arrays, (as_of - EPOCH).days).only(here)


def _places(persons: NDArray[np.int32], who: NDArray[np.int32]) -> NDArray[np.int64]:
    """The index of each of `who` among the persons, -1 if it is not there. A table of the few numbers of a bucket is
    quicker than a search."""
    if not len(persons) or not len(who):
        return np.full(len(who), -1, np.int64)
    first, last = min(persons[0], who.min()), max(persons[-1], who.max())
    table = np.full(last - first + 1, -1, np.int64)
    table[persons - first] = np.arange(len(persons))
    places: NDArray[np.int64] = table[who - first]
    return places


def _of_kind(kind: str, seen: _Seen, ids: Mapping[str, int], columns: Collection[str]) -> Iterator[pl.Series]:
    """The columns of one kind of fact: a matrix of concepts by people, filled only from the events of those
    concepts."""
    names = sorted(name.partition(" ")[2] for name in columns if name.partition(" ")[0] == kind)
    rows = np.full(np.iinfo(np.uint16).max + 1, -1, np.int64)
    known = [(ids[name], n) for n, name in enumerate(names) if name in ids]
    rows[np.array([number for number, _ in known], np.int64)] = [n for _, n in known]
    own = seen.only(rows[seen.concept] >= 0)
    cells = rows[own.concept] * seen.people + own.place
    fact = _FACTS[kind]
    matrix = fact.of(own, cells, len(names) * seen.people).reshape(len(names), seen.people)
    for name, line in zip(names, matrix, strict=True):
        yield pl.Series(f"{kind} {name}", line, nan_to_null=True)


def _last(seen: _Seen, cells: NDArray[np.int64], size: int) -> NDArray[np.int32]:
    latest = np.full(size, NEVER, np.int32)
    np.maximum.at(latest, cells, seen.day)
    return latest


def _measured(seen: _Seen, cells: NDArray[np.int64], size: int) -> NDArray[np.int32]:
    has_value = ~np.isnan(seen.value)
    return _last(seen.only(has_value), cells[has_value], size)


def _value(seen: _Seen, cells: NDArray[np.int64], size: int) -> NDArray[np.float32]:
    newest = ~np.isnan(seen.value) & (seen.day == _measured(seen, cells, size)[cells])
    greatest = np.full(size, -np.inf, np.float32)
    np.maximum.at(greatest, cells[newest], seen.value[newest])
    return np.where(np.isneginf(greatest), np.float32(np.nan), greatest)


def _times(seen: _Seen, cells: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    recent = seen.day >= seen.as_of - YEAR
    once = np.unique(cells[recent] * YEAR + (seen.as_of - seen.day[recent] - 1))
    return np.bincount(once // YEAR, minlength=size)


def _total(seen: _Seen, cells: NDArray[np.int64], size: int) -> NDArray[np.float64]:
    recent = (seen.day >= seen.as_of - TWO_YEARS) & ~np.isnan(seen.value)
    return np.bincount(cells[recent], weights=seen.value[recent], minlength=size).astype(np.float64)


@dataclass(frozen=True)
class _Fact:
    """How to work out a kind of fact for each cell (concept by person), and its type."""

    of: Callable[[_Seen, NDArray[np.int64], int], NDArray[np.generic]]
    dtype: pl.DataType


_FACTS = {
    LAST: _Fact(_last, pl.Date()),
    MEASURED: _Fact(_measured, pl.Date()),
    VALUE: _Fact(_value, pl.Float32()),
    TIMES: _Fact(_times, pl.Int32()),
    TOTAL: _Fact(_total, pl.Float64()),
}
