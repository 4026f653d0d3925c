"""The compiled pass: reads a bucket of the log once, person by person, and works out every feature at every date.

The log is sorted by person, so only one person's state is kept: for every key (a concept, or several taken as one),
window and date. At the end of a person, the features of the keys that occurred are written and only their state is
cleared. An event is added to all windows and dates of a key without a branch, so that a processor does eight at once.

To add a statistic: add its name and meaning to `declare.STATISTICS`, its number here, its kind of window to
`plan.KINDS`, what it needs from each event to `_add` or `_add_value`, and its result to `_result`. Then add a table in
`tests/spec/cases.py` and its plain-Python form in `tests/spec/oracle.py`. All compiled code is in this one file,
because the compiler's cache checks only this one and that of the types.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from data_schemas.compiling import compiled, compiled_and_kept
from pipeline.features.state import Events, Integers, Kept, Wanted, Windows

STEPS_PER_UNIT = 2**20
"""Values are summed as whole numbers of 1/2^20, so that the order of rows never affects a total."""
LARGEST = float(2**28)
"""The largest value in totals and means. Values beyond ± this count as this."""
NEVER: Any = np.int32(-(2**31))
LATE: Any = np.int32(2**31 - 1)
"""Before and after all days. In 32 bits, because a processor does more of them at once."""

COUNT, EVER, TREND, DISTINCT, TOTAL, MEAN, LATEST, CHANGE, DAYS_SINCE_LAST, DAYS_SINCE_FIRST = range(10)
CODES = {
    "count": COUNT, "ever": EVER, "trend": TREND, "distinct": DISTINCT, "total": TOTAL, "mean": MEAN, "latest": LATEST,
    "change": CHANGE, "days_since_last": DAYS_SINCE_LAST, "days_since_first": DAYS_SINCE_FIRST,
}  # fmt: skip
"""Statistic → its number here."""


@compiled_and_kept
def walk(log: Events, stays: Events, wanted: Wanted, kept: Kept, people: Integers, rows: Any, found: Any) -> None:
    """Process some people. `rows[date, n]` is the row of `people[n]` in `found[date]`, -1 if none."""
    at, stay = 0, 0
    for place in range(len(people)):
        at = _see_person(log, at, people[place], wanted, kept)
        stay = _see_person(stays, stay, people[place], wanted, kept)
        for n in range(kept.met[-1]):
            key = kept.met[n]
            _count_different(wanted, kept, key)
            _write_features(wanted, kept, key, rows, place, found)
            _forget(wanted, kept, key)
        kept.met[-1] = 0


@compiled
def _see_person(events: Events, at: int, person: int, wanted: Wanted, kept: Kept) -> int:
    """Add a person's events, rows of one concept at a time. Returns where the next person's rows begin."""
    while at < len(events.person) and events.person[at] < person:
        at += 1
    while at < len(events.person) and events.person[at] == person:
        concept, start = events.concept[at], at
        while at < len(events.person) and events.person[at] == person and events.concept[at] == concept:
            at += 1
        if concept < len(wanted.keys_from) - 1:
            for n in range(wanted.keys_from[concept], wanted.keys_from[concept + 1]):
                _see(events, start, at, wanted, kept, wanted.keys[n])
    return at


@compiled
def _see(events: Events, start: int, end: int, wanted: Wanted, kept: Kept, key: int) -> None:
    """Add rows of one person and concept to a key."""
    if not kept.is_met[key]:
        kept.is_met[key] = True
        kept.met[kept.met[-1]] = key
        kept.met[-1] += 1
    for row in range(start, end):
        as_of = wanted.own[events.first[row], events.end[row]] if len(events.first) > 0 else wanted.as_of
        _add(events, row, as_of, wanted, kept, key)
        if wanted.has_values[key] and not np.isnan(events.value[row]):
            _add_value(events, row, as_of, wanted, kept, key)


@compiled
def _sees(happened: int, known: int, as_of: int, since: int) -> bool:
    """Whether a date may use an event in a window: it happened within it and was known before the date. All features go
    through this check.
    """
    return (happened < as_of) & (known < as_of) & (happened >= since)


@compiled
def _add(events: Events, row: int, as_of: Integers, wanted: Wanted, kept: Kept, key: int) -> None:
    """Add an event to every window of every date that may use it."""
    counts, lasts, firsts = wanted.counts, wanted.lasts, wanted.firsts
    day, known = events.happened[row], events.known[row]
    start = counts.starts[key]
    for n in range(start, counts.starts[key + 1]):
        kept.events[n] += _sees(day, known, as_of[n - start], counts.since[n])
    start = lasts.starts[key]
    for n in range(start, lasts.starts[key + 1]):
        kept.last[n] = max(kept.last[n], day if _sees(day, known, as_of[n - start], lasts.since[n]) else NEVER)
    start = firsts.starts[key]
    for n in range(start, firsts.starts[key + 1]):
        kept.first[n] = min(kept.first[n], day if _sees(day, known, as_of[n - start], firsts.since[n]) else LATE)


@compiled
def _add_value(events: Events, row: int, as_of: Integers, wanted: Wanted, kept: Kept, key: int) -> None:
    """Add the value of an event, in whole steps where it is added up. Of several on one day the greatest counts."""
    sums, latest, earliest = wanted.sums, wanted.latest, wanted.earliest
    day, known, value = events.happened[row], events.known[row], events.value[row]
    steps = np.int64(np.floor(min(max(np.float64(value), -LARGEST), LARGEST) * STEPS_PER_UNIT + 0.5))
    start = sums.starts[key]
    for n in range(start, sums.starts[key + 1]):
        sees = _sees(day, known, as_of[n - start], sums.since[n])
        kept.valued[n] += sees
        kept.total[n] += steps if sees else 0
    start = latest.starts[key]
    for n in range(start, latest.starts[key + 1]):
        on, other = kept.latest_on[n], kept.latest[n]
        is_later = _sees(day, known, as_of[n - start], latest.since[n]) & _is_later(day - on, value, other)
        kept.latest_on[n], kept.latest[n] = day if is_later else on, value if is_later else other
    start = earliest.starts[key]
    for n in range(start, earliest.starts[key + 1]):
        on, other = kept.earliest_on[n], kept.earliest[n]
        is_earlier = _sees(day, known, as_of[n - start], earliest.since[n]) & _is_later(on - day, value, other)
        kept.earliest_on[n], kept.earliest[n] = day if is_earlier else on, value if is_earlier else other
    number = wanted.differing[key]
    if number >= 0:
        slot = _slot(kept, number, value)
        for date in range(len(wanted.whole)):
            seen = day if _sees(day, known, as_of[date], wanted.whole[date]) else NEVER
            kept.slot_last[number, slot, date] = max(kept.slot_last[number, slot, date], seen)


@compiled
def _is_later(days: int, value: float, other: float) -> bool:
    """Whether a value counts rather than one of so many days before. Of several on one day the greatest counts."""
    return (days > 0) | ((days == 0) & (value > other))


@compiled
def _slot(kept: Kept, number: int, value: float) -> int:
    """The slot of a value in its key's hash table. A new value takes the next free slot."""
    same = np.float32(value) + np.float32(0)  # 0 and -0 are one value
    mixed = (np.int64(np.float32(same).view(np.uint32)) * 2654435761) >> 16
    slot = int(mixed % kept.slot_value.shape[1])
    while kept.is_used[number, slot] and kept.slot_value[number, slot] != same:
        slot = (slot + 1) % kept.slot_value.shape[1]
    if not kept.is_used[number, slot]:
        kept.is_used[number, slot], kept.slot_value[number, slot] = True, same
        kept.used[number, kept.slots_used[number]] = slot
        kept.slots_used[number] += 1
    return slot


