"""Writes the `site.toml` of a synthetic borough and the tables of its places."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl

from pipeline.synthetic.options import Options
from pipeline.synthetic.places import Places, cluster_code

PERSON_TABLES = (
    "registrations",
    "gp_events",
    "prescriptions",
    "appointments",
    "admissions",
    "attendances",
    "outpatients",
)
TENURE = ("owned", "social_rented", "private_rented")


def as_of_dates(options: Options) -> tuple[list[dt.date], list[dt.date]]:
    """Training and test dates. The test window ends on the as-of date, and the training windows end by the
    test date.
    """
    train = [day for day in (_before(options.as_of, months) for months in (36, 30, 24)) if day > options.start]
    return train, [_before(options.as_of, 12)]


def _before(day: dt.date, months: int) -> dt.date:
    """The same day of the month, some months earlier."""
    index = day.year * 12 + day.month - 1 - months
    return dt.date(index // 12, index % 12 + 1, day.day)


def site_toml(options: Options, places: Places) -> str:
    """The text of `site.toml`, with every extract configured."""
    train, test = as_of_dates(options)
    tables = (*PERSON_TABLES, "council_records") if options.council else PERSON_TABLES
    sources = ('"gp"', '"sus"', '"council"') if options.council else ('"gp"', '"sus"')
    history = (min([*train, *test]) - options.start).days
    lines = [
        "# A synthetic borough: nobody in it exists.",
        "[site]",
        'name = "Synthetic Wigan"',
        'data_dir = "extracts"',
        f"legal_basis = [{', '.join(sources)}]",
        "",
        "[run]",
        f"as_of = {options.as_of}",
        'outcome = "unplanned_admission"',
        "horizon_days = 365",
        f"history_days = {history}  # as far as the earliest training date can look back, so that all dates see the same",
        f"train_as_of = [{', '.join(map(str, train))}]",
        f"test_as_of = [{', '.join(map(str, test))}]",
        "minimum_age = 18",
        f"seed = {options.seed}",
        "",
    ]
    for table in (*tables, "opt_outs"):
        lines += [f"[extracts.{table}]", f'path = "{table}-*.parquet"']
        if table not in ("registrations", "opt_outs"):
            lines.append(f"covers = [{options.start}, {options.as_of}]")
        lines.append("")
    for table in ("areas", "practices", "clusters"):
        lines += [f"[extracts.{table}]", f'path = "{table}.parquet"', ""]
    lines += [
        "[extracts.community_assets]",
        'path = "community_assets.json"',
        "",
        "[lists]",
        f"size = {list_size(options, places)}",
        "",
    ]
    return "\n".join(lines)


def list_size(options: Options, places: Places) -> int:
    """The number of people on each list: 500 in a full-size cluster, fewer in a small one."""
    return max(20, min(500, round(options.people / len(places.clusters) / 60)))


def write_places(places: Places, registered: dict[str, int], folder: Path) -> dict[str, int]:
    """Write areas, practices and clusters. `registered` is the number of people by practice code on the as-of date."""
    deciles = [name for name in places.areas.columns if name.endswith("_decile")]
    areas = places.areas.select(
        "lsoa_code", "imd_rank", *deciles, "loneliness_percent", "imd_score", *TENURE, "lon", "lat"
    )
    sizes = [registered.get(code, 0) for code in places.practices["practice_code"]]
    clusters = places.practices["cluster"].to_list()
    practices = places.practices.select("practice_code", "practice_name").with_columns(
        pcn_code=pl.Series([f"U9{cluster + 1:04d}" for cluster in clusters]),
        cluster_code=pl.Series([cluster_code(cluster) for cluster in clusters]),
        list_size=pl.Series(sizes, dtype=pl.Int64),
    )
    tables = {"areas": areas, "practices": practices, "clusters": places.clusters}
    for name, table in tables.items():
        table.write_parquet(folder / f"{name}.parquet")
    return {name: len(table) for name, table in tables.items()}
