"""Counts people by segment: who lives here, what care each segment uses, and how people move between segments in a
year.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from pipeline import disclosure
from pipeline.community.asked import Asked
from pipeline.community.indicators import Year
from pipeline.community.records import Records
from pipeline.community.segments import BRIDGES_TO_HEALTH, Segment, asks, segments_of
from pipeline.disclosure import Count

BOROUGH = ""
ARRIVED, LEFT = "Not here a year ago", "No longer here"
COMPLEX = ("Incurable cancer", "Organ failure", "Frailty and dementia")
FREQUENT_VISITS = 5
COMPLEX_WORDS = (
    "people have complex needs. They are in the last three segments, or went to A&E on five or more days of the year. NHS England says"
    " (January 2025) that about 7% of people have such needs, and that about 46% of hospital costs are for them"
)


@dataclass(frozen=True)
class Use:
    """The people of a segment and the care that they use in a year, as protected counts."""

    people: Count
    admissions: Count
    bed_days: Count
    visits: Count


@dataclass(frozen=True)
class Portrait:
    """The counts of a borough by segment."""

    scheme: tuple[Segment, ...]
    uses: dict[str, dict[str, Use]]
    """Place (cluster code, or the empty text for the borough) → segment → its people and their use of care."""
    complex_needs: dict[str, tuple[Use, Use]]
    """Place → people with complex needs, and everyone."""
    flows: dict[tuple[str, str], Count]
    """(segment a year ago, segment now) → people, over the borough."""
    assigned: pl.DataFrame
    """`person, segment` for everyone."""


def portrait(records: Records, scheme: Sequence[Segment] = BRIDGES_TO_HEALTH) -> Portrait:
    """Everyone registered on the day of the records, by segment."""
    day = records.day
    people = records.people(day)
    now = segments_of(records, day, scheme)
    rows = (
        people.select("person", "cluster_code")
        .join(now, on="person")
        .join(_use(records), on="person", how="left")
        .fill_null(0)
    )
    frequent = pl.col("visit_days") >= FREQUENT_VISITS
    rows = rows.with_columns(is_complex=pl.col("segment").is_in(COMPLEX) | frequent)
    names = [segment.name for segment in scheme]
    then = segments_of(records, Year(day).start, scheme)
    return Portrait(
        scheme=tuple(scheme),
        uses=_by_place(rows, "segment", names),
        complex_needs=_complex(rows),
        flows=_flows(then, now, names),
        assigned=now,
    )


def asked(day: dt.date, scheme: Sequence[Segment]) -> Asked:
    """All questions that a portrait asks the log."""
    return {day: asks(scheme), Year(day).start: asks(scheme)}


def _use(records: Records) -> pl.DataFrame:
    """`person, admissions, bed_days, visits, visit_days` in the last year; only people who used any."""
    year = Year(records.day)
    used = pl.DataFrame(schema={"person": pl.Int32})
    if records.admissions is not None:
        stays = records.stays.filter(pl.col("unplanned"), pl.col("admission_date") >= year.start)
        used = stays.group_by("person").agg(admissions=pl.len(), bed_days=pl.col("bed_days").sum())
    visits = records.table("attendances", "person", "arrival_date")
    if not visits.is_empty():
        recent = visits.filter(pl.col("arrival_date").is_between(year.start, year.end, closed="left"))
        counted = recent.group_by("person").agg(visits=pl.len(), visit_days=pl.col("arrival_date").n_unique())
        used = used.join(counted, on="person", how="full", coalesce=True)
    absent = [name for name in ("admissions", "bed_days", "visits", "visit_days") if name not in used.columns]
    return used.with_columns(pl.lit(0).alias(name) for name in absent)


def _by_place(rows: pl.DataFrame, column: str, names: Sequence[str]) -> dict[str, dict[str, Use]]:
    """Protected people and use by place and category. The table of clusters by categories is protected as a whole."""
    measures = ("people", "admissions", "bed_days", "visits")
    counted = (
        rows.drop_nulls("cluster_code")
        .group_by("cluster_code", column)
        .agg(people=pl.len(), **{name: pl.col(name).sum() for name in measures[1:]})
    )
    cells = {(code, name): counts for code, name, *counts in counted.sort("cluster_code", column).iter_rows()}
    codes = sorted({code for code, _ in cells})
    by_name = [{code: [int(count) for count in cells.get((code, name), [0] * 4)] for code in codes} for name in names]
    exact = [{code: [cell[code][n] for cell in by_name] for code in codes} for n in range(4)]
    tables = [disclosure.protect_table(counts) for counts in exact]
    totals = [{BOROUGH: _totals(counts, shown)} for counts, shown in zip(exact, tables, strict=True)]
    places = {BOROUGH: totals, **dict.fromkeys(codes, tables)}
    return {place: {name: _of(own, place, n) for n, name in enumerate(names)} for place, own in places.items()}


def _totals(exact: Mapping[str, Sequence[int]], shown: Mapping[str, Sequence[Count]]) -> list[Count]:
    """The borough's line: column totals, where never only one is hidden."""
    columns = list(zip(*exact.values(), strict=True))
    line = disclosure.protect_table({BOROUGH: [sum(column) for column in columns]})[BOROUGH]
    parts = list(zip(*shown.values(), strict=True))
    return [each and disclosure.total(*pair) for each, *pair in zip(line, columns, parts, strict=True)]


def _of(tables: list[dict[str, list[Count]]], code: str, place: int) -> Use:
    """One cell of every table. If the number of people is hidden, everything that they use is hidden too."""
    people, *used = (table[code][place] for table in tables)
    return Use(None, None, None, None) if people is None else Use(people, *used)


def _complex(rows: pl.DataFrame) -> dict[str, tuple[Use, Use]]:
    by_place = _by_place(
        rows.with_columns(is_complex=pl.col("is_complex").cast(pl.String)), "is_complex", ("true", "false")
    )
    return {place: (uses["true"], _together(uses["true"], uses["false"])) for place, uses in by_place.items()}


def _together(first: Use, second: Use) -> Use:
    def plus(a: Count, b: Count) -> Count:
        return None if a is None or b is None else a + b

    return Use(
        plus(first.people, second.people), plus(first.admissions, second.admissions), plus(first.bed_days, second.bed_days),
        plus(first.visits, second.visits),
    )  # fmt: skip


def _flows(then: pl.DataFrame, now: pl.DataFrame, names: Sequence[str]) -> dict[tuple[str, str], Count]:
    """People by segment then and now, including those who joined and left, protected as one table."""
    both = then.join(now, on="person", how="full", coalesce=True, suffix="_now")
    counted = both.group_by(pl.col("segment").fill_null(ARRIVED), pl.col("segment_now").fill_null(LEFT)).len()
    cells = {(before, after): count for before, after, count in counted.iter_rows()}
    befores, afters = [*names, ARRIVED], [*names, LEFT]
    table = disclosure.protect_table(
        {before: [int(cells.get((before, after), 0)) for after in afters] for before in befores}
    )
    return {(before, after): table[before][n] for before in befores for n, after in enumerate(afters)}
