"""Groups rows of admissions into stays and works out when each stay ends: rules 1 to 3 of `pipeline.spells`."""

from __future__ import annotations

import datetime as dt

import polars as pl

from data_schemas.hospital import TRANSFERS_IN, UNFINISHED_DISCHARGES, Admissions

STILL_IN = dt.date(9999, 12, 31)
LATEST_END = "latest_end"
"""The day by which a stay without a discharge is assumed to be over, by the site's longest stay. Ingest writes it in
each such row.
"""
_OPTIONAL = (
    "discharge_date", "discharge_method", "discharge_destination", "provider_code", "episode_order", "episode_start",
    "episode_end", "diag_01",
)  # fmt: skip
_COLUMNS = {name: Admissions.columns()[name].dtype for name in _OPTIONAL} | {LATEST_END: pl.Date()}
USED = ("person", "admission_date", "admission_method", *_COLUMNS)
"""Columns of admissions that stays and spells are worked out from."""


def complete(admissions: pl.DataFrame) -> pl.DataFrame:
    """Add every optional column of `USED` to the admissions. It is empty if the extract lacks it."""
    absent = [pl.lit(None, kind).alias(name) for name, kind in _COLUMNS.items() if name not in admissions.columns]
    return admissions.with_columns(absent)


def stays_of(rows: pl.DataFrame) -> pl.DataFrame:
    """Turn rows (from `complete`, with their number `row`) into stays: `group, stay, starts, ended` and the columns
    that join stays. Sorted by group and stay.
    """
    return _ended(_passed(_cut(_by_provider(rows.select(*_stay())))), rows)


def _stay() -> list[pl.Expr]:
    """A row as a half-open stay that contains the episode, in whichever order its dates are."""
    begun = pl.max_horizontal("episode_start", "admission_date")
    ends = pl.coalesce(
        "discharge_date", pl.when(pl.col("episode_end").is_not_null()).then(pl.max_horizontal("episode_end", begun))
    )
    starts = pl.min_horizontal(begun, ends)
    finished = ~pl.col("discharge_method").fill_null("").is_in(["", *UNFINISHED_DISCHARGES])
    return [
        pl.col("row"),
        pl.col("person"),
        pl.col("provider_code").alias("provider"),
        pl.col("admission_date").alias("admitted"),
        pl.col("episode_order").alias("order"),
        starts.alias("starts"),
        pl.col("episode_start").is_not_null().alias("has_start"),
        ends.alias("ends"),
        pl.coalesce("episode_end", "discharge_date").clip(starts, ends).alias("left"),
        finished.alias("finished"),
        (finished & (pl.col("discharge_date") == pl.col("admission_date"))).fill_null(value=False).alias("closes"),
        pl.col("admission_method").is_in(TRANSFERS_IN).fill_null(value=False).alias("transferred"),
        pl.col(LATEST_END),
    ]


def _by_provider(stays: pl.DataFrame) -> pl.DataFrame:
    """Add `group`, which is a person and provider. A stay without a provider joins each of the person's providers."""
    if stays["provider"].null_count():
        given, without = stays.drop_nulls("provider"), stays.filter(pl.col("provider").is_null()).drop("provider")
        providers = given.select("person", "provider").unique()
        stays = pl.concat([given, without.join(providers, on="person", how="left").select(stays.columns)])
    ordered = stays.sort("person", "provider", "admitted", "row")
    return ordered.with_columns(group=pl.struct("person", "provider").rle_id())


def _cut(rows: pl.DataFrame) -> pl.DataFrame:
    """Adds `stay`, a number, and `first`: whether it is the first stay of its admission date; sorts by group, admission
    and stay.

    Without times, the rows of a date are taken in the order in which they ended; a stay of one episode that began and
    finished on the date comes before one of several that did.
    """
    alone = pl.col("closes") & (pl.col("order") == 1).fill_null(value=False)
    place = pl.when(alone).then(0).when(~pl.col("closes")).then(1).otherwise(2)
    order = (
        "group",
        "admitted",
        "ends",
        "place",
        "order",
        "starts",
        "transferred",
        "finished",
        "has_start",
        "left",
        "row",
    )
    ordered = rows.with_columns(place=place).sort(*order, nulls_last=True)
    new_date = pl.any_horizontal(pl.col(name) != pl.col(name).shift(1) for name in ("group", "admitted")).fill_null(
        value=True
    )
    first_episode = (pl.col("order") <= pl.col("order").shift(1)).fill_null(pl.col("order").fill_null(1) <= 1)
    again = pl.col("closes").shift(1) & first_episode & ~pl.col("transferred")
    marked = ordered.with_columns(new_date=new_date, again=(~new_date & again).fill_null(value=False))
    stays = marked.with_columns(
        stay=(pl.col("new_date") | pl.col("again")).cum_sum(), date=pl.col("new_date").cum_sum()
    )
    later = stays.filter("again").select("date", "stay")
    after = stays.join(
        later.group_by("date").agg(second=pl.col("stay").min()), on="date", how="left", maintain_order="left"
    )
    return after.with_columns(first=(pl.col("stay") < pl.col("second")).fill_null(value=True)).drop("second", "date")


def _passed(stays: pl.DataFrame) -> pl.DataFrame:
    """Adds `passed`: whether a later row of the same stay, at any provider, shows that the stay is over."""
    shared = (pl.col("stay") == pl.col("stay").shift(1)) | (pl.col("stay") == pl.col("stay").shift(-1))
    start = pl.when("has_start").then("starts")
    later = pl.coalesce(
        pl.col("order") < pl.col("order").max().over("stay"), start < start.max().over("stay")
    ).fill_null(value=False)
    closing = pl.when("finished").then("ends").max().over("stay")
    closed = (
        pl.when(pl.col("ends").is_null())
        .then(closing.is_not_null())
        .otherwise(~pl.col("finished") & (pl.col("ends") <= closing).fill_null(value=False))
    )
    rows = stays.filter(shared).filter(later | closed)["row"].unique()
    return stays.with_columns(passed=pl.col("row").is_in(rows.implode()))


def _ended(stays: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """Adds `ended` (9999: still in hospital), and `assumed` for rows without any end."""
    endless = pl.col("ends").is_null() & ~pl.col("passed")
    following = _next_admissions(rows, stays.filter(endless).select("person", "admitted").unique())
    joined = stays.join(following, on=["person", "admitted"], how="left", maintain_order="left")
    assumed = pl.when(endless).then(pl.min_horizontal("next_admission", LATEST_END))
    ended = pl.coalesce("ends", pl.when("passed").then("starts"), "assumed", pl.lit(STILL_IN))
    return joined.with_columns(assumed=assumed).with_columns(ended=ended)


def _next_admissions(rows: pl.DataFrame, wanted: pl.DataFrame) -> pl.DataFrame:
    """Add `next_admission` to `wanted` (`person`, `admitted`): the first later day on which the person is admitted to
    any hospital.
    """
    days = rows.join(wanted, on="person", how="semi").select("person", admitted="admission_date").unique()
    ordered = days.sort("person", "admitted")
    return ordered.with_columns(next_admission=pl.col("admitted").shift(-1).over("person"))
