"""The ready `site.toml` of a synthetic borough, and the tables of its places."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl

from pipeline.synthetic.options import Options
from pipeline.synthetic.places import Places, cluster_code

PERSON_TABLES = ("registrations", "gp_events", "prescriptions", "appointments", "admissions", "attendances", "outpatients")


def as_of_dates(options: Options) -> tuple[list[dt.date], list[dt.date]]:
    """Training and test dates: the test window ends on the as-of date, the training windows by the test date."""

    def back(years: int) -> dt.date:
        return options.as_of.replace(year=options.as_of.year - years)

    test = [back(1)]
    half = (back(3).replace(month=(back(3).month + 5) % 12 + 1, year=back(3).year + (back(3).month + 5) // 12)) if options.years > 3 else None  # noqa: PLR2004
    train = [back(3)] if half is None else [back(3), half, back(2)]
    return [day for day in train if day > options.start], test


def site_toml(options: Options, places: Places) -> str:
    """Every extract configured, ready to run."""
    train, test = as_of_dates(options)
    history = (min([*train, *test]) - options.start).days
    lines = [
        "# A synthetic borough: nobody in it exists.",
        "[site]",
        'name = "Synthetic Wigan"',
        'data_dir = "extracts"',
        'legal_basis = ["gp", "sus"]',
        "",
        "[run]",
        f"as_of = {options.as_of}",
        'outcome = "unplanned_admission"',
        "horizon_days = 365",
        f"history_days = {history}",
        f"train_as_of = [{', '.join(map(str, train))}]",
        f"test_as_of = [{', '.join(map(str, test))}]",
        "minimum_age = 18",
        f"seed = {options.seed}",
        "",
    ]
    for table in (*PERSON_TABLES, "opt_outs"):
        lines += [f"[extracts.{table}]", f'path = "{table}-*.parquet"']
        if table not in ("registrations", "opt_outs"):
            lines.append(f"covers = [{options.start}, {options.as_of}]")
        lines.append("")
    for table in ("areas", "practices", "clusters"):
        lines += [f"[extracts.{table}]", f'path = "{table}.parquet"', ""]
    lines += ["[extracts.community_assets]", 'path = "community_assets.json"', "", "[lists]", f"size = {list_size(options, places)}", ""]
    return "\n".join(lines)


def list_size(options: Options, places: Places) -> int:
    """People per list: 500 in a cluster of full size, fewer in a small one."""
    return max(20, min(500, round(options.people / len(places.clusters) / 60)))


def write_places(options: Options, places: Places, registered: pl.DataFrame, folder: Path) -> dict[str, int]:
    """Write areas, practices and clusters; `registered` counts people by practice on the as-of date."""
    areas = places.areas.select(
        "lsoa_code", "imd_rank", "imd_decile", "income_decile", "employment_decile", "education_decile", "health_decile", "crime_decile",
        "barriers_decile", "environment_decile", "loneliness_percent", "imd_score", "owned", "social_rented", "private_rented", "lon", "lat",
    )  # fmt: skip
    practices = places.practices.join(registered, on="practice_code", how="left", maintain_order="left").select(
        "practice_code",
        "practice_name",
        pcn_code=pl.format("U9{}", (pl.col("cluster") + 1).cast(pl.String).str.zfill(4)),
        cluster_code=pl.col("cluster").map_elements(cluster_code, return_dtype=pl.String),
        list_size=pl.col("people").fill_null(0),
    )
    tables = {"areas": areas, "practices": practices, "clusters": places.clusters}
    for name, table in tables.items():
        table.write_parquet(folder / f"{name}.parquet")
    return {name: len(table) for name, table in tables.items()}
