"""The kinds of column in tables. Each column is declared on one line with its meaning and source."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import dataframely as dy
import polars as pl

PERSON_ID_LENGTH = 128
"""Longest pseudonym, in characters (contract section 3)."""


def text(
    means: str,
    source: str,
    *,
    required: bool = False,
    pattern: str | None = None,
    form: str = "",
    max_length: int | None = None,
    values: Mapping[str, str] | None = None,
    key: bool = False,
) -> dy.String:
    """A text column. `values` is its closed list (code: meaning), `form` describes `pattern` in words, `max_length` is
    in characters.

    A `key` is unique.
    """
    metadata: dict[str, Any] = {"source": source} | ({"form": form} if form else {})
    checks: dict[str, Callable[[pl.Expr], pl.Expr]] = {}
    if values is not None:
        metadata["values"] = dict(values)
        checks["values"] = lambda column: column.is_in(list(values))
    if max_length is not None:
        metadata["max_length"] = max_length
        checks["length"] = lambda column: column.str.len_chars() <= max_length
    if key:
        checks["repeated"] = lambda column: column.is_first_distinct()
    return dy.String(nullable=not required, regex=pattern, check=checks or None, description=means, metadata=metadata)


def day(means: str, source: str, *, required: bool = False) -> dy.Date:
    """A date without a time."""
    return dy.Date(nullable=not required, description=means, metadata={"source": source})


def month(means: str, source: str, *, required: bool = False) -> dy.Date:
    """A month, stored as its first day. Any other day would be a full date, which can identify a person."""
    metadata = {"source": source, "precision": "month"}
    return dy.Date(nullable=not required, resolution="1mo", description=means, metadata=metadata)


def number(
    means: str, source: str, *, required: bool = False, low: float | None = None, high: float | None = None
) -> dy.Float64:
    """A finite number from `low` to `high`, inclusive."""
    return dy.Float64(nullable=not required, min=low, max=high, description=means, metadata={"source": source})


def whole(
    means: str, source: str, *, required: bool = False, low: int | None = None, high: int | None = None
) -> dy.Int64:
    """A whole number from `low` to `high`, inclusive."""
    return dy.Int64(nullable=not required, min=low, max=high, description=means, metadata={"source": source})


def person_id() -> dy.String:
    """The pseudonym that links one person's rows."""
    return text(
        "Pseudonym of the person, the same in every extract of one site; never an NHS number.",
        "The site's pseudonymisation service",
        required=True,
        max_length=PERSON_ID_LENGTH,
    )


def row_id() -> dy.String:
    """The source's key of a row. A repeated key is a newer version."""
    return text(
        "The source's own key of the row. If a key comes again, the row is a newer version of the same record.",
        "The source system",
    )
