"""How pseudonyms are compared: hexadecimal ones ignore case, others match exactly as written."""

from __future__ import annotations

from typing import Literal

import polars as pl

Kind = Literal["hex", "exact"]
HEXADECIMAL = r"^(?:0[xX])?\{?[0-9A-Fa-f][0-9A-Fa-f-]*\}?$"
"""Base-16 digits, with or without the marks that databases and GUIDs put around and between them."""


def folded(pseudonym: pl.Expr, kind: Kind) -> pl.Expr:
    """A pseudonym in the form used for comparison."""
    return pseudonym.str.to_lowercase() if kind == "hex" else pseudonym


def folded_where_hexadecimal(pseudonym: pl.Expr) -> pl.Expr:
    """The same if the site has not set the kind: pseudonyms that look hexadecimal ignore case."""
    return pl.when(pseudonym.str.contains(HEXADECIMAL)).then(pseudonym.str.to_lowercase()).otherwise(pseudonym)
