"""Code lists: which codes make up a concept. Some are built in; a site can add its own.

Each CSV has `concept, system, code, term` (built-in ones also `source`). `snomed` and `local` codes match GP events
exactly, `icd10` and `icd9` match the beginning of a diagnosis (dots left out), `bnf` the beginning of a prescription's
BNF code (`notation` says how they may be written). `reference/` holds plain-English meanings, score weights, and the
codes that must never be printed about a person. The built-in SNOMED lists are representative, not complete registers:
good for prediction, not for prevalence.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import polars as pl

from data_schemas.codelists import notation
from data_schemas.errors import ConfigurationError
from data_schemas.nearest import nearest

SYSTEMS = ("snomed", "local", "icd10", "icd9", "bnf")
PREFIX_SYSTEMS = ("icd10", "icd9", "bnf")
"""Systems whose codes match by prefix; other systems match exactly."""

COLUMNS = ("concept", "system", "code", "term")
RESTRICTED = "restricted."
"""Prefix of a site's own concepts that must never be printed about a person."""
SCHEMA = dict.fromkeys(COLUMNS, pl.String) | {"built_in": pl.Boolean}

_FOLDER = Path(__file__).parent
Row = tuple[str, str, str, str]


def load_codelists(paths: Sequence[Path] = ()) -> pl.DataFrame:
    """Load the built-in code lists and the site's own, sorted, without repeats.

    Columns: `concept, system, code, term, built_in`. A site's concept replaces the built-in concept of the same name.
    The term of a built-in row is its meaning in plain English. Raises `ConfigurationError` with every problem in the
    site's files.
    """
    problems: list[str] = []
    own = [row for path in paths for row in _rows(path, problems)]
    if problems:
        raise ConfigurationError(problems)
    site = pl.DataFrame(own, dict.fromkeys(COLUMNS, pl.String), orient="row").with_columns(built_in=pl.lit(value=False))
    kept = built_in().join(site, on="concept", how="anti")
    return (
        pl.concat([kept, site])
        .unique(("concept", "system", "code"), keep="first", maintain_order=True)
        .sort("concept", "system", "code")
    )


@cache
def built_in() -> pl.DataFrame:
    """The code lists in this folder, in the form of `load_codelists`."""
    rows = [row for path in sorted(_FOLDER.glob("*.csv")) for row in _rows(path, [])]
    means = pl.col("concept").replace_strict(meanings(), return_dtype=pl.String)
    frame = pl.DataFrame(rows, dict.fromkeys(COLUMNS, pl.String), orient="row")
    return frame.with_columns(term=means, built_in=pl.lit(value=True)).select(SCHEMA.keys())


@cache
def meanings() -> dict[str, str]:
    """Built-in concept → its meaning in plain English."""
    return {row["concept"]: row["means"] for row in _reference("concepts")}


@cache
def units() -> dict[str, str]:
    """Built-in measurement → its usual unit."""
    return {row["concept"]: row["unit"] for row in _reference("concepts") if row["unit"]}


@cache
def charlson_weights() -> dict[str, int]:
    """`charlson.…` concept → weight from Quan and others 2011. Of two stages of one disease only the more severe
    counts.
    """
    return {row["concept"]: int(row["quan_2011"]) for row in _reference("charlson")}


@cache
def hospital_frailty_points() -> dict[str, float]:
    """ICD-10 category (three characters) → points of the Hospital Frailty Risk Score (Gilbert and others 2018)."""
    return {row["code"]: float(row["points"]) for row in _reference("hfrs")}


@cache
def restricted_codes() -> tuple[dict[str, str], ...]:
    """`concept` (the subject), `system`, `code`, `term`, `source` of every restricted code."""
    return tuple(_reference("restricted"))


def restricted_concepts(codelists: pl.DataFrame) -> frozenset[str]:
    """Concepts that must never be printed about a person, such as abuse, safeguarding, or sexual and reproductive
    health.

    One restricted code restricts its whole concept, and so does an overlapping prefix. A site's own concept whose name
    begins with `restricted.` is restricted too.
    """
    codes: dict[str, list[str]] = {}
    for row in restricted_codes():
        codes.setdefault(row["system"], []).append(row["code"])
    return frozenset(
        concept
        for concept, system, code in codelists.select("concept", "system", "code").iter_rows()
        if concept.startswith(RESTRICTED) or any(_overlap(system, code, listed) for listed in codes.get(system, ()))
    )


def _overlap(system: str, code: str, listed: str) -> bool:
    if system not in PREFIX_SYSTEMS:
        return code == listed
    bare = code.replace(".", "").upper()
    return bare.startswith(listed) or listed.startswith(bare)


def _reference(name: str) -> list[dict[str, str]]:
    with (_FOLDER / "reference" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _rows(path: Path, problems: list[str]) -> Iterator[Row]:
    """The rows of one file. Adds what is wrong to `problems`."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines(keepends=True)
    except (OSError, UnicodeDecodeError) as error:
        problems.append(
            f"{path.name}: cannot be read ({type(error).__name__}); give a CSV file in UTF-8 with {', '.join(COLUMNS)}"
        )
        return
    reader = csv.DictReader(lines, strict=True)
    try:
        header = [name.strip() for name in reader.fieldnames or ()]
        missing = [name for name in COLUMNS[:3] if name not in header]
        if missing:
            problems.append(f"{path.name}: has no column {', '.join(missing)}; accepted: {', '.join(COLUMNS)}")
            return
        reader.fieldnames = header
        for row in reader:
            yield from _row(f"{path.name}, line {reader.line_num}", row, problems)
    except csv.Error as error:
        problems.append(f"{path.name}, line {reader.line_num}: is not valid CSV ({error})")


def _row(where: str, row: dict[str, str | None], problems: list[str]) -> Iterator[Row]:
    concept, system, code, term = ((row.get(name) or "").strip() for name in COLUMNS)
    system = system.lower()
    wrong = [
        f"{name} is empty" for name, value in (("concept", concept), ("system", system), ("code", code)) if not value
    ]
    if system and system not in SYSTEMS:
        wrong.append(f"found system {system!r}; accepted: {', '.join(SYSTEMS)}{nearest(system, SYSTEMS)}")
    plain: list[str] = []
    if code and system in SYSTEMS:
        try:
            plain = notation.plain(system, code)
        except notation.NotUnderstood as error:
            wrong.append(f"code {code!r} {error}")
    problems += [f"{where}: {problem}" for problem in wrong]
    if not wrong:
        yield from ((concept, system, each, term) for each in plain)
