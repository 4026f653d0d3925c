"""Writes the data-quality report: counts of rows, in words, as a page and as JSON. It never contains a value."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from data_schemas import disk
from data_schemas.disk import scan_parquet
from data_schemas.receipts import IngestReceipt, Notice, TableReceipt
from data_schemas.tables import EVENT_DATE, PERSON_TABLES, REQUIRED, TABLES
from data_schemas.window import Window
from pipeline.freshness import Freshness
from pipeline.settings import Settings

TAIL = 0.0005
"""Share of rows left out of the monthly chart at each end of time, because a single wrong year would flatten it."""
FEW = 0.5
"""A month with less than this share of the usual (median) month's rows stands out."""
SAYS = {
    "unreadable": "{column} cannot be read as a {kind}",
    "too_many_fields": "a row has more fields than the header",
    "too_few_fields": "a row has fewer fields than the header: the line was cut",
    "required": "{column} is empty",
    "values": "{column} is not an allowed value",
    "pattern": "{column} has the wrong format",
    "length": "{column} is too long",
    "repeated": "{column} came before",
    "outside_covers": "{column} is outside the days that the table covers",
    "unregistered": "the person is not in any registration",
    "full_date": "{column} includes a day",
    "min": "{column} is too small",
    "max": "{column} is too large",
    "inf": "{column} is not a finite number",
    "nan": "{column} is not a number",
    "future": "{column} is in the future",
    "too_long": "{column} is longer after the admission than longest_stay_days",
    "before_birth": "{column} is before the birth",
    "after_death": "{column} is after the death",
    "after_bulk": "{column} is after the day when almost all of the table ends",
    "after_registration": "{column} is after the registration began",
    "too_old": "{column} is more than 115 years ago",
    "malformed": "{column}: codes in the wrong format",
    "unclassified": "{column}: it is not known how the visit came about, so it counts as planned",
}
KINDS = {pl.Date: "date", pl.Float64: "number", pl.Int64: "whole number"}


@dataclass(frozen=True)
class Count:
    """Rows that break a rule, and their share of the rows read."""

    rule: str
    says: str
    rows: int
    share: float


@dataclass(frozen=True)
class Month:
    """Rows dated in a month. `few` if it has less than half of the usual number."""

    month: dt.date
    rows: int
    few: bool


@dataclass(frozen=True)
class Quality:
    """The quality of one table."""

    table: str
    files: list[str]
    about_people: bool
    rows_read: int
    rows: int
    rejected: int
    rejects: list[Count]
    unregistered: Count | None
    emptied: list[Count]
    """Optional values that were refused. Their rows are kept."""
    superseded: int
    deleted: int
    left_out: int
    identical: Count
    warnings: list[Count]
    null_share: dict[str, float]
    absent: list[str]
    """Columns of the schema that the extract does not have."""
    date_column: str | None
    first_day: dt.date | None
    last_day: dt.date | None
    covers: tuple[dt.date, dt.date] | None
    months: list[Month]


@dataclass(frozen=True)
class Report:
    """The report on a site: all its tables, what would stop a run, and what readers should know."""

    site: str
    missing: list[str]
    refusals: list[str]
    notices: list[Notice]
    people: int
    tables: list[Quality]
    as_of: dt.date | None = None
    opt_outs_matched: float | None = None
    sources: dict[str, Freshness] = field(default_factory=dict)
    outside: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Measurement → values outside its plausible range, and values."""
    windows: list[Window] = field(default_factory=list)
    """The forecast: who is followed from each as-of date, and how many have the outcome."""


def report(settings: Settings, receipt: IngestReceipt, refusals: list[str]) -> Report:
    """Describe the ingested tables of a `receipt`."""
    return Report(
        as_of=settings.run.as_of,
        opt_outs_matched=receipt.opt_outs_matched,
        site=settings.site.name,
        missing=[name for name in REQUIRED if name not in settings.extracts],
        refusals=refusals,
        notices=receipt.notices,
        people=receipt.people,
        tables=[_quality(settings, table) for table in receipt.tables.values()],
    )


def _quality(settings: Settings, table: TableReceipt) -> Quality:
    def count(rule: str, rows: int) -> Count:
        return Count(rule, in_words(table.table, rule), rows, round(rows / max(table.rows_read, 1), 6))

    known = table.table in set(PERSON_TABLES) - {"registrations"}
    return Quality(
        table=table.table,
        files=[file.name for file in settings.extracts[table.table].files],
        about_people=table.table in PERSON_TABLES,
        rows_read=table.rows_read,
        rows=table.rows,
        rejected=sum(table.rejects.values()),
        rejects=[count(*each) for each in sorted(table.rejects.items(), key=lambda each: (-each[1], each[0]))],
        unregistered=count("person_id.unregistered", table.unregistered) if known else None,
        emptied=[count(*each) for each in table.emptied.items()],
        superseded=table.superseded,
        deleted=table.deleted,
        left_out=table.left_out,
        identical=count("identical", table.identical_rows),
        warnings=[count(*each) for each in sorted(table.warnings.items())],
        null_share=table.null_share,
        absent=[name for name in TABLES[table.table].column_names() if name not in table.null_share],
        date_column=EVENT_DATE.get(table.table),
        first_day=table.first_day,
        last_day=table.last_day,
        covers=table.covers,
        months=_months(table),
    )


def in_words(table: str, rule: str) -> str:
    """A rule's name as a sentence."""
    column, _, what = rule.rpartition(".")
    if what not in SAYS:
        return rule.replace("_", " ").replace("identical", "identical in every column")
    declared = TABLES[table].columns().get(column)
    kind = KINDS.get(type(declared.dtype), "value") if declared is not None else "value"
    return SAYS[what].format(column=column, kind=kind)


