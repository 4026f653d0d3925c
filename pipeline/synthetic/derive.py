"""Derives the area tables of the synthetic borough from published statistics.

`python -m pipeline.synthetic.derive REFERENCE OUT` reads a borough's open data (IoD 2025, Census 2021, ONS population
estimates, loneliness and centroids) and writes `areas.csv` and `ages.csv`. Another borough needs only these two files.
The files are named `<borough>_imd2025_lsoa21.csv` and so on; the columns are those of ../shared/reference/england.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from data_schemas.disk import read_csv
from data_schemas.errors import ConfigurationError

CLUSTERS = 7
DOMAINS = {
    "Income_decile": "income_decile",
    "Employment_decile": "employment_decile",
    "Education_decile": "education_decile",
    "Health_decile": "health_decile",
    "Crime_decile": "crime_decile",
    "Housing_and_Services_decile": "barriers_decile",
    "Environment_decile": "environment_decile",
}
ETHNIC_GROUPS = {"White": "white", "Asian": "asian", "Black": "black", "Mixed": "mixed", "Other": "other"}


def published(reference: Path, name: str) -> Path:
    """The file `<borough>_<name>` in the folder. Raises `ConfigurationError` if there is none or more than one."""
    paths = sorted(reference.glob(f"*_{name}"))
    if len(paths) != 1:
        raise ConfigurationError(f"{reference}: {len(paths)} files are named <borough>_{name}; there must be one")
    return paths[0]


def census_shares(path: Path, column: str, groups: dict[str, str]) -> pl.DataFrame:
    """One row per LSOA with the share of each group. A group includes every category that starts with its key."""
    long = read_csv(path)
    total = pl.col("n").sum()
    shares = [
        (pl.col("n").filter(pl.col(column).str.starts_with(key)).sum() / total).round(4).alias(name)
        for key, name in groups.items()
    ]
    return long.group_by("lsoa21_code").agg(shares)


def ages(reference: Path) -> pl.DataFrame:
    """Residents by LSOA and single year of age (ONS mid-2020). 90 means 90 and over."""
    wide = read_csv(published(reference, "population2020_lsoa11_sya.csv"))
    years = {name: name.rstrip("+") for name in wide.columns if name.rstrip("+").isdigit()}
    return wide.select(
        pl.col("lsoa11_code").alias("lsoa_code"), *(pl.col(old).alias(new) for old, new in years.items())
    )


def balanced_clusters(points: npt.NDArray[np.float64], weights: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """Divide points into `CLUSTERS` groups of nearly equal weight, by cutting the area repeatedly across its longer
    side.
    """
    label = np.zeros(len(points), dtype=np.int64)
    parts = [(np.arange(len(points)), CLUSTERS)]
    final = []
    while parts:
        rows, pieces = parts.pop()
        if pieces == 1:
            final.append(rows)
            continue
        axis = int(np.argmax(np.ptp(points[rows], axis=0)))
        order = rows[np.argsort(points[rows, axis], kind="stable")]
        left = pieces // 2
        cut = int(np.searchsorted(np.cumsum(weights[order]), weights[order].sum() * left / pieces))
        parts += [(order[:cut], left), (order[cut:], pieces - left)]
    for number, rows in enumerate(sorted(final, key=lambda part: float(points[part, 0].mean()))):
        label[rows] = number
    return label


def areas(reference: Path) -> pl.DataFrame:
    """One row per LSOA: deprivation, census shares, loneliness, place and the emergency admission ratio of IoD 2025."""
    imd = read_csv(published(reference, "imd2025_lsoa21.csv")).rename(DOMAINS)
    acute = read_csv(published(reference, "imd2025_indicators_lsoa21.csv"))
    tenure = {"Owned": "owned", "Social": "social_rented", "Private": "private_rented"}
    joined = (
        imd.select("lsoa21_code", "IMD_rank", "IMD_decile", "IMD_score", *DOMAINS.values())
        .rename({"IMD_rank": "imd_rank", "IMD_decile": "imd_decile", "IMD_score": "imd_score"})
        .join(acute.select("lsoa21_code", emergency_ratio="acute_morbidity_indicator"), on="lsoa21_code")
        .join(
            read_csv(published(reference, "loneliness_cls_lsoa21.csv")).select(
                "lsoa21_code", loneliness_percent=pl.col("perc").round(2)
            ),
            on="lsoa21_code",
        )
        .join(read_csv(published(reference, "lsoa21_centroids.csv")).drop("lsoa21_name"), on="lsoa21_code")
        .join(
            read_csv(published(reference, "lsoa21_ward24_lookup.csv")).select("lsoa21_code", ward="ward24_name"),
            on="lsoa21_code",
        )
        .join(
            census_shares(published(reference, "census2021_household_tenure21_lsoa21.csv"), "tenure", tenure),
            on="lsoa21_code",
        )
        .join(
            census_shares(published(reference, "census2021_ethnicity21_lsoa21.csv"), "ethnic_group", ETHNIC_GROUPS),
            on="lsoa21_code",
        )
        .rename({"lsoa21_code": "lsoa_code"})
    )
    people = ages(reference).select("lsoa_code", residents=pl.sum_horizontal(pl.exclude("lsoa_code")))
    joined = joined.join(people, on="lsoa_code").sort("lsoa_code")
    points = joined.select("lon", "lat").to_numpy() * [0.595, 1.0]  # a degree east is shorter at 53.5° north
    label = balanced_clusters(points, joined["residents"].to_numpy().astype(float))
    return joined.with_columns(cluster=pl.Series(label))


def main(reference: Path, out: Path) -> None:
    """Write `areas.csv` and `ages.csv` of a borough."""
    areas(reference).write_csv(out / "areas.csv")
    ages(reference).sort("lsoa_code").write_csv(out / "ages.csv")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
