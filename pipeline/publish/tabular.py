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
    """The rows as CSV in which no cell can be a formula; marked as UTF-8 for spreadsheets where it is not plain ASCII.

    Elsewhere the mark would only hide the first column's name from programs that do not expect it.
    """
    safe = rows.with_columns(pl.col(pl.String).str.replace(_DANGEROUS, "'$1"))
    text = safe.write_csv(line_terminator="\r\n")
    return text.encode("ascii" if text.isascii() else "utf-8-sig")
