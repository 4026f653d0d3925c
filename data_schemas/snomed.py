"""SNOMED CT identifiers: 6 to 18 digits, of which the last is a check digit (SNOMED CT implementation guide)."""

from __future__ import annotations

import re

from stdnum import verhoeff

EXACT_DIGITS = 15
"""Digits that a spreadsheet keeps; it writes 0 for the rest."""
SCIENTIFIC = r"^[0-9]+(?:\.[0-9]+)?[Ee]\+?[0-9]+$"
"""A long code after a spreadsheet changed it."""
DECIMAL = r"^([0-9]{6,18})\.0+$"
"""A code after it was stored as a floating-point number."""

_SHAPE = re.compile(r"[1-9][0-9]{5,17}")
_CONCEPTS = ("00", "10")


def is_shaped(code: str) -> bool:
    """Whether a code looks like an identifier. The check digit may be wrong."""
    return _SHAPE.fullmatch(code) is not None


def is_valid(code: str) -> bool:
    """Whether a code is an identifier with the right (Verhoeff) check digit."""
    return is_shaped(code) and bool(verhoeff.is_valid(code))


def is_concept(code: str) -> bool:
    """Whether a code is a concept: a valid identifier in partition 00 or 10."""
    return code[-3:-1] in _CONCEPTS and is_valid(code)


def is_rounded(code: str) -> bool:
    """Whether a spreadsheet has rounded the code: it has an exponent, or only zeros after the fifteenth digit.

    A long identifier names its namespace, which partitions 00, 01 and 02 do not have. So a long one that ends in 000 is
    rounded, whatever its check digit.
    """
    if re.match(SCIENTIFIC, code):
        return True
    zeros = len(code) - EXACT_DIGITS
    ends_in_zeros = zeros > 0 and is_shaped(code) and code.endswith("0" * zeros)
    return ends_in_zeros and (code[-3:-1] == "00" or not is_valid(code))
