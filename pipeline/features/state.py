"""What the compiled pass takes: the plan, the events, and the state of one person."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int32]


class Windows(NamedTuple):
    """The windows of each key for some statistics, from `starts[key]` to `starts[key + 1]`: their first days, `since`,
    by [window, date].

    Arrays by [window, date] have one dimension, so that one loop goes through all windows and dates of a key. Their
    places are unsigned: otherwise compiled code checks for negative ones, and a processor cannot take several at once.
    """

    starts: npt.NDArray[np.uint64]
    since: Integers


class Wanted(NamedTuple):
    """A plan in the form that the compiled pass reads. `…_from[n]` to `…_from[n + 1]` is the range in the next array
    that belongs to n.

    A *key* is a concept, or several taken as one. `window` and `other` number a feature's windows among those of its
    statistic. `differing` numbers the keys that need a count of different values, -1 for the others. `whole` has the
    first day of each look-back. There may be more dates than asked, which see no day. `as_of` repeats the dates for
    each window that a key may have; `own` has it by [first, end], for rows that apply to some dates only.
    """

    as_of: Integers
    own: Integers
    whole: Integers
    keys_from: Integers
    keys: Integers
    has_values: npt.NDArray[np.bool_]
    counts: Windows
    lasts: Windows
    firsts: Windows
    sums: Windows
    latest: Windows
    earliest: Windows
    distinct: Windows
    differing: Integers
    features_from: Integers
    statistic: Integers
    column: Integers
    window: Integers
    other: Integers


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
    """The state of one person: arrays by [window, date], and the `met` keys.

    A key that needs a count of different values has a hash table, numbered as in `Wanted.differing`: the last day of a
    value by [number, slot, date], and the slots in use.
    """

    is_met: npt.NDArray[np.bool_]
    met: npt.NDArray[np.int32]
    events: npt.NDArray[np.int32]
    last: npt.NDArray[np.int32]
    first: npt.NDArray[np.int32]
    valued: npt.NDArray[np.int32]
    total: npt.NDArray[np.int64]
    latest_on: npt.NDArray[np.int32]
    latest: npt.NDArray[np.float32]
    earliest_on: npt.NDArray[np.int32]
    earliest: npt.NDArray[np.float32]
    differ: npt.NDArray[np.int32]
    slots_used: npt.NDArray[np.int32]
    used: npt.NDArray[np.int32]
    slot_value: npt.NDArray[np.float32]
    slot_last: npt.NDArray[np.int32]
    is_used: npt.NDArray[np.bool_]
