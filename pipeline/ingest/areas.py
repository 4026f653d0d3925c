"""Small areas of one census with figures of another: reported, and converted if the site gives a lookup between the
two.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import polars as pl

from data_schemas.disk import read_parquet, scan_parquet, write_parquet
from data_schemas.errors import DataRefused
from data_schemas.receipts import Notice
from pipeline.ingest.source_file import Source

ENOUGH = 0.95
"""If at least this share of people in English areas has area figures, nothing is reported."""
ENGLISH = "E01"
_CODE = re.compile(r"lsoa[_ ]?(?:20)?(?:01|11|21)[_ ]?(?:cd|code)", re.IGNORECASE)


def bridge(areas: Path, lookup: Path) -> None:
    """Give areas of the other census, which have no figures, those of the areas that they became; the mean if there are
    several.
    """
    figures, pairs = read_parquet(areas), _pairs(lookup)
    both = pl.concat([pairs, pairs.select(code="became", became="code")])
    absent = both.join(figures, left_on="code", right_on="lsoa_code", how="anti")
    numbers = [name for name, dtype in figures.schema.items() if dtype.is_numeric()]
    whole = [name for name in numbers if figures.schema[name].is_integer()]
    bridged = absent.join(figures.select("lsoa_code", *numbers), left_on="became", right_on="lsoa_code")
    means = bridged.group_by("code").agg(pl.col(numbers).mean()).sort("code").rename({"code": "lsoa_code"})
    rounded = means.with_columns(pl.col(whole).round().cast(pl.Int64))
    write_parquet(pl.concat([figures, rounded], how="diagonal_relaxed"), areas)


def _pairs(lookup: Path) -> pl.DataFrame:
    """`code` of one census and `became` of another, each pair once."""
    source = Source(lookup)
    codes = [name for name in source.schema if _CODE.fullmatch(name)]
    if len(codes) != 2:  # noqa: PLR2004
        raise DataRefused(
            f"areas: {lookup.name} needs two columns of small-area codes, such as lsoa11_code and lsoa21_code; it has {len(codes)}"
        )
    older, newer = sorted(codes)
    text = [pl.col(older).str.strip_chars().alias("code"), pl.col(newer).str.strip_chars().alias("became")]
    return source.scan().select(text).drop_nulls().filter(pl.col("code") != pl.col("became")).unique().collect()


def unmatched(registrations: Path, areas: Path) -> Iterator[Notice]:
    """Whether too few people live in areas with figures."""
    rows = scan_parquet(registrations)
    if "lsoa_code" not in rows.collect_schema():
        return
    english = rows.filter(pl.col("lsoa_code").str.starts_with(ENGLISH))
    known = scan_parquet(areas).select("lsoa_code", known=True)
    counts = english.join(known, on="lsoa_code", how="left").select(n=pl.len(), known=pl.col("known").sum()).collect()
    total, matched = counts.row(0)
    if total and matched < ENOUGH * total:
        yield Notice(
            "areas_unmatched",
            f"areas: {matched / total:.1%} of the {total:,} registrations in English small areas have figures; the codes of the others are "
            "not in the table. Are they of another census (LSOA 2011 or 2021)? Give a table of the same one, or lookup = a file with the "
            "codes of both in [extracts.areas].",
        )
