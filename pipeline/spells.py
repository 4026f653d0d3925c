"""Joins finished consultant episodes into continuous spells.

A *stay* is one admission: the rows of a person, provider and admission date, up to a finished discharge. A *spell* is a
chain of stays, each of which continues the one before. The rules apply in this order:

1. rows without a provider join each of the person's providers; 2. the rows of an admission date are cut into stays:
after a discharge that finished on that date, another first episode is a new admission, unless it is a transfer; 3. only
the last row of a stay says whether the stay is over, and when; a stay without an end lasts until the person's next
admission; 4. stays are joined that overlap, that a transfer continues, or of which one, unfinished, ended as an episode
of the other began.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import polars as pl

from pipeline.before import latest_before
from pipeline.hospital_stays import LATEST_END, STILL_IN, complete, stays_of

_ADMITTED = ("person", "admission_date", "admission_method", "diagnosis")
_LEFT = ("discharge_date", "assumed", "discharge_method", "discharge_destination")
"""What a spell has from the row that admitted, and from the row that ended it."""


def known_before(admissions: pl.DataFrame, as_of: dt.date | pl.Expr) -> pl.DataFrame:
    """What a hospital could have known the day before `as_of` (one date, or one per row): rows that had begun by then,
    without later ends.

    A discharge on or after `as_of` looks like an open stay. Its discharge method and destination are hidden too.
    """
    rows = complete(admissions).filter(begun() < as_of)
    discharged = pl.col("discharge_date") < as_of
    return rows.with_columns(
        *(pl.when(pl.col(end) < as_of).then(end).alias(end) for end in ("discharge_date", "episode_end", LATEST_END)),
        *(pl.when(discharged).then(name).alias(name) for name in ("discharge_method", "discharge_destination")),
    )


def begun() -> pl.Expr:
    """The day from which an episode is known to the hospital."""
    return pl.max_horizontal("admission_date", "episode_start")


def number_spells(admissions: pl.DataFrame) -> pl.DataFrame:
    """Add `spell`, equal for rows of one continuous spell, and `ended`: when the row's part of the spell ended (null:
    still in hospital).

    For a row without any end, `assumed` is the day on which its stay is assumed to have ended. It becomes the
    `discharge_date`.
    """
    rows = complete(admissions).with_row_index("row")
    stays = stays_of(rows)
    pieces, is_shared = _sweep(_link_touching(stays)), stays.height > rows.height
    spell = _merge_shared(pieces) if is_shared else pieces["piece"]
    found = stays.select("row", "ended", "assumed", spell=spell)
    once = found.unique("row") if is_shared else found  # rows without a provider are in several stays
    numbered = rows.drop("row").hstack(once.sort("row").drop("row"))  # every row once; a join takes longer
    return numbered.with_columns(
        discharge_date=pl.coalesce("discharge_date", "assumed"),
        ended=pl.when(pl.col("ended") != STILL_IN).then("ended"),
    )


def _link_touching(stays: pl.DataFrame) -> pl.DataFrame:
    """Adds `touches`: linked to an earlier stay that ends on this admission date.

    Overlapping stays need no search, because the sweep joins them. So the only links needed are between an event of an
    earlier stay, after its own admission date, and an event of this stay on its admission date. If several stays begin
    on a date, the first one continues from the day before.
    """
    goes_on = ~pl.col("finished") & ~pl.col("passed")
    marked = stays.lazy().with_columns(
        unfinished_on=pl.when(goes_on).then("left"),
        open_episode=pl.when(goes_on & pl.col("has_start")).then("starts"),
        episode=pl.when(pl.col("has_start")).then("starts"),
        transferred_on=pl.when(pl.col("transferred")).then("admitted"),
    )
    links = (
        ("unfinished_on", "starts"),
        ("open_episode", "episode"),
        ("starts", "unfinished_on"),
        ("ends", "transferred_on"),
    )
    met = pl.concat([_meets(marked, earlier, later) for earlier, later in links])
    touching = met.collect()["stay"].unique()  # one query for all links, because each query takes time of its own
    return stays.with_columns(touches=pl.col("first") & pl.col("stay").is_in(touching.implode()))


def _meets(stays: pl.LazyFrame, earlier: str, later: str) -> pl.LazyFrame:
    """Stays whose admission date is in column `later`, if an earlier-admitted stay of their group has that date in
    column `earlier`.
    """
    within = (pl.col("admitted") < pl.col(earlier)) & (pl.col(earlier) <= pl.col("ended"))
    dates = stays.filter(within).select("group", date=earlier).unique()
    now = stays.filter(pl.col(later) == pl.col("admitted")).select("group", "stay", date=later)
    return now.join(dates, on=["group", "date"], how="semi").select("stay")


def _sweep(stays: pl.DataFrame) -> pl.DataFrame:
    """Adds `piece`: stays of one group that overlap or touch by a link. All rows of a stay are in one piece."""
    reach = latest_before(pl.col("ended"), "group")
    same_stay = pl.col("stay") == pl.col("stay").shift(1)
    joined = (pl.col("admitted") < reach) | same_stay | (pl.col("touches") & reach.is_not_null())
    return stays.select("row", piece=(~joined.fill_null(value=False)).cum_sum())


def _merge_shared(pieces: pl.DataFrame) -> pl.Series:
    """The `spell` of each stay's row. Pieces that share a row without a provider are one spell."""
    spells = pieces.with_columns(spell="piece")
    while True:
        merged = spells.with_columns(pl.col("spell").min().over("row")).with_columns(
            pl.col("spell").min().over("piece")
        )
        if merged["spell"].equals(spells["spell"]):
            return spells["spell"]
        spells = merged


