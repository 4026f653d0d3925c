"""How pseudonyms are compared: hexadecimal ones are the same in either case, others as they are written."""

from __future__ import annotations

from typing import Literal

import polars as pl

Kind = Literal["hex", "exact"]
HEXADECIMAL = r"^(?:0[xX])?\{?[0-9A-Fa-f][0-9A-Fa-f-]*\}?$"
"""Digits of base 16, with or without the marks that databases and GUIDs put around and between them."""


def folded(pseudonym: pl.Expr, kind: Kind) -> pl.Expr:
    """The form in which pseudonyms are compared."""
    return pseudonym.str.to_lowercase() if kind == "hex" else pseudonym


def folded_where_hexadecimal(pseudonym: pl.Expr) -> pl.Expr:
    """The same where nobody has said what kind they are: those that look hexadecimal, without regard to case."""
    return pl.when(pseudonym.str.contains(HEXADECIMAL)).then(pseudonym.str.to_lowercase()).otherwise(pseudonym)
