"""Finished consultant episodes joined into continuous spells."""

from __future__ import annotations

import datetime as dt

import polars as pl

from data_schemas.hospital import UNFINISHED_DISCHARGES, Admissions

_OPEN = dt.date(9999, 12, 31)
_COLUMNS = {name: column.dtype for name, column in Admissions.columns().items() if column.nullable}


def complete(admissions: pl.DataFrame) -> pl.DataFrame:
    """The admissions with every optional column that spells read, empty where an extract has none."""
    absent = [pl.lit(None, kind).alias(name) for name, kind in _COLUMNS.items() if name not in admissions.columns]
    return admissions.with_columns(absent)


def known_before(admissions: pl.DataFrame, as_of: dt.date) -> pl.DataFrame:
    """What a hospital could have told the day before `as_of`: rows begun by then, without ends that came later.

    A discharge on or after `as_of` looks like an open stay, its method and destination too.
    """
    rows = complete(admissions).filter(pl.max_horizontal("admission_date", "episode_start") < as_of)
    discharged = pl.col("discharge_date") < as_of
    return rows.with_columns(
        *(pl.when(pl.col(end) < as_of).then(end) for end in ("discharge_date", "episode_end")),
        *(pl.when(discharged).then(name).alias(name) for name in ("discharge_method", "discharge_destination")),
    )


def number_spells(admissions: pl.DataFrame) -> pl.DataFrame:
    """The rows with `spell`: equal for rows of one continuous spell.

    Rows are linked when person and provider agree (a provider that is not given agrees with all) and they have the same
    admission date, the same episode start, overlap, or one starts when another, unfinished, ended.
    """
    rows = complete(admissions).with_row_index("row").with_columns(passed=_passed())
    pieces = _sweep(_link_touching(_by_provider(rows.select(*_stay()))))
    return rows.join(_merge_shared(pieces), on="row").drop("row")


def _passed() -> pl.Expr:
    """Whether an episode without any end of its own has another of its stay after it: that one tells whether the stay has ended.

    Extracts of episodes without their ends have the discharge date in the last one alone.
    """
    stay = ("person", "provider_code", "admission_date")
    endless = pl.col("discharge_date").is_null() & pl.col("episode_end").is_null()
    order, start = pl.col("episode_order"), pl.col("episode_start")
    earlier = pl.coalesce(order < order.max().over(stay), start < start.max().over(stay))
    return endless & earlier.fill_null(value=False)


def _stay() -> list[pl.Expr]:
    """A row as a half-open stay with the episode inside it, whatever order its dates came in."""
    begun = pl.max_horizontal("episode_start", "admission_date")
    ends = pl.coalesce(
        "discharge_date",
        pl.when(pl.col("episode_end").is_not_null()).then(pl.max_horizontal("episode_end", begun)),
        pl.when("passed").then(begun),
    )
    starts = pl.min_horizontal(begun, ends)
    finished = pl.coalesce("episode_end", "discharge_date").clip(starts, ends)
    return [
        pl.col("row"),
        pl.col("person"),
        pl.col("provider_code").alias("provider"),
        pl.col("admission_date").alias("admitted"),
        ends.fill_null(_OPEN).alias("ends"),
        starts.alias("starts"),
        pl.when(pl.col("episode_start").is_not_null()).then(starts).alias("episode_started"),
        pl.when(~_finished()).then(finished).alias("unfinished_on"),
    ]


def _finished() -> pl.Expr:
    return ~pl.col("discharge_method").fill_null("").is_in(["", *UNFINISHED_DISCHARGES])


def _by_provider(stays: pl.DataFrame) -> pl.DataFrame:
    """Stays sorted by person, provider and admission; one without a provider stands with each of the person's providers."""
    providers = stays.filter(pl.col("provider").is_not_null()).select("person", "provider").unique()
    without = stays.filter(pl.col("provider").is_null()).drop("provider").join(providers, on="person", how="left")
    given = stays.filter(pl.col("provider").is_not_null())
    together = pl.concat([given, without.select(stays.columns)]).sort("person", "provider", "admitted", "row")
    return together.with_columns(group=pl.struct("person", "provider").rle_id())


