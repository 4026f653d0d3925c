"""Compiled loops over people, for each replicate of a bootstrap: they take most of the time of an evaluation."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from data_schemas.compiling import compiled_and_kept
from models.metrics import Array


@compiled_and_kept
def tally(drawn: NDArray[np.int32], counts: Array) -> None:
    """Add to `counts` how often each number was drawn."""
    for number in drawn:
        counts[number] += 1.0


@compiled_and_kept
def descend(
    order: NDArray[np.intp],
    event: NDArray[np.bool_],
    bend: NDArray[np.bool_],
    w: Array,
    people: Array,
    events: Array,
) -> None:
    """Write the sums of `w` (b, n), and those of events, over the rows in `order` down to each bend.

    `event` and `bend` are in that order. `people` and `events` are (b, bends + 1) and start with 0.
    """
    for replicate in range(len(w)):
        of_people, of_events, place = 0.0, 0.0, 0
        people[replicate, 0] = events[replicate, 0] = 0.0
        for rank in range(len(order)):
            weight = w[replicate, order[rank]]
            of_people += weight
            if event[rank]:
                of_events += weight
            if bend[rank]:
                place += 1
                people[replicate, place], events[replicate, place] = of_people, of_events