def _months(table: TableReceipt) -> list[Month]:
    """Rows per month, including empty months, except for the sparse ends."""
    date = EVENT_DATE.get(table.table)
    if date is None or not table.rows:
        return []
    month = pl.col(date).dt.month_start().alias("month")
    counts = scan_parquet(table.path).group_by(month).agg(rows=pl.len()).sort("month").collect(engine="streaming")
    before = pl.col("rows").cum_sum() / table.rows
    inside = counts.filter((before >= TAIL) & (before - pl.col("rows") / table.rows <= 1 - TAIL))
    span = inside.select(pl.date_range(pl.col("month").min(), pl.col("month").max(), "1mo").alias("month"))
    rows = span.join(inside, on="month", how="left").sort("month").with_columns(pl.col("rows").fill_null(0))
    usual = float(rows["rows"].median() or 0)  # type: ignore[arg-type]
    return [Month(month, n, n < FEW * usual) for month, n in rows.iter_rows()]


def write(found: Report, folder: Path) -> dict[str, Any]:
    """Write `data-quality.html` and `data-quality.json` to `folder`. Returns a summary and their paths."""
    from pipeline.pages import render

    folder.mkdir(parents=True, exist_ok=True)
    page, data = folder / "data-quality.html", folder / "data-quality.json"
    disk.write(
        page,
        render(
            "data-quality.html", site=found.site, found=found, drawings={t.table: _drawing(t) for t in found.tables}
        ),
    )
    disk.write(data, json.dumps(asdict(found), indent=2, default=str).encode())
    return {
        "report": str(page),
        "json": str(data),
        "tables": [_in_short(table) for table in found.tables],
        "missing": found.missing,
        "refusals": found.refusals,
        "notices": [asdict(notice) for notice in found.notices],
        "as_of": found.as_of and str(found.as_of),
        "opt_outs_matched": found.opt_outs_matched,
        "sources": {name: asdict(source) for name, source in found.sources.items()},
        "forecast": [asdict(window) for window in found.windows],
    }


def _in_short(table: Quality) -> dict[str, Any]:
    return {
        "table": table.table,
        "rows_read": table.rows_read,
        "rows": table.rows,
        "rejected": table.rejected,
        "rejects": {count.rule: count.rows for count in table.rejects},
        "unregistered": table.unregistered.rows if table.unregistered else 0,
        "superseded": table.superseded,
        "deleted": table.deleted,
        "left_out": table.left_out,
        "emptied": {count.rule: count.rows for count in table.emptied},
        "first_day": table.first_day and str(table.first_day),
        "last_day": table.last_day and str(table.last_day),
    }


@dataclass(frozen=True)
class Bar:
    """One month of the drawing, in its units."""

    x: float
    height: float
    few: bool
    says: str


def _drawing(table: Quality) -> list[Bar]:
    """The bars of a drawing that is 100 units high. Each bar is one month wide."""
    most = max((month.rows for month in table.months), default=0) or 1
    return [
        Bar(number, round(100 * month.rows / most, 2), month.few, f"{month.month:%B %Y}, rows: {month.rows:,}")
        for number, month in enumerate(table.months)
    ]
