"""Checks whether every table's events have arrived at every as-of date, and whether their dates are right."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise
from statistics import median_high

from data_schemas.receipts import Notice, Snapshot, TableReceipt
from models.learning import sample

TABLES = {
    "admissions": ("admission.any",),
    "attendances": ("ae.any",),
    "appointments": ("appointment.attended", "appointment.dna", "appointment.cancelled"),
    "outpatients": ("outpatient.attended", "outpatient.dna", "outpatient.cancelled"),
    "prescriptions": ("rx.item",),
    "gp_events": ("gp.event",),
    "council_records": ("council.",),
}
"""Concepts that show whether a table has data about people. Each row of a table is an event of at most one of them."""
EMPTY = 0.25
"""A table raises the alarm if its events per person and window fall below this share of the median as-of date's."""
YEAR = 365
"""Shorter times are not checked. Feeds arrive late, so even good data have few events in the last months (as in CMS
DE-SynPUF)."""
FORESEEN = 40
"""With fewer expected events, a fall to a quarter may be chance."""
GAP_DAYS = 90
"""If events are frequent, this long without any at an end of a table's cover is not chance."""

NO_EVENTS = {"interventions"}
"""Not checked, because a programme may be short."""

Span = tuple[int, int]
"""The range of days before the as-of date: from, and up to."""
Rates = Mapping[dt.date, Mapping[Span, float]]


def missing(snapshots: Sequence[Snapshot], tables: Collection[str]) -> list[Notice]:
    """List what is missing from the configured tables. If `tables` maps names to receipts, their covers are used."""
    by_date = sorted({snapshot.as_of: snapshot for snapshot in snapshots}.values(), key=lambda s: s.as_of)
    notices = []
    for table in sorted(set(tables) - NO_EVENTS):
        receipt = tables[table] if isinstance(tables, Mapping) else None
        rates = {s.as_of: events_per_person(s, TABLES[table]) for s in by_date} if table in TABLES else {}
        begun = receipt is None or receipt.first_day is None or any(receipt.first_day < day for day in rates)
        texts = (_nobody(table, rates) if begun else []) or [
            *far_fewer(table, rates, {s.as_of: s.rows for s in by_date}, receipt),
            *_silent_ends(receipt, max(rates, default=None)),
        ]
        notices += [Notice("empty_join", text) for text in texts]
    return notices


def events_per_person(snapshot: Snapshot, concepts: tuple[str, ...]) -> dict[Span, float]:
    """Mean events per person of some concepts (or, ending in a dot, families) between two look-backs, from the
    counts over windows."""
    statistics = sample.statistics_of(snapshot)
    means: dict[str, dict[int, float]] = defaultdict(lambda: {0: 0.0})
    for feature in sample.features_of(snapshot):
        alone = feature.concept in concepts or (
            feature.concept.startswith(_families(concepts)) and " or " not in feature.concept
        )
        if alone and feature.statistic == "count" and (feature.window_days or 0) >= YEAR:
            of = statistics[feature.name]
            means[feature.concept][feature.window_days or 0] = (of["mean"] or 0.0) * (1 - (of["missing_share"] or 0.0))
    rates: dict[Span, float] = defaultdict(float)
    for windows in means.values():
        for near, far in pairwise(sorted(windows)):
            rates[near, far] += windows[far] - windows[near]
    return dict(rates)


def _families(concepts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for name in concepts if name.endswith("."))


def _nobody(table: str, rates: Rates) -> list[str]:
    seen = [rate for spans in rates.values() for rate in spans.values()]
    if not seen or max(seen) > 0:
        return []
    return [f"no event of the table {table!r} belongs to anybody in the time before any as-of date."]


def far_fewer(table: str, rates: Rates, people: Mapping[dt.date, int], receipt: TableReceipt | None) -> list[str]:
    """Dates at which people have far fewer events than at the median date in the same time before it; one line per
    date."""
    texts: dict[dt.date, str] = {}
    for span in sorted({span for spans in rates.values() for span in spans}):
        seen = {day: spans[span] for day, spans in rates.items() if span in spans and _comparable(day, span, receipt)}
        usual = median_high(seen.values()) if seen else 0.0
        for day, rate in seen.items():
            if rate < EMPTY * usual and people[day] * usual >= FORESEEN:
                text = f"the table {table!r} has {rate:.3g} events per person {_words(span)} {day}, {usual:.3g} at the median date."
                texts.setdefault(day, text)
    return list(texts.values())


def _words(span: Span) -> str:
    return f"in the {span[1]} days before" if span[0] == 0 else f"between {span[0]} and {span[1]} days before"


def _comparable(day: dt.date, span: Span, receipt: TableReceipt | None) -> bool:
    """Whether a table should have events in a span before a date: it covers the span, or it began more than a year
    ago."""
    if receipt is None:
        return span[0] == 0
    begins = receipt.covers[0] if receipt.covers else receipt.first_day
    return (receipt.covers is not None or span[0] == 0) and (
        begins is None or day - dt.timedelta(days=span[1]) >= begins
    )


def _silent_ends(receipt: TableReceipt | None, newest: dt.date | None) -> list[str]:
    """Months at either end of a configured cover without a single event, which a table with shifted dates would
    show."""
    if newest is None or receipt is None or not (receipt.covers and receipt.first_day and receipt.last_day):
        return []
    start, end = receipt.covers[0], min(receipt.covers[1], newest)
    a_day = receipt.rows / (receipt.covers[1] - start).days
    gaps = {
        "until " + str(receipt.first_day): receipt.first_day - start,
        "after " + str(receipt.last_day): end - receipt.last_day,
    }
    return [
        f"the table {receipt.table!r} should cover {start} to {receipt.covers[1]} but has no event {when}: are its dates shifted?"
        for when, gap in gaps.items()
        if gap.days > GAP_DAYS and gap.days * a_day >= FORESEEN
    ]
