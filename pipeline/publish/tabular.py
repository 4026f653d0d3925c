"""Writes a list as Parquet and CSV."""

from __future__ import annotations

import io

import polars as pl

_DANGEROUS = r"^([=+\-@\t\r\n])"
"""What makes a spreadsheet read a cell as a formula (OWASP, CSV injection)."""


def parquet(rows: pl.DataFrame) -> bytes:
    """The rows as Parquet."""
    buffer = io.BytesIO()
    rows.write_parquet(buffer, compression="zstd", statistics=True)
    return buffer.getvalue()


def csv(rows: pl.DataFrame) -> bytes:
    """The rows as CSV in which no cell can be a formula, marked as UTF-8 for spreadsheets if it is not plain ASCII.

    In plain ASCII the mark would only hide the first column's name from programs that do not expect it.
    """
    safe = rows.with_columns(pl.col(pl.String).str.replace(_DANGEROUS, "'$1"))
    text = safe.write_csv(line_terminator="\r\n")
    return text.encode("ascii" if text.isascii() else "utf-8-sig")
