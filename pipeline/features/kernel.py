"""The compiled pass: reads a bucket of the log once, person by person, and works out every feature at every date.

The log is sorted by person, so only one person's state is kept: for every key (a concept, or several taken as one) and
date, and for every window of the key. At the end of a person, the features of the keys that occurred are written and
only their state is cleared.

To add a statistic: add its name and meaning to `declare.STATISTICS`, its number here, what it needs from each event to
`_add`, and its result to `_result`. Then add a table in `tests/spec/cases.py` and its plain-Python form in
`tests/spec/oracle.py`. All compiled code is in this one file, because the compiler's cache checks no other.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from data_schemas.compiling import compiled, compiled_and_kept

Integers = npt.NDArray[np.int32]

STEPS_PER_UNIT = 2**20
"""Values are summed as whole numbers of 1/2^20, so that the order of rows never affects a total."""
LARGEST = float(2**28)
"""The largest value in totals and means. Values beyond ± this count as this."""
NEVER, LATE = -(2**31), 2**31 - 1

COUNT, EVER, TREND, DISTINCT, TOTAL, MEAN, LATEST, CHANGE, DAYS_SINCE_LAST, DAYS_SINCE_FIRST = range(10)
CODES = {
    "count": COUNT, "ever": EVER, "trend": TREND, "distinct": DISTINCT, "total": TOTAL, "mean": MEAN, "latest": LATEST,
    "change": CHANGE, "days_since_last": DAYS_SINCE_LAST, "days_since_first": DAYS_SINCE_FIRST,
}  # fmt: skip
"""Statistic → its number here."""


class Wanted(NamedTuple):
    """A plan in the form that the compiled pass reads. `…_from[n]` to `…_from[n + 1]` is the range in the next array
    that belongs to n.

    A *key* is a concept, or several taken as one. Windows are in days, longest first within a key. `differing` numbers
    the keys that need a count of different values, -1 for the others.
    """

    as_of: Integers
    history: int
    keys_from: Integers
    keys: Integers
    windows_from: Integers
    windows: Integers
    differing: Integers
    features_from: Integers
    statistic: Integers
    column: Integers
    days: Integers
    window: Integers
    half: Integers


class Events(NamedTuple):
    """Rows of the log, sorted by person, concept and day. Days are days since 1970; an unknown value is NaN.

    A row applies to the dates from `first` up to `end`, or to all if these are empty. Only hospital stays need this,
    because what is known about them depends on the date.
    """

    person: npt.NDArray[np.int32]
    happened: npt.NDArray[np.int32]
    known: npt.NDArray[np.int32]
    concept: npt.NDArray[np.uint16]
    value: npt.NDArray[np.float32]
    first: npt.NDArray[np.int8]
    end: npt.NDArray[np.int8]


class Kept(NamedTuple):
    """The state of one person: arrays by [key, date] (`last` to `latest`), by [window, date] (`events` to `earliest`),
    and the `met` keys.

    A key that needs a count of different values has a hash table, numbered as in `Wanted.differing`: the last day of a
    value by [number, slot, date], and the slots in use.
    """

    is_met: npt.NDArray[np.bool_]
    met: npt.NDArray[np.int32]
    last: npt.NDArray[np.int32]
    first: npt.NDArray[np.int32]
    latest_on: npt.NDArray[np.int32]
    latest: npt.NDArray[np.float32]
    events: npt.NDArray[np.int32]
    valued: npt.NDArray[np.int32]
    total: npt.NDArray[np.int64]
    differ: npt.NDArray[np.int32]
    oldest: npt.NDArray[np.int32]
    earliest: npt.NDArray[np.float32]
    slots_used: npt.NDArray[np.int32]
    used: npt.NDArray[np.int32]
    slot_value: npt.NDArray[np.float32]
    slot_last: npt.NDArray[np.int32]
    is_used: npt.NDArray[np.bool_]


@compiled_and_kept
def walk(log: Events, stays: Events, wanted: Wanted, kept: Kept, first: int, rows: Any, found: Any) -> None:
    """Process people from `first` on. `rows[date, person - first]` is a person's row in `found[date]`, -1 if none."""
    at, stay = 0, 0
    for place in range(rows.shape[1]):
        at = _see_person(log, at, first + place, wanted, kept)
        stay = _see_person(stays, stay, first + place, wanted, kept)
        for n in range(kept.met[-1]):
            key = kept.met[n]
            _count_different(wanted, kept, key)
            for date in range(len(wanted.as_of)):
                if rows[date, place] >= 0:
                    _tell(wanted, kept, date, key, rows[date, place], found)
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
    """Add rows of one person and concept to a key, for each date that may use them."""
    if not kept.is_met[key]:
        kept.is_met[key] = True
        kept.met[kept.met[-1]] = key
        kept.met[-1] += 1
    for date in range(len(wanted.as_of)):
        _add(events, start, end, wanted, kept, key, date)


@compiled
def _sees(happened: int, known: int, as_of: int, history: int) -> bool:
    """Whether a date may use an event: it happened within the look-back and was known before the date. All features go
    through this check.
    """
    return happened < as_of and known < as_of and as_of - happened <= history


