"""Compares a site's codes with the code lists: shares of known codes and rows, unmatched concepts, values out of
range."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from data_schemas import snomed
from data_schemas.coding import CodesKnown, Coding
from data_schemas.disk import scan_parquet
from data_schemas.receipts import IngestReceipt, Notice
from pipeline.concepts import Concepts, by_prefix
from pipeline.diagnoses import codes_of
from pipeline.features.catalogue import features_of
from pipeline.measured import in_own_units, is_outside, with_ranges
from pipeline.settings import Settings
from pipeline.stays import diagnosis_concepts

WRONG_SHARE = 0.01
"""Share of a table's rows with a wrong check digit. From this share on it is reported; fewer are probably a site's own
numbers.
"""
SHOWN = 20
"""Most concepts named in one sentence."""


def coding_of(settings: Settings, ingest: IngestReceipt) -> Coding:
    """Count how many codes of a site's tables the code lists know."""
    admissions = settings.extracts.get("admissions")
    return coding(features_of(settings).concepts, ingest, admissions.diag_system if admissions else "icd10")


def coding(concepts: Concepts, ingest: IngestReceipt, diag_system: str) -> Coding:
    """Read the codes of every coded table once and compare them with the lists."""
    tables, matched = {}, pl.Series("concept", [], pl.UInt16)
    for name, (counts, lists) in _coded(concepts, ingest, diag_system).items():
        tables[name] = _known(counts, lists, of_snomed=name == "gp_events")
        matched = pl.concat([matched, lists.join(counts, on="code", how="semi")["concept"]])
    own = concepts.codelists.filter(~pl.col("built_in")).group_by("concept").len().sort("concept")
    matches = set(matched.unique())
    unmatched = {name: codes for name, codes in own.iter_rows() if concepts.ids[name] not in matches}
    return Coding(tables, unmatched, dict(_outside(concepts, ingest)))


def _coded(concepts: Concepts, ingest: IngestReceipt, diag_system: str) -> dict[str, tuple[pl.DataFrame, pl.DataFrame]]:
    """Table → its codes with their rows (`code, rows`) and their concepts (`code, concept`)."""
    coded = {}
    if gp := ingest.tables.get("gp_events"):
        coded["gp_events"] = _counted(scan_parquet(gp.path).select("code")), concepts.exact_codes
    if items := ingest.tables.get("prescriptions"):
        counts = _bnf_codes(scan_parquet(items.path))
        coded["prescriptions"] = counts, by_prefix(counts["code"], concepts.codes("bnf"))
    if stays := ingest.tables.get("admissions"):
        table = scan_parquet(stays.path)
        lists = diagnosis_concepts(table, concepts, diag_system).select("code", "concept").drop_nulls()
        coded["admissions"] = _counted(codes_of(table)), lists
    return coded


def _bnf_codes(items: pl.LazyFrame) -> pl.DataFrame:
    """The codes in capitals with their rows, counted as they are written first, because there are few."""
    if "bnf_code" not in items.collect_schema():
        return _counted(items.select(code=pl.lit(None, pl.String)))
    written = _counted(items.select(code="bnf_code"))
    code = pl.col("code").str.strip_chars().str.to_uppercase()
    return written.group_by(code).agg(pl.col("rows").sum()).sort("code")


def _counted(codes: pl.LazyFrame) -> pl.DataFrame:
    counts = codes.drop_nulls("code").group_by("code").agg(rows=pl.len())
    return counts.collect(engine="streaming").sort("code")


def _known(counts: pl.DataFrame, lists: pl.DataFrame, *, of_snomed: bool) -> CodesKnown:
    known = counts.join(lists.select("code").unique(), on="code", how="semi")
    wrong = _wrong(counts) if of_snomed else {}
    return CodesKnown(counts.height, known.height, int(counts["rows"].sum()), int(known["rows"].sum()), **wrong)


def _wrong(counts: pl.DataFrame) -> dict[str, int]:
    """Rows whose codes are rounded or have a wrong check digit."""
    wrong = {"rounded": 0, "check_digit": 0}
    for code, rows in counts.filter(pl.col("code").str.contains(r"^(?:[0-9.]{6,}$|[0-9.]+[Ee])")).iter_rows():
        if snomed.is_rounded(code):
            wrong["rounded"] += rows
        elif snomed.is_shaped(code) and not snomed.is_valid(code):
            wrong["check_digit"] += rows
    return wrong


def _outside(concepts: Concepts, ingest: IngestReceipt) -> Iterator[tuple[str, tuple[int, int]]]:
    """Measurements with values outside the plausible range."""
    gp = ingest.tables.get("gp_events")
    if gp is None or "value" not in (rows := scan_parquet(gp.path)).collect_schema():
        return
    measured = with_ranges(concepts.exact_codes, concepts).drop_nulls("_low")
    coded = in_own_units(rows.join(measured.lazy(), on="code"), rows)
    counts = coded.group_by("concept").agg(outside=is_outside().sum(), values=pl.col("value").count())
    names = {number: name for name, number in concepts.ids.items()}
    for number, outside, values in counts.collect(engine="streaming").sort("concept").iter_rows():
        if outside:
            yield names[number], (outside, values)


def notices(coding: Coding) -> Iterator[Notice]:
    """Notices about the codes for readers of the report."""
    if gp := coding.tables.get("gp_events"):
        yield from _damaged(gp)
    for name, known in coding.tables.items():
        if known.rows and not known.rows_known:
            yield Notice(
                "unknown_codes",
                f"{name}: no code list knows any of its {known.codes:,} codes, so nothing is counted from them. "
                "Check the mapping of its columns, or add the site's own lists.",
            )
    if coding.unmatched:
        named = [f"{name} ({codes} {'code' if codes == 1 else 'codes'})" for name, codes in coding.unmatched.items()]
        yield Notice(
            "unmatched_concepts",
            f"No row of the extracts has a code of these concepts of the site's lists: {_some(named)}. Check that "
            "system and codes match the extracts.",
        )
    if coding.outside:
        named = [f"{name} {outside:,} of {values:,}" for name, (outside, values) in coding.outside.items()]
        yield Notice("implausible_values", f"Values outside the plausible range are left empty: {_some(named)}.")


def _damaged(gp: CodesKnown) -> Iterator[Notice]:
    if gp.rounded:
        yield Notice(
            "rounded_codes",
            f"gp_events: a spreadsheet has rounded the code of {gp.rounded:,} of {gp.rows:,} rows (as in 1.09E+15, or zeros at the end): "
            "they match no list. Export the table again, with code as text.",
        )
    if gp.check_digit > WRONG_SHARE * gp.rows:
        yield Notice(
            "wrong_check_digits",
            f"gp_events: {gp.check_digit:,} of {gp.rows:,} rows have a code that looks like SNOMED CT and fails its check digit: unless "
            "these are the site's own codes, they were damaged on the way.",
        )


def _some(names: list[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more
