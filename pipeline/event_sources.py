"""Turns the rows of every extract except hospital stays into events: a person, two days, a concept and a value."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from data_schemas.disk import scan_parquet
from data_schemas.receipts import IngestReceipt
from pipeline.concepts import COUNCIL, Concepts, by_prefix
from pipeline.measured import in_own_units, plausible, with_ranges

DEPARTMENTS = {"01": "ae.major", "02": "ae.specialty", "03": "ae.minor", "04": "ae.minor"}
URGENT = ("1", "2", "1064891000000107", "1064911000000105")
LOW_ACUITY = ("4", "5", "1077241000000103", "1077251000000100")
AMBULANCE = (
    "1", "1047991000000102", "1048001000000106", "1048021000000102", "1048031000000100",
    "1048041000000109", "1048051000000107", "1048081000000101",
)  # fmt: skip
"""HES AEARRIVALMODE 1, and the ECDS codes that the source groups as "ambulance or other" without labelling each."""
ADMITTED = (
    "01", "306706006", "1066361000000104", "1066371000000106", "1066381000000108", "1066391000000105", "1066401000000108",
)  # fmt: skip
"""HES AEATTENDDISP 01, and the ECDS discharge destinations that are a ward or unit of the hospital."""
ATTENDED = {"5": "attended", "6": "attended", "3": "dna", "7": "dna", "2": "cancelled", "4": "cancelled"}


def event_sources(concepts: Concepts, ingest: IngestReceipt) -> Iterator[pl.LazyFrame]:
    """Events of every table that the site has: one lazy frame for each way to read them."""
    readers = {
        "registrations": _registration_events,
        "gp_events": _gp_events,
        "prescriptions": _prescription_events,
        "appointments": _appointment_events,
        "attendances": _attendance_events,
        "outpatients": _outpatient_events,
        "council_records": _council_events,
    }
    for table, read in readers.items():
        if table in ingest.tables:
            yield from read(scan_parquet(ingest.tables[table].path), concepts)


def _events(
    rows: pl.LazyFrame, concept: pl.Expr, happened: str, value: pl.Expr | None = None, known: pl.Expr | None = None
) -> pl.LazyFrame:
    """Rows as events. Rows without a concept are left out; a value that is not finite becomes unknown."""
    happening, number = pl.col(happened), (pl.lit(None) if value is None else value).cast(pl.Float32)
    columns = [
        pl.col("person"),
        happening.alias("happened"),
        (happening if known is None else known).alias("known"),
        concept.cast(pl.UInt16).alias("concept"),
        pl.when(number.is_finite()).then(number).alias("value"),
    ]
    return rows.select(columns).filter(pl.col("concept").is_not_null())


def _is(concepts: Concepts, name: str, condition: pl.Expr) -> pl.Expr:
    return pl.when(condition).then(concepts.ids[name])


def _named(concepts: Concepts, column: str, names: dict[str, str]) -> pl.Expr:
    """The concept of the code in `column`; null for any other code."""
    return pl.col(column).replace_strict({code: concepts.ids[name] for code, name in names.items()}, default=None)


def _has(rows: pl.LazyFrame, column: str) -> bool:
    return column in rows.collect_schema()


def _registration_events(rows: pl.LazyFrame, concepts: Concepts) -> Iterator[pl.LazyFrame]:
    yield _events(rows, pl.lit(concepts.ids["registration.start"]), "registered_from")


def _gp_events(rows: pl.LazyFrame, concepts: Concepts) -> Iterator[pl.LazyFrame]:
    known = pl.coalesce("recorded_date", "event_date") if _has(rows, "recorded_date") else None
    value = pl.col("value") if _has(rows, "value") else None
    yield _events(rows, pl.lit(concepts.ids["gp.event"]), "event_date", value, known)
    coded = rows.join(with_ranges(concepts.exact_codes, concepts).lazy(), on="code")
    if value is not None:
        coded, value = in_own_units(coded, rows), plausible()
    yield _events(coded, pl.col("concept"), "event_date", value, known)


def _prescription_events(rows: pl.LazyFrame, concepts: Concepts) -> Iterator[pl.LazyFrame]:
    """What each code means is worked out once, then joined to its rows."""
    if not _has(rows, "bnf_code"):
        yield _events(rows, pl.lit(concepts.ids["rx.item"]), "issue_date")
        return
    codes = rows.select(pl.col("bnf_code").unique()).collect(engine="streaming")
    codes = codes.with_columns(code=pl.col("bnf_code").str.strip_chars().str.to_uppercase())
    section = pl.col("code").str.slice(0, 4).cast(pl.Float32, strict=False)
    items = codes.with_columns(concept=pl.lit(concepts.ids["rx.item"], pl.UInt16), section=section)
    groups = codes.join(by_prefix(codes["code"], concepts.codes("bnf")), on="code")
    meanings = pl.concat([items, groups], how="diagonal")
    meant = rows.join(meanings.lazy(), on="bnf_code", nulls_equal=True)
    yield _events(meant, pl.col("concept"), "issue_date", pl.col("section"))


def _appointment_events(rows: pl.LazyFrame, concepts: Concepts) -> Iterator[pl.LazyFrame]:
    statuses = {status: f"appointment.{status}" for status in ("attended", "dna", "cancelled")}
    yield _events(rows, _named(concepts, "status", statuses), "appointment_date")
    if _has(rows, "mode"):
        modes = {mode: f"appointment.{mode}" for mode in ("face_to_face", "telephone", "video", "home_visit")}
        yield _events(rows.filter(pl.col("status") == "attended"), _named(concepts, "mode", modes), "appointment_date")


def _attendance_events(rows: pl.LazyFrame, concepts: Concepts) -> Iterator[pl.LazyFrame]:
    yield _events(rows, pl.lit(concepts.ids["ae.any"]), "arrival_date")
    for column, codes, name in (
        ("arrival_mode", AMBULANCE, "ae.ambulance"),
        ("acuity", URGENT, "ae.urgent"),
        ("acuity", LOW_ACUITY, "ae.low_acuity"),
        ("discharge_destination", ADMITTED, "ae.admitted"),
    ):
        if _has(rows, column):
            yield _events(rows, _is(concepts, name, pl.col(column).is_in(codes)), "arrival_date")
    if _has(rows, "department_type"):
        yield _events(rows, _named(concepts, "department_type", DEPARTMENTS), "arrival_date")


def _outpatient_events(rows: pl.LazyFrame, concepts: Concepts) -> Iterator[pl.LazyFrame]:
    seen = {code: f"outpatient.{name}" for code, name in ATTENDED.items()}
    yield _events(rows, _named(concepts, "attended", seen), "appointment_date")
    if _has(rows, "first_attendance"):
        kinds = {
            "1": "outpatient.first",
            "3": "outpatient.first",
            "2": "outpatient.follow_up",
            "4": "outpatient.follow_up",
        }
        went = rows.filter(pl.col("attended").is_in(["5", "6"]))
        yield _events(went, _named(concepts, "first_attendance", kinds), "appointment_date")


def _council_events(rows: pl.LazyFrame, concepts: Concepts) -> Iterator[pl.LazyFrame]:
    categories = {name.removeprefix(COUNCIL): name for name in concepts.council}
    value = pl.col("value") if _has(rows, "value") else None
    yield _events(rows, _named(concepts, "category", categories), "recorded_date", value)
