"""Counts a bucket of the event log: from events to one column per feature, for several as-of dates together."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from threading import local

import numpy as np
import numpy.typing as npt
import polars as pl

from pipeline.features.kernel import LATE, NEVER, walk
from pipeline.features.plan import Plan
from pipeline.features.state import Events, Kept, Wanted

Matrix = npt.NDArray[np.float32]

LINE = 16
"""Numbers in a cache line. Columns a power of two apart would push each other out of the cache, so one line is left
between them.
"""

MORE = 16
"""New memory has room for a sixteenth more people, because the next bucket may have more."""


class Memory(local):
    """Each thread's memory for the matrices of one bucket after another. It takes less time to fill it again than to
    get new memory.
    """

    def __init__(self) -> None:
        self._numbers = np.empty(0, np.float32)

    def __reduce__(self) -> tuple[type[Memory], tuple[()]]:
        """Another process starts with empty memory."""
        return Memory, ()

    def filled(self, missing: npt.NDArray[np.float32], dates: int, people: int) -> npt.NDArray[np.float32]:
        """Matrices of [date, feature, person] without any event. They replace those of the call before."""
        shape = dates, len(missing), people
        if self._numbers.size >= prod(shape):
            matrices = self._numbers[: prod(shape)].reshape(shape)
            matrices[:] = missing[:, None]
            return matrices
        self._numbers = np.zeros(prod(shape) + prod(shape) // MORE, np.float32)
        matrices, other = self._numbers[: prod(shape)].reshape(shape), np.flatnonzero(missing != 0)
        matrices[:, other] = missing[other, None]  # new memory is 0 already, so filling all of it would take longer
        return matrices


def count(
    plan: Plan,
    log: pl.DataFrame,
    persons: Sequence[npt.NDArray[np.int32]],
    stays: pl.DataFrame | None = None,
    memory: Memory | None = None,
) -> list[Matrix]:
    """Count the features of the plan's `persons` (sorted, without repeats) for each date. Returns float32 (features,
    people), NaN for unknown.

    `log` has the columns of the event log, sorted by person, concept and day. `stays` also has `first` and `end`: the
    dates to which a row applies. With `memory`, the result
    is there until the next call.
    """
    people, rows = _rows(persons)
    longest = max(len(own) for own in persons)
    matrices = (memory or Memory()).filled(plan.missing, len(persons), -(-longest // LINE) * LINE + LINE)
    sources = _events(log), _events(log.clear() if stays is None else stays)
    most = sum(_most_of_one(events.person) for events in sources) if plan.wanted.differing.max(initial=-1) >= 0 else 0
    kept = _kept(plan.wanted, most)
    walk(*sources, plan.wanted, kept, people, rows, matrices)
    return [matrices[n, :, : len(own)] for n, own in enumerate(persons)]


def _rows(persons: Sequence[npt.NDArray[np.int32]]) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    """Everybody, and their rows by [date, person]; -1 for a date that is not about the person."""
    every = np.concatenate(persons)
    first, end = (int(every.min()), int(every.max()) + 1) if len(every) else (0, 0)
    rows = np.full((len(persons), end - first), -1, np.int32)
    for n, own in enumerate(persons):
        rows[n, own - first] = np.arange(len(own), dtype=np.int32)
    there = np.flatnonzero((rows >= 0).any(axis=0))
    return (first + there).astype(np.int32), np.ascontiguousarray(rows[:, there])


def _events(frame: pl.DataFrame) -> Events:
    every = np.empty(0, np.int8)
    first, end = (frame["first"].to_numpy(), frame["end"].to_numpy()) if "first" in frame.columns else (every, every)
    happened, known = (frame[name].to_physical().to_numpy() for name in ("happened", "known"))
    value = frame["value"].fill_null(np.nan).to_numpy()
    events = Events(frame["person"].to_numpy(), happened, known, frame["concept"].to_numpy(), value, first, end)
    for column in events:
        column.flags.writeable = False  # Polars usually gives read-only arrays; writable ones would be compiled again
    return events


def _most_of_one(person: npt.NDArray[np.int32]) -> int:
    """Number of rows of the person with the most rows."""
    if not len(person):
        return 0
    starts = np.flatnonzero(person[1:] != person[:-1]) + 1
    return int(np.diff(starts, prepend=0, append=len(person)).max())


def _kept(wanted: Wanted, most_rows: int) -> Kept:
    numbers, slots = wanted.differing.max(initial=-1) + 1, 2 ** (2 * most_rows).bit_length()
    counts, sums, latest, earliest = (
        len(windows.since) for windows in (wanted.counts, wanted.sums, wanted.latest, wanted.earliest)
    )
    return Kept(
        is_met=np.zeros(len(wanted.differing), np.bool_),
        met=np.zeros(len(wanted.differing) + 1, np.int32),
        events=np.zeros(counts, np.int32),
        last=np.full(len(wanted.lasts.since), NEVER, np.int32),
        first=np.full(len(wanted.firsts.since), LATE, np.int32),
        valued=np.zeros(sums, np.int32),
        total=np.zeros(sums, np.int64),
        latest_on=np.full(latest, NEVER, np.int32),
        latest=np.zeros(latest, np.float32),
        earliest_on=np.full(earliest, LATE, np.int32),
        earliest=np.zeros(earliest, np.float32),
        differ=np.zeros(len(wanted.distinct.since), np.int32),
        slots_used=np.zeros(numbers, np.int32),
        used=np.zeros((numbers, most_rows), np.int32),
        slot_value=np.zeros((numbers, slots), np.float32),
        slot_last=np.full((numbers, slots, len(wanted.whole)), NEVER, np.int32),
        is_used=np.zeros((numbers, slots), np.bool_),
    )
