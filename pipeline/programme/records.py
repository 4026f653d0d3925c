"""Reads from a site's tables what is needed to follow people after a date and to describe them before it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import polars as pl

from data_schemas.disk import read_parquet
from data_schemas.hospital import UNPLANNED_METHODS
from data_schemas.receipts import IngestReceipt
from pipeline.concepts import Concepts, plain_icd
from pipeline.population import deaths, registered_spans
from pipeline.spells import spells
from pipeline.stays import acsc_codes, diagnosis_concepts

CATARACT = ("H25", "H26", "H28")
"""ICD-10 categories of cataract. A negative control: a list of people at risk cannot change planned cataract
operations.
"""
PLANNED_METHODS = ("11", "12", "13")


@dataclass(frozen=True)
class Records:
    """Stays (`person, admitted, discharged, method, is_unplanned, is_acsc, is_cataract`), A&E visits, deaths and
    registered time."""

    stays: pl.DataFrame
    attendances: pl.DataFrame
    """`person, date`."""
    deaths: pl.DataFrame
    """`person, death_date`."""
    registered: pl.DataFrame
    """`person, registered_from, gone_from`: periods without a gap."""
    people: pl.DataFrame
    """`person, birth_month, sex, practice_code, cluster_code` of the newest registration."""
    first_day: dt.date
    """The first day with hospital records."""
    end: dt.date
    """The first day for which nothing is known."""


def records(ingest: IngestReceipt, concepts: Concepts, diag_system: str, first_day: dt.date, end: dt.date) -> Records:
    """The records of a site, from its ingested tables, without anything dated on or after `end`."""
    table = {name: read_parquet(receipt.path) for name, receipt in ingest.tables.items() if name in _NEEDED}
    registrations = table["registrations"]
    visits = table.get("attendances")
    return Records(
        stays=_stays(table["admissions"], concepts, diag_system).filter(pl.col("admitted") < end),
        attendances=_dated(visits).filter(pl.col("date") < end),
        deaths=deaths(registrations).filter(pl.col("death_date") < end),
        registered=registered_spans(registrations),
        people=_people(registrations, table["practices"]),
        first_day=first_day,
        end=end,
    )


_NEEDED = ("registrations", "admissions", "attendances", "practices")


def _dated(visits: pl.DataFrame | None) -> pl.DataFrame:
    if visits is None:
        return pl.DataFrame(schema={"person": pl.Int32, "date": pl.Date})
    return visits.select("person", date="arrival_date")


def _stays(admissions: pl.DataFrame, concepts: Concepts, diag_system: str) -> pl.DataFrame:
    acsc = acsc_codes(diagnosis_concepts(admissions.lazy(), concepts, diag_system), concepts)
    unplanned = pl.col("admission_method").is_in(UNPLANNED_METHODS)
    category = plain_icd(pl.col("diagnosis")).str.slice(0, 3)
    cataract = pl.col("admission_method").is_in(PLANNED_METHODS) & category.is_in(CATARACT)
    return spells(admissions).select(
        "person",
        admitted="admission_date",
        discharged="discharge_date",
        is_unplanned=unplanned.fill_null(value=False),
        is_acsc=(unplanned & pl.col("diagnosis").is_in(acsc.implode())).fill_null(value=False),
        is_cataract=cataract.fill_null(value=False),
    )


def _people(registrations: pl.DataFrame, practices: pl.DataFrame) -> pl.DataFrame:
    clusters = practices.select("practice_code", "cluster_code").unique("practice_code", keep="first")
    newest = registrations.sort("registered_from", "practice_code").unique("person", keep="last")
    return newest.select("person", "birth_month", "sex", "practice_code").join(clusters, on="practice_code", how="left")


def has_cataracts(known: Records) -> bool:
    """Whether the site's diagnoses can identify planned cataract operations."""
    return bool(known.stays["is_cataract"].any())