@compiled
def _count_different(wanted: Wanted, kept: Kept, key: int) -> None:
    """Count the different values of a key in each window. A value is in a window if its last day is in it."""
    number, windows, dates = wanted.differing[key], wanted.distinct, len(wanted.whole)
    for used in range(kept.slots_used[number] if number >= 0 else 0):
        slot = kept.used[number, used]
        for n in range(windows.starts[key], windows.starts[key + 1]):
            kept.differ[n] += kept.slot_last[number, slot, np.int64(n) % dates] >= windows.since[n]
        for date in range(dates):
            kept.slot_last[number, slot, date] = NEVER
        kept.is_used[number, slot] = False
    if number >= 0:
        kept.slots_used[number] = 0


@compiled
def _write_features(wanted: Wanted, kept: Kept, key: int, rows: Any, place: int, found: Any) -> None:
    """Write the features of a key that occurred. A feature without a value keeps its missing value."""
    for feature in range(wanted.features_from[key], wanted.features_from[key + 1]):
        column = wanted.column[feature]
        for date in range(len(rows)):
            value = _result(wanted, kept, feature, date)
            if rows[date, place] >= 0 and not np.isnan(value):
                found[date, column, rows[date, place]] = value


@compiled
def _result(wanted: Wanted, kept: Kept, feature: int, date: int) -> float:  # noqa: PLR0911 - one return per statistic
    """Work out a statistic from the state. NaN if no event counts."""
    statistic, as_of = wanted.statistic[feature], wanted.as_of[date]
    n = wanted.window[feature] * len(wanted.whole) + date
    if statistic == DAYS_SINCE_LAST:
        return np.float64(as_of - kept.last[n]) if kept.last[n] > NEVER else np.nan
    if statistic == DAYS_SINCE_FIRST:
        return np.float64(as_of - kept.first[n]) if kept.first[n] < LATE else np.nan
    if statistic == LATEST:
        return np.float64(kept.latest[n]) if kept.latest_on[n] > NEVER else np.nan
    if statistic == CHANGE:
        first = wanted.other[feature] * len(wanted.whole) + date
        has_two = kept.latest_on[n] > kept.earliest_on[first]
        return np.float64(kept.latest[n] - kept.earliest[first]) if has_two else np.nan
    if statistic in (TOTAL, MEAN):
        total, valued = kept.total[n] / STEPS_PER_UNIT, kept.valued[n]
        return np.nan if valued == 0 else total / valued if statistic == MEAN else total
    if statistic == DISTINCT:
        return np.float64(kept.differ[n]) if kept.differ[n] else np.nan
    events = kept.events[n]
    if events == 0:
        return np.nan
    if statistic == TREND:
        return np.float64(2 * kept.events[wanted.other[feature] * len(wanted.whole) + date] - events)
    return 1.0 if statistic == EVER else np.float64(events)


@compiled
def _forget(wanted: Wanted, kept: Kept, key: int) -> None:
    """Clear the state of a key."""
    kept.is_met[key] = False
    _clear(kept.events, 0, wanted.counts, key)
    _clear(kept.last, NEVER, wanted.lasts, key)
    _clear(kept.first, LATE, wanted.firsts, key)
    _clear(kept.valued, 0, wanted.sums, key)
    _clear(kept.total, 0, wanted.sums, key)
    _clear(kept.latest_on, NEVER, wanted.latest, key)
    _clear(kept.earliest_on, LATE, wanted.earliest, key)
    _clear(kept.differ, 0, wanted.distinct, key)


@compiled
def _clear(state: Any, empty: int, windows: Windows, key: int) -> None:
    for n in range(windows.starts[key], windows.starts[key + 1]):
        state[n] = empty
