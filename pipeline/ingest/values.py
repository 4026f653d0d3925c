"""Finds values that identify a person in any column: NHS numbers, postcodes, addresses, telephone numbers, e-mail."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

import polars as pl
from stdnum.gb import nhs

from data_schemas.snomed import is_concept
from pipeline.ingest.harmless import doubtful

_AREAS = (
    "A[BL]|B[ABDHLNRSTX]?|C[ABFHMORTVW]|D[ADEGHLNTY]|E[CHNX]?|F[KY]|G[LUY]?|H[ADGPRSUX]|I[GMPV]|JE|K[ATWY]|L[ADELNSU]?|M[EKL]?|"
    "N[EGNPRW]?|O[LX]|P[AEHLOR]|R[GHM]|S[AEGKLMNOPRSTWY]?|T[ADFNQRSW]|UB|W[ACDFNRSV]?|YO|ZE"
)
_OUTWARD = rf"(?:{_AREAS})[0-9][0-9A-Z]?"
_INWARD = "[0-9][ABD-HJLNP-UW-Z]{2}"
_ROAD = "street|road|avenue|lane|crescent|terrace|grove|drive|close|gardens"

NHS_SHAPE = r"^[0-9]{3}[ -]?[0-9]{3}[ -]?[0-9]{4}(?:\.0)?$"
_NO_SNOMED = r"^[0-9]{3}[ -]?[0-9]{3}[ -]?[0-9](?:[2-9][0-9]|[01][1-9])[0-9](?:\.0)?$"
"""Ten digits that cannot be a SNOMED CT concept id, whose eighth and ninth are 00 or 10."""
POSTCODE = rf"\b{_OUTWARD} {{1,2}}{_INWARD}\b"
POSTCODE_JOINED = rf"(?i)^{_OUTWARD} ?{_INWARD}$"
PHONE = r"^(?:\+44|0044)[ (][0-9 ()-]{8,16}$|^\+44[0-9]{9,10}$|^\(?0[1-37-9][0-9]{1,4}\)?[ -][0-9][0-9 -]{4,9}[0-9]$"
PHONE_JOINED = r"^0[1-37-9][0-9]{9}$"
EMAIL = r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+\.[A-Za-z]"
ADDRESS = rf"(?i)^(?:flat [0-9a-z]+,? )?[0-9]{{1,4}}[a-z]?,? (?:[a-z'.-]+ ){{1,4}}(?:{_ROAD})\.?(?:,|$)"

_SHAPES = ("@", POSTCODE, POSTCODE_JOINED, PHONE, PHONE_JOINED, ADDRESS)
SUSPICIOUS = "|".join(f"(?:{shape})" for shape in (*_SHAPES, NHS_SHAPE))
"""All shapes in one pass."""
FIRST_SIGN = "|".join(f"(?:{shape})" for shape in (*_SHAPES, _NO_SNOMED))
"""A column without any of these needs no closer check. A column of SNOMED CT codes has none."""

BY_CHANCE = 1 / 11
"""Share of ten-digit numbers that pass the NHS number's check digit by chance."""
SIGNIFICANT = 0.001
MOSTLY = 0.5
"""Share of a column's values from which shapes that a code may have by chance (WN11AA, 01942123456) are what they
look like."""


FIRST_ROWS = 8_000
"""Rows that show whether a column repeats its texts, and as many as are always looked at closely."""


def is_suspicious(text: pl.Series) -> pl.Series:
    """Whether each text has one of the shapes."""
    return text.str.strip_chars().str.contains(SUSPICIOUS)


def first_look(text: pl.Series, nothing: Collection[str]) -> tuple[pl.Series, bool]:
    """Whether each text has a first sign; and whether all are tidy: without space around them, and none of the texts
    for `nothing`. Patterns look only at texts that compiled code doubts.
    """
    doubts, empty = doubtful(text, nothing)
    is_tidy = empty == text.null_count()
    signs = pl.Series(doubts)
    if doubts.any():
        found, others_are_tidy = _closer_look(text.filter(signs), nothing)
        signs, is_tidy = signs.scatter(doubts.nonzero()[0], found), is_tidy and others_are_tidy
    return signs, is_tidy


def _closer_look(text: pl.Series, nothing: Collection[str]) -> tuple[pl.Series, bool]:
    """The same by patterns. If texts repeat, the different ones are checked first: usually none has a sign. Where very
    many are different, they count as untidy, because checking takes as long as tidying.
    """
    begin = text.head(FIRST_ROWS)
    repeats = 2 * begin.n_unique() < len(begin)
    if not repeats and len(text) > FIRST_ROWS:
        return text.str.strip_chars().str.contains(FIRST_SIGN), False
    different = text.unique() if repeats else text
    bare = different.str.strip_chars()
    signs, is_untidy = bare.str.contains(FIRST_SIGN), ((bare != different) | bare.is_in(nothing)).any()
    if repeats:
        signs = text.str.strip_chars().str.contains(FIRST_SIGN) if signs.any() else pl.Series([False])
    return signs, not is_untidy


@dataclass(frozen=True)
class Column:
    """Suspicious values of one column: distinct `value`s with the `rows` of each, and how many rows are filled."""

    values: pl.DataFrame
    filled: int

    def matching(self, pattern: str) -> pl.DataFrame:
        return self.values.filter(pl.col("value").str.contains(pattern))


def _any(pattern: str) -> Callable[[Column], int]:
    return lambda column: column.matching(pattern).height


def _mostly(pattern: str) -> Callable[[Column], int]:
    def count(column: Column) -> int:
        matches = column.matching(pattern)
        return matches.height if matches["rows"].sum() >= MOSTLY * column.filled else 0

    return count


def nhs_numbers(column: Column) -> int:
    """Distinct NHS numbers, where more pass the check digit than chance would let through; SNOMED CT ids are set
    aside."""
    shaped = column.matching(NHS_SHAPE)["value"].str.replace(r"\.0$", "").str.replace_all("[ -]", "").unique()
    numbers = [number for number in shaped if not is_concept(number)]
    valid = sum(nhs.checksum(number) == 0 for number in numbers)
    return valid if exceeds_chance(valid, len(numbers)) else 0


def exceeds_chance(valid: int, of: int) -> bool:
    """Whether more pass than 1 in 11 explains: the binomial tail is below `SIGNIFICANT` (3 of 3 is, 2 of 2 is not)."""
    p, q = math.log(BY_CHANCE), math.log(1 - BY_CHANCE)
    ways = (
        math.lgamma(of + 1) - math.lgamma(k + 1) - math.lgamma(of - k + 1) + k * p + (of - k) * q
        for k in range(valid, of + 1)
    )
    return valid > BY_CHANCE * of and sum(map(math.exp, ways)) < SIGNIFICANT


KINDS: dict[str, Callable[[Column], int]] = {
    "NHS numbers": nhs_numbers,
    "postcodes": lambda column: _any(POSTCODE)(column) or _mostly(POSTCODE_JOINED)(column),
    "telephone numbers": lambda column: _any(PHONE)(column) or _mostly(PHONE_JOINED)(column),
    "e-mail addresses": _any(EMAIL),
    "addresses": _any(ADDRESS),
}


def found(column: Column) -> Iterable[tuple[str, int]]:
    """What the column's values are, and how many distinct ones."""
    counts = ((kind, count(column)) for kind, count in KINDS.items())
    return ((kind, count) for kind, count in counts if count)
