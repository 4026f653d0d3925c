"""Finds everyone registered on a day, from the rows that were known then."""

from __future__ import annotations

import datetime as dt

import polars as pl

EVER = dt.date(9999, 12, 31)
"""The end of a registration that has not ended."""
_LIVED = ("ethnicity", "lsoa_code", "household_id", "registered_from", "settled")
_NEWEST_FIRST = ("registered_from", "registered_to", "practice_code")


def registered(registrations: pl.DataFrame, as_of: dt.date) -> pl.DataFrame:
    """Everyone alive on `as_of` who was registered on it or the day before, whatever their age, sorted by person.

    Columns: `person, person_id, practice_code, age, sex, birth_month, ethnicity, lsoa_code, household_id,
    practice_before, registered_from`, `on_list` (registered on `as_of`), `settled` (registered the day before),
    `known_from` (the first registration before `as_of`) and `disagrees` (sex or birth month differ between the rows of
    the person). `practice_code` comes from the row that covers `as_of`. Features use a row that began before it, if
    there is one. Households and norms use the settled, so people who come, leave or return on `as_of` do not change
    them.
    """
    rows = _begun(registrations, as_of).with_columns(
        on_list=pl.col("registered_to") > as_of,
        settled=(pl.col("registered_from") < as_of) & (pl.col("registered_to") >= as_of),
    )
    several = rows["person"].is_duplicated()  # most people have one row, which needs no choice
    found = [_of_one_row(rows.filter(~several), as_of), _of_several(rows.filter(several), as_of)]
    return pl.concat(found).sort("person")


def _of_one_row(rows: pl.DataFrame, as_of: dt.date) -> pl.DataFrame:
    alive = (pl.col("death_date") >= as_of).fill_null(value=True)
    who = ("person", "person_id", "practice_code", "on_list", _age(as_of), "sex", "birth_month")
    there = rows.filter(alive, pl.col("on_list") | pl.col("settled"))
    began = pl.when(pl.col("registered_from") < as_of).then("registered_from")
    last = {"practice_before": pl.col("practice_code"), "known_from": began, "disagrees": pl.lit(value=False)}
    return there.select(*who, *_LIVED, **last)


def _of_several(rows: pl.DataFrame, as_of: dt.date) -> pl.DataFrame:
    covering = _first_of_person(rows.filter(pl.col("on_list") | pl.col("settled")), pl.col("on_list"))
    known = rows.with_columns(pl.min_horizontal("registered_to", pl.lit(as_of))).drop("death_date", "on_list")
    fixed = _first_of_person(known, pl.col("registered_from") < as_of)
    lived = _first_of_person(known, pl.col("settled"), pl.col("registered_from") < as_of)
    gone = rows.filter(pl.col("death_date") < as_of).select("person").unique()
    began = pl.col("registered_from").filter(pl.col("registered_from") < as_of).min()
    differ = (pl.n_unique("sex") > 1) | (pl.n_unique("birth_month") > 1)
    together = rows.group_by("person").agg(known_from=began, disagrees=differ)
    found = covering.select("person", "person_id", "practice_code", "on_list").join(gone, on="person", how="anti")
    always = fixed.select("person", _age(as_of), "sex", "birth_month")
    then = lived.select("person", *_LIVED, practice_before="practice_code")
    for part in (always, then, together):
        found = found.join(part, on="person", how="left")
    return found


def _begun(registrations: pl.DataFrame, as_of: dt.date) -> pl.DataFrame:
    """Rows that began by `as_of`. Facts that only a later row has are not known yet."""
    absent = ("registered_to", "ethnicity", "lsoa_code", "household_id", "death_date")
    kinds = {"registered_to": pl.Date, "death_date": pl.Date}
    missing = [
        pl.lit(None, kinds.get(name, pl.String)).alias(name) for name in absent if name not in registrations.columns
    ]
    return (
        registrations.with_columns(missing)
        .with_columns(pl.col("registered_to").fill_null(EVER))
        .filter(pl.col("registered_from") <= as_of)
    )


def _first_of_person(rows: pl.DataFrame, *preferred: pl.Expr) -> pl.DataFrame:
    """One row per person: preferred rows first, then the newest. The rest of the row decides ties."""
    rest = [pl.col(name) for name in sorted(set(rows.columns) - {"person", *_NEWEST_FIRST})]
    keys = [*preferred, *(pl.col(name) for name in _NEWEST_FIRST), *rest]
    ordered = rows.sort("person", *keys, descending=[False] + [True] * len(keys), nulls_last=True)
    return ordered.unique("person", keep="first", maintain_order=True)


def _age(as_of: dt.date) -> pl.Expr:
    """Whole years since the first of the birth month."""
    birth = pl.col("birth_month")
    had_birthday = birth.dt.month() <= as_of.month
    return (as_of.year - birth.dt.year() - (~had_birthday).cast(pl.Int32)).cast(pl.Int32).alias("age")
