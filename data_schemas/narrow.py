"""Finds the smallest type that holds the values of a feature exactly, and counts the values on the way.

Most features are small whole numbers. A file of bytes is written and read in a fraction of the time that 32-bit numbers
take.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from data_schemas.compiling import compiled, compiled_and_kept

Values = npt.NDArray[np.float32]
Column = npt.NDArray[np.uint8] | npt.NDArray[np.int16] | Values

BYTES, SHORTS, NUMBERS = range(3)
LARGEST_BYTE, LARGEST_SHORT = 2**8 - 1, 2**15 - 1
SIGN: Any = np.int32(31)
REST: Any = np.int32(2**31 - 1)
"""The bit that holds a number's sign, and all other bits."""
ZERO = np.float32(0)
"""Makes a negative zero positive when it is added, because a small type has only one zero."""


class Summary(NamedTuple):
    """What the values of each feature are: how many are known, the least, the greatest and the sum."""

    known: npt.NDArray[np.int32]
    least: Values
    greatest: Values
    total: npt.NDArray[np.float64]


class Narrowed(NamedTuple):
    """The kind of type of each feature, then the features of each small type in order. Others are not copied."""

    kind: npt.NDArray[np.int8]
    bytes: npt.NDArray[np.uint8]
    shorts: npt.NDArray[np.int16]

    def columns(self, values: Values) -> Iterator[Column]:
        """The columns of all features, in order. `values` has those that are in no small type."""
        left = {BYTES: iter(self.bytes), SHORTS: iter(self.shorts)}
        return (next(left[kind]) if kind in left else row for kind, row in zip(self.kind, values, strict=True))


def narrow(values: Values) -> tuple[Narrowed, Summary]:
    """Narrow float32 (features, people). An unknown value is NaN, which becomes 0 in a small type."""
    features, people = values.shape
    narrowed = Narrowed(
        np.empty(features, np.int8), np.empty((features, people), np.uint8), np.empty((features, people), np.int16)
    )
    summary = Summary(
        *(np.empty(features, kind) for kind in (np.int32, np.float32, np.float32, np.float64))  # type: ignore[arg-type]
    )
    _narrow(_with_room(values), people, narrowed, summary)
    return narrowed, summary


def _with_room(values: Values) -> Values:
    """The values with the room between the rows, because compiled code is faster on one block of memory."""
    width = values.strides[0] // values.itemsize
    return np.lib.stride_tricks.as_strided(values, (len(values), width), writeable=False)


@compiled_and_kept
def _narrow(values: Values, people: int, narrowed: Narrowed, summary: Summary) -> None:
    bytes_used, shorts_used = 0, 0
    for feature in range(len(values)):
        row = values[feature]
        is_whole = _describe(row, people, feature, summary)
        least, greatest = summary.least[feature], summary.greatest[feature]  # NaN if nothing is known
        if is_whole and not (least < 0 or greatest > LARGEST_BYTE):
            narrowed.kind[feature] = BYTES
            summary.total[feature] = _copy(row, people, narrowed.bytes[bytes_used])
            bytes_used += 1
        elif is_whole and not (least < -LARGEST_SHORT or greatest > LARGEST_SHORT):
            narrowed.kind[feature] = SHORTS
            summary.total[feature] = _copy(row, people, narrowed.shorts[shorts_used])
            shorts_used += 1
        else:
            narrowed.kind[feature] = NUMBERS
            summary.total[feature] = _sum(row, people)


@compiled
def _describe(row: Values, people: int, feature: int, summary: Summary) -> bool:
    """Count the known values and find the least and the greatest. Returns whether all are whole numbers.

    Numbers are compared by their bits, in the order of the numbers, because a processor does several at once.
    """
    known, fractions, least, greatest = 0, 0, REST, ~REST
    bits = row.view(np.int32)
    for n in range(people):
        is_known = not np.isnan(row[n])
        ordered = _ordered(bits[n])
        known += is_known
        least = min(least, ordered if is_known else REST)
        greatest = max(greatest, ordered if is_known else ~REST)
        fractions += is_known and np.floor(row[n]) != row[n]
    summary.known[feature] = known
    summary.least.view(np.int32)[feature] = _ordered(least)
    summary.greatest.view(np.int32)[feature] = _ordered(greatest)
    summary.least[feature] += ZERO
    summary.greatest[feature] += ZERO
    return fractions == 0


@compiled
def _ordered(bits: int) -> int:
    """The bits of a number as an integer of the same order, and the other way round."""
    other: int = (bits >> SIGN) & REST
    return bits ^ other


@compiled
def _copy(row: Values, people: int, to: Column) -> int:
    """Copy whole numbers, with 0 for unknown. Returns their sum."""
    total = 0
    for n in range(people):
        value: Any = np.int32(0) if np.isnan(row[n]) else np.int32(row[n])
        to[n] = value
        total += value
    return total


@compiled
def _sum(row: Values, people: int) -> float:
    """The sum of the known values."""
    total = 0.0
    for n in range(people):
        if not np.isnan(row[n]):
            total += row[n]
    return total