def spells(admissions: pl.DataFrame) -> pl.DataFrame:
    """Continuous spells of `admissions`, sorted by person and admission (see `summarise`)."""
    return summarise(number_spells(admissions))


def summarise(rows: pl.DataFrame) -> pl.DataFrame:
    """One row per spell, sorted by person and admission.

    Columns: `person`, `spell`, `admission_date`, `admission_method` (of the admitting episode), `discharge_date` (null:
    still in), `assumed` (the same if no hospital recorded it), `discharge_method`, `discharge_destination`, `diagnosis`
    (the admitting episode's first).
    """
    left, ended = pl.coalesce("episode_end", "discharge_date"), pl.col("ended").fill_null(STILL_IN)
    known = rows.with_columns(left=left, ended=ended, recorded=pl.col("assumed").is_null(), diagnosis="diag_01")
    several = rows["spell"].is_duplicated()
    alone = known.filter(~several).select("spell", *_ADMITTED, *_LEFT)  # most spells, which need no sorting
    return pl.concat([alone, _of_several(known.filter(several))]).sort("person", "admission_date", "spell")


def _of_several(rows: pl.DataFrame) -> pl.DataFrame:
    """Spells of several rows."""
    # If two stays begin on one day (a few hours, then a transfer, for example), the one that ended first came
    # first.
    first = ("admission_date", "episode_order", "episode_start", "left")
    admitting = _first_of_spell(rows, *first, greatest=("admission_method", "diagnosis"))
    # If a hospital recorded the day on which another stay is assumed to have ended, the hospital's row counts.
    greatest = ("ended", "discharge_date", "recorded", "discharge_method", "discharge_destination")
    last = _first_of_spell(rows, greatest=greatest)
    return admitting.select("spell", *_ADMITTED).join(last.select("spell", *_LEFT), on="spell")


@dataclass(frozen=True)
class OpenStays:
    """Rows of stays without any end, by how their end is assumed."""

    by_next_admission: int
    by_longest_stay: int
    still_in: int


def open_stays(admissions: pl.LazyFrame, today: dt.date) -> OpenStays:
    """Count the stays without a discharge on a day, by how their end is assumed."""
    columns = admissions.collect_schema().names()
    endless = [pl.col(name).is_null() for name in ("discharge_date", "episode_end") if name in columns]
    people = admissions.filter(pl.all_horizontal(pl.lit(value=True), *endless)).select("person").unique()
    rows = complete(admissions.join(people, on="person", how="semi").collect(engine="streaming"))
    rows = rows.with_columns(pl.when(pl.col(LATEST_END) <= today).then(LATEST_END).alias(LATEST_END))
    blank = pl.col("discharge_date").is_null() & pl.col("episode_end").is_null()
    ends = number_spells(rows.with_columns(blank=blank)).filter("blank")
    closed = ends.filter(pl.col("discharge_date").is_not_null())
    longest = closed.filter(pl.col("discharge_date") == pl.col(LATEST_END)).height
    return OpenStays(closed.height - longest, longest, ends["ended"].null_count())


def _first_of_spell(rows: pl.DataFrame, *least: str, greatest: tuple[str, ...]) -> pl.DataFrame:
    """One row per spell."""
    descending = [False] * (1 + len(least)) + [True] * len(greatest)
    ordered = rows.sort("spell", *least, *greatest, descending=descending, nulls_last=True)
    return ordered.unique("spell", keep="first", maintain_order=True)
