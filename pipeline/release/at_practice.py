"""Makes what a practice uses from a list with names: a workbook, letters, a file for its own system, and outcomes
without names to send back.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import polars as pl

from data_schemas.errors import ConfigurationError, DataRefused
from pipeline import words
from pipeline.ledger.feedback import read
from pipeline.pages import render
from pipeline.publish import tabular
from pipeline.publish.content import COLUMNS
from pipeline.publish.reasons import REASONS
from pipeline.publish.workbook import identified
from pipeline.release.reidentify import NHS_NUMBER, Reidentified

Format = Literal["csv", "xlsx", "letters", "emis", "systmone"]
ON_A_LIST = frozenset({*COLUMNS, "cluster_code", "as_of", "edition"})
ENDINGS: dict[str, str] = {
    "csv": "identified.csv",
    "xlsx": "identified.xlsx",
    "letters": "letters.html",
    "emis": "emis.csv",
    "systmone": "systmone.csv",
}


def identity_of(rows: pl.DataFrame) -> list[str]:
    """The columns that identify people: all that a list does not have."""
    return [name for name in rows.columns if name not in ON_A_LIST]


@dataclass(frozen=True)
class Import:
    """The simple CSV that a clinical system imports."""

    headings: tuple[str, str, str, str]
    """The headings for NHS number, code, date and text."""
    date_format: str


IMPORTS = {
    "emis": Import(("NHS Number", "Code", "Date", "Text"), "%d/%m/%Y"),
    "systmone": Import(("NHS Number", "Code", "Event Date", "Notes"), "%d %b %Y"),
}


def made(joined: Reidentified, how: Format, *, identity: Sequence[str], code: str, on: dt.date, reply_to: str) -> bytes:
    """The list with names in one of the formats; `code` is the practice's own SNOMED CT code for an import, `on` its
    date."""
    if how == "xlsx":
        return identified(joined.rows, identity, f"Your patients on the list{_edition(joined.rows)}")
    if how == "letters":
        return letters(joined.rows, identity, reply_to)
    if how in IMPORTS:
        return _import(joined.rows, IMPORTS[how], code, on)
    return tabular.csv(joined.rows)


def _edition(rows: pl.DataFrame) -> str:
    """`, edition 2, as of 1 April 2026`, if the list says so."""
    if rows.is_empty() or not {"edition", "as_of"} <= {*rows.columns}:
        return ""
    number, as_of = rows.select("edition", pl.col("as_of").cast(pl.String)).row(0)
    return f", edition {number}, as of {words.day(dt.date.fromisoformat(as_of))}"


def letters(rows: pl.DataFrame, identity: Sequence[str], reply_to: str) -> bytes:
    """A letter for each person, on a separate page: which records were used, what they showed, who sees this, and how
    to opt out.
    """
    shown = [name for name in identity if name != NHS_NUMBER]
    people = [
        {
            "name": " ".join(str(row[name]) for name in shown if row[name]),
            "band": str(row.get("band") or "").lower(),
            "reasons": [row[f"reason_{n + 1}"] for n in range(REASONS) if row.get(f"reason_{n + 1}")],
        }
        for row in rows.iter_rows(named=True)
    ]
    return render("letters.html", people=people, today=words.day(dt.datetime.now(dt.UTC).date()), reply_to=reply_to)


def outcomes(filled: Path) -> bytes:
    """The outcomes in a filled-in workbook, as CSV with pseudonyms that the practice can send back. Raises DataRefused
    with everything that cannot be read.
    """
    today = dt.datetime.now(dt.UTC).date()
    rows = read([filled], today, strict=True).rows.filter(kind="outcome")
    if rows.is_empty():
        raise DataRefused(f"{filled.name}: has no outcome yet; choose one next to a person, then save the workbook")
    return tabular.csv(rows.select("person_id", "outcome", pl.col("outcome_date").cast(pl.String)))


def _import(rows: pl.DataFrame, system: Import, code: str, on: dt.date) -> bytes:
    if not code.strip():
        raise ConfigurationError("--code is empty; give the SNOMED CT code that your practice records this under")
    if NHS_NUMBER not in rows.columns:
        raise DataRefused(f"the key file has no column {NHS_NUMBER}, which a clinical system needs")
    reasons = pl.concat_str(
        *(pl.col(f"reason_{n + 1}").fill_null("").replace("", None) for n in range(REASONS)),
        separator="; ",
        ignore_nulls=True,
    )
    text = pl.concat_str(pl.lit("Risk list, band "), pl.col("band"), pl.lit(": "), reasons)
    number, coded, date, words = system.headings
    made = rows.select(
        pl.col(NHS_NUMBER).str.replace_all(r"\s", "").alias(number),
        pl.lit(code.strip()).alias(coded),
        pl.lit(on.strftime(system.date_format)).alias(date),
        text.alias(words),
    )
    return tabular.csv(made)