def _link_touching(stays: pl.DataFrame) -> pl.DataFrame:
    """Adds `touches`: linked to an earlier stay that ends on this admission date.

    Links between stays that overlap need no search, the sweep joins those; so only what an earlier stay does on a date
    after its own admission matters, and only what this one does on its admission date.
    """
    links = (("unfinished_on", "starts"), ("episode_started", "episode_started"), ("starts", "unfinished_on"))
    touches = [_meets(stays, earlier, later) for earlier, later in links]
    return stays.with_columns(touches=pl.any_horizontal(touches)).with_columns(
        pl.col("touches").any().over("group", "admitted")
    )


def _meets(stays: pl.DataFrame, earlier: str, later: str) -> pl.Series:
    dates = stays.filter(pl.col("admitted") < pl.col(earlier)).select("group", date=earlier).unique()
    now = stays.select("group", date=pl.when(pl.col(later) == pl.col("admitted")).then(later))
    marked = now.join(dates.with_columns(met=True), on=["group", "date"], how="left", maintain_order="left")
    return marked["met"].fill_null(value=False).alias(f"{earlier}-{later}")


def _sweep(stays: pl.DataFrame) -> pl.DataFrame:
    """Adds `piece`: stays of one group that overlap, touch by a link or share their admission date."""
    before = pl.col("ends").cum_max().shift(1).over("group")
    same_day = pl.col("admitted") == pl.col("admitted").shift(1).over("group")
    joined = (pl.col("admitted") < before) | same_day | (pl.col("touches") & before.is_not_null())
    return stays.select("row", piece=(~joined.fill_null(value=False)).cum_sum())


def _merge_shared(pieces: pl.DataFrame) -> pl.DataFrame:
    """One `spell` a row: pieces that share a row without a provider are one spell."""
    spells = pieces.with_columns(spell="piece")
    while True:
        merged = spells.with_columns(pl.col("spell").min().over("row")).with_columns(
            pl.col("spell").min().over("piece")
        )
        if merged["spell"].equals(spells["spell"]):
            return spells.select("row", "spell").unique("row")
        spells = merged


def spells(admissions: pl.DataFrame) -> pl.DataFrame:
    """Continuous spells of `admissions`, sorted by person and admission (see `summarise`)."""
    return summarise(number_spells(admissions))


def summarise(rows: pl.DataFrame) -> pl.DataFrame:
    """One row a spell of numbered rows, sorted by person and admission.

    Columns: `person`, `spell`, `admission_date`, `admission_method` (of the admitting episode), `discharge_date` (null: still
    in), `discharge_method`, `discharge_destination`, `diagnosis` (the admitting episode's first).
    """
    # Two stays that begin on one day, a few hours and then a transfer, say: the one that ended first came first.
    order = ("admission_date", "episode_order", "episode_start", "ended")
    ended = rows.with_columns(ended=pl.coalesce("episode_end", "discharge_date"))
    admitting = _first_of_spell(ended, *order, greatest=("admission_method", "diag_01"))
    ends = pl.coalesce("discharge_date", "episode_end", pl.when("passed").then("admission_date")).fill_null(_OPEN)
    last = _first_of_spell(
        rows.with_columns(ends=ends), greatest=("ends", "discharge_date", "discharge_method", "discharge_destination")
    )
    return (
        admitting.select("spell", "person", "admission_date", "admission_method", diagnosis="diag_01")
        .join(last.select("spell", "discharge_date", "discharge_method", "discharge_destination"), on="spell")
        .sort("person", "admission_date", "spell")
    )


def _first_of_spell(rows: pl.DataFrame, *least: str, greatest: tuple[str, ...]) -> pl.DataFrame:
    descending = [False] * (1 + len(least)) + [True] * len(greatest)
    ordered = rows.sort("spell", *least, *greatest, descending=descending, nulls_last=True)
    return ordered.unique("spell", keep="first", maintain_order=True)
