"""Parquet and CSV of a list."""

from __future__ import annotations

import io

import polars as pl

_DANGEROUS = r"^([=+\-@\t\r\n])"
"""What makes a spreadsheet take a cell for a formula (OWASP, CSV injection)."""


def parquet(rows: pl.DataFrame) -> bytes:
    """The rows as Parquet."""
    buffer = io.BytesIO()
    rows.write_parquet(buffer, compression="zstd", statistics=True)
    return buffer.getvalue()


def csv(rows: pl.DataFrame) -> bytes:
    """The rows as CSV that a spreadsheet opens as UTF-8 and in which no cell can be a formula."""
    safe = rows.with_columns(pl.col(pl.String).str.replace(_DANGEROUS, "'$1"))
    return safe.write_csv(include_bom=True, line_terminator="\r\n").encode()