@compiled
def _add(events: Events, start: int, end: int, wanted: Wanted, kept: Kept, key: int, date: int) -> None:
    """Add the rows that a date may use to the person's state."""
    as_of, number = wanted.as_of[date], wanted.differing[key]
    last, first = kept.last[key, date], kept.first[key, date]
    latest_on, latest = kept.latest_on[key, date], kept.latest[key, date]
    is_for_all = len(events.first) == 0
    for row in range(start, end):
        happened, value = events.happened[row], events.value[row]
        if happened >= as_of:
            break  # as are all rows after it
        is_for_date = is_for_all or events.first[row] <= date < events.end[row]
        if is_for_date and _sees(happened, events.known[row], as_of, wanted.history):
            last, first = max(last, happened), min(first, happened)
            if _is_later(happened, value, latest_on, latest):
                latest_on, latest = happened, value
            _add_to_windows(wanted, kept, key, date, as_of - happened, value)
            if number >= 0 and not np.isnan(value):
                slot = _slot(kept, number, value)
                kept.slot_last[number, slot, date] = max(kept.slot_last[number, slot, date], happened)
    kept.last[key, date], kept.first[key, date] = last, first
    kept.latest_on[key, date], kept.latest[key, date] = latest_on, latest


@compiled
def _add_to_windows(wanted: Wanted, kept: Kept, key: int, date: int, age: int, value: float) -> None:
    """Count an event in each window that it falls into, with its value in whole steps."""
    is_known = not np.isnan(value)
    for window in range(wanted.windows_from[key], wanted.windows_from[key + 1]):
        if age > wanted.windows[window]:
            break
        kept.events[window, date] += 1
        if is_known:
            bounded = min(max(np.float64(value), -LARGEST), LARGEST)
            kept.valued[window, date] += 1
            kept.total[window, date] += np.int64(np.floor(bounded * STEPS_PER_UNIT + 0.5))
            if _is_later(age, value, kept.oldest[window, date], kept.earliest[window, date]):
                kept.oldest[window, date], kept.earliest[window, date] = age, value


@compiled
def _is_later(day: int, value: float, other_day: int, other: float) -> bool:
    """Whether one value is later than another. Of several on one day the greatest counts; a missing value
    never counts.
    """
    return not np.isnan(value) and (day > other_day or (day == other_day and value > other))


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
    number = wanted.differing[key]
    for n in range(kept.slots_used[number] if number >= 0 else 0):
        slot = kept.used[number, n]
        for date in range(len(wanted.as_of)):
            age = wanted.as_of[date] - kept.slot_last[number, slot, date]
            for window in range(wanted.windows_from[key], wanted.windows_from[key + 1]):
                kept.differ[window, date] += age <= wanted.windows[window]
            kept.slot_last[number, slot, date] = NEVER
        kept.is_used[number, slot] = False
    if number >= 0:
        kept.slots_used[number] = 0


@compiled
def _tell(wanted: Wanted, kept: Kept, date: int, key: int, row: int, found: Any) -> None:
    """Write the features of a key that occurred. A feature without a value keeps its missing value."""
    for feature in range(wanted.features_from[key], wanted.features_from[key + 1]):
        value = _result(wanted, kept, date, key, feature)
        if not np.isnan(value):
            found[date, wanted.column[feature], row] = value


@compiled
def _result(wanted: Wanted, kept: Kept, date: int, key: int, feature: int) -> float:  # noqa: PLR0911 - one return per statistic
    """Work out a statistic from the state. NaN if no event counts."""
    statistic, window = wanted.statistic[feature], wanted.window[feature]
    edge = wanted.as_of[date] - wanted.days[feature]
    if statistic == DAYS_SINCE_LAST:
        return np.float64(wanted.as_of[date] - kept.last[key, date]) if kept.last[key, date] >= edge else np.nan
    if statistic == DAYS_SINCE_FIRST:
        return np.float64(wanted.as_of[date] - kept.first[key, date]) if kept.first[key, date] < LATE else np.nan
    if statistic == LATEST:
        return np.float64(kept.latest[key, date]) if kept.latest_on[key, date] >= edge else np.nan
    if statistic == CHANGE:
        latest_on = kept.latest_on[key, date]
        has_two = latest_on >= edge and wanted.as_of[date] - latest_on < kept.oldest[window, date]
        return np.float64(kept.latest[key, date] - kept.earliest[window, date]) if has_two else np.nan
    if statistic in (TOTAL, MEAN):
        total, valued = kept.total[window, date] / STEPS_PER_UNIT, kept.valued[window, date]
        return np.nan if valued == 0 else total / valued if statistic == MEAN else total
    if statistic == DISTINCT:
        return np.float64(kept.differ[window, date]) if kept.differ[window, date] else np.nan
    events = kept.events[window, date]
    if events == 0:
        return np.nan
    if statistic == TREND:
        return np.float64(2 * kept.events[wanted.half[feature], date] - events)
    return 1.0 if statistic == EVER else np.float64(events)


@compiled
def _forget(wanted: Wanted, kept: Kept, key: int) -> None:
    """Clear the state of a key."""
    kept.is_met[key] = False
    for date in range(len(wanted.as_of)):
        kept.last[key, date], kept.first[key, date], kept.latest_on[key, date] = NEVER, LATE, NEVER
        for window in range(wanted.windows_from[key], wanted.windows_from[key + 1]):
            kept.events[window, date], kept.valued[window, date], kept.total[window, date] = 0, 0, 0
            kept.differ[window, date], kept.oldest[window, date] = 0, 0
