"""Compiled loops over people: for each replicate of a bootstrap, and for each step of a logistic regression."""

from __future__ import annotations

import math

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


@compiled_and_kept
def likelihood(
    design: Array, y: Array, w: Array, offset: Array, beta: Array, gradient: Array, information: Array
) -> float:
    """Add up gradient (k,) and information (k, k) of a logistic regression over the rows of `design` (n, k), and return
    the negative log-likelihood."""
    gradient[:] = 0.0
    information[:] = 0.0
    loss = 0.0
    for row in range(len(design)):
        margin = offset[row]
        for i in range(len(beta)):
            margin += design[row, i] * beta[i]
        small = math.exp(-abs(margin))
        risk = (1.0 if margin >= 0 else small) / (1.0 + small)
        loss += w[row] * (math.log1p(small) + max(margin, 0.0) - y[row] * margin)
        residual, variance = w[row] * (y[row] - risk), w[row] * risk * (1.0 - risk)
        for i in range(len(beta)):
            gradient[i] += residual * design[row, i]
            for j in range(i + 1):
                information[i, j] += variance * design[row, i] * design[row, j]
    for i in range(len(beta)):
        for j in range(i):
            information[j, i] = information[i, j]
    return loss
