"""Finds texts that need no closer look, in a fraction of the time that patterns take.

They have no sign of a person and no space around them, and do not mean "nothing recorded". The patterns in `values`
decide about all others.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import numpy.typing as npt
import polars as pl

from data_schemas.compiling import compiled, compiled_and_kept
from pipeline.ingest.characters import Bytes, Ends, Places, characters

Marks = npt.NDArray[np.bool_]
Counts = npt.NDArray[np.int64]

_ANY, _DIGIT, _NUMERIC, _DOUBT = 0, 1, 2, 4
_PARTS = np.full(256, _DOUBT, np.uint8)
_PARTS[ord("!") : ord("~") + 1] = _ANY
_PARTS[list(b"@+()")] = _DOUBT
_PARTS[list(b"-.")] = _NUMERIC
_PARTS[list(b"0123456789")] = _NUMERIC | _DIGIT
"""What each byte can be part of. Addresses and postcodes of two parts have a space, and only digits, hyphens, points
and the doubtful bytes make a telephone or NHS number."""
_ZERO, _NINE = b"09"
_POSTCODE, _NHS, _PHONE = (5, 7), 14, 10
"""Lengths: of a postcode without a space, the longest NHS number, the shortest telephone number."""
_NHS_DIGITS = 10
_BOUND = 8
_KINDS = _PARTS.copy()
_KINDS[list(b',\n\r"')] = _BOUND
"""The same for a CSV file, in which commas, line ends and quotation marks have a number of their own."""
_COMMA, _NEW_LINE, _RETURN = b",\n\r"
NOT_PLAIN = -1


def words_for_nothing(nothing: Collection[str]) -> Marks:
    """True where a word for "nothing recorded" has that first byte and that length."""
    words = [word.encode() for word in nothing if word]
    starts = np.zeros((256, max(map(len, words), default=0) + 1), np.bool_)
    for word in words:
        starts[word[0], len(word)] = True
    return starts


def doubtful(text: pl.Series, nothing: Collection[str]) -> tuple[Marks, int]:
    """Which texts patterns have to decide about, and how many are empty or missing, which are not among them. `nothing`
    are the words for "nothing recorded".
    """
    doubts = np.zeros(len(text), np.bool_)
    return doubts, find_doubtful(*characters(text), words_for_nothing(nothing), doubts)


@compiled
def _is_doubtful(held: Bytes, begin: int, end: int, digits: int, found: int, common: int, starts: Marks) -> bool:
    """Whether a text has a doubtful byte, may be a number or a postcode of a person, or is as long as a word for
    nothing with the same first byte. `found` are the parts that its bytes can be, `common` those that all can be.
    """
    length = end - begin
    if found & _DOUBT or (length < starts.shape[1] and starts[held[begin], length]):
        return True
    if common:
        return (digits >= _NHS_DIGITS and length <= _NHS) or (held[begin] == _ZERO and length >= _PHONE)
    return _POSTCODE[0] <= length <= _POSTCODE[1] and held[begin] > _NINE and held[end - 1] > _NINE


@compiled_and_kept
def find_doubtful(held: Bytes, ends: Ends, known: Bytes, starts: Marks, doubts: Marks) -> int:
    """Mark the doubtful texts. Returns how many are empty or missing."""
    empty = 0
    for n in range(len(doubts)):
        begin, end = ends[n], ends[n + 1]
        digits, found, common = 0, 0, _NUMERIC
        for at in range(begin, end):
            part = _PARTS[held[at]]
            digits += part & _DIGIT
            found |= part
            common &= part
        if begin == end or not known[n]:
            empty += 1
        else:
            doubts[n] = _is_doubtful(held, begin, end, digits, found, common, starts)
    return empty


@compiled_and_kept
def find_doubtful_fields(held: Bytes, starts: Marks, wanted: Marks, filled: Counts, fields: Places) -> tuple[int, int]:
    """Find the doubtful fields in whole lines of a CSV file, and all fields of the `wanted` columns: write the column
    of each, where it begins and where it ends. Adds the filled fields of each column to `filled`.

    Returns how many are found, and the number of rows, or `NOT_PLAIN` if a line has a quotation mark or more or fewer
    fields than there are columns.
    """
    rows, count, column, begin = 0, 0, 0, 0
    digits, found, common = 0, 0, _NUMERIC
    for at in range(len(held)):
        byte = held[at]
        kind = _KINDS[byte]
        if kind != _BOUND:
            digits += kind & _DIGIT
            found |= kind
            common &= kind
            continue
        if byte == _RETURN and held[at + 1] == _NEW_LINE:
            continue
        ends_line = byte == _NEW_LINE
        if not (ends_line or byte == _COMMA) or ends_line != (column == len(filled) - 1):
            return count, NOT_PLAIN
        end = at - 1 if ends_line and held[at - 1] == _RETURN else at
        if begin < end:
            filled[column] += 1
            if wanted[column] or _is_doubtful(held, begin, end, digits, found, common, starts):
                fields[count, 0], fields[count, 1], fields[count, 2] = column, begin, end
                count += 1
        column = 0 if ends_line else column + 1
        rows += ends_line
        begin, digits, found, common = at + 1, 0, 0, _NUMERIC
    return count, rows
