"""Builds the borough's places: small areas, clusters and practices, and chooses where people register."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from data_schemas.disk import read_csv
from data_schemas.errors import ConfigurationError
from pipeline.synthetic.options import DATA, Options

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

BOROUGH_PEOPLE = 330_000
BOROUGH_PRACTICES = 58
BOROUGH_CLUSTERS = 7
SMALL_TOWN = 5_000
"""A borough of at least this many people has three clusters; a smaller one has two."""
CLUSTER_NAMES = (
    "Canal Side",
    "Beacon and Moor",
    "Three Brooks",
    "Old Collieries",
    "Southern Meadows",
    "Mill Towns",
    "Flashes and Moss",
)
FIRST_WORDS = (
    "Alder",
    "Beacon",
    "Bramble",
    "Canal",
    "Chapel",
    "Cloverfield",
    "Daisy",
    "Elm",
    "Fernhill",
    "Foundry",
    "Greenheys",
    "Hawthorn",
    "Heron",
    "Ivy",
    "Juniper",
    "Kingfisher",
    "Larkfield",
    "Linden",
    "Meadow",
    "Moss",
    "Northgate",
    "Oakwood",
    "Orchard",
    "Pendle",
    "Quarry",
    "Riverside",
    "Rowan",
    "Sandstone",
    "Spinners",
    "Thistle",
    "Upland",
    "Viaduct",
    "Weavers",
    "Willow",
    "Yarrow",
)
SECOND_WORDS = ("Medical Centre", "Surgery", "Health Centre", "Family Practice")
KILOMETRES = np.array([66.3, 111.2])
"""Kilometres in a degree of longitude and of latitude, at 53.5° north."""
BY_HARDSHIP = 0.10
"""Rise of log emergency admissions with an area's standardised deprivation, due to hardship and frailty."""
EXCESS = 1.3
"""Weight of an area's excess, because the gradient between fifths is steeper than in reality, and people move."""
NEAR_KILOMETRES = 1.1
"""Distance in kilometres over which a practice's attraction falls to 1/e."""


@dataclass(frozen=True)
class Places:
    """Areas (one row per LSOA), practices, clusters, and each LSOA's probabilities of choosing a practice."""

    areas: pl.DataFrame
    practices: pl.DataFrame
    clusters: pl.DataFrame
    choice: Floats
    """Cumulative probability of registering at each practice, as [area, practice]."""
    residents: Floats
    """Residents, as [area, age 0 to 90]."""
    deprivation: Floats
    """IMD score of each area, standardised over residents."""
    fifth: npt.NDArray[np.int32]
    """Each area's deprivation fifth in England. 0 is the most deprived."""
    excess: Floats
    """Log of an area's real emergency-admission ratio divided by that of its fifth."""


def cluster_count(people: int) -> int:
    """The number of clusters: seven for each borough's worth of people, and fewer for few people."""
    if people >= BOROUGH_PEOPLE // 2:
        return BOROUGH_CLUSTERS * max(1, round(people / BOROUGH_PEOPLE))
    return 3 if people >= SMALL_TOWN else 2


def _merged(labels: Integers, count: int) -> Integers:
    """Join the seven clusters, from west to east, into fewer if there are few people."""
    return labels if count >= BOROUGH_CLUSTERS else labels * count // BOROUGH_CLUSTERS


def _names(count: int) -> list[str]:
    """Invented practice names without repeats."""
    stems = [f"{first} {second}" for second in SECOND_WORDS for first in FIRST_WORDS]
    return [stems[i % len(stems)] + (f" {i // len(stems) + 1}" if i >= len(stems) else "") for i in range(count)]


def _practices(options: Options, areas: pl.DataFrame, rng: np.random.Generator, clusters: int) -> pl.DataFrame:
    """Invent practices, as unequal in size as real ones, and place them in areas of their cluster."""
    count = max(clusters, round(BOROUGH_PRACTICES * max(options.people, 35_000) / BOROUGH_PEOPLE))
    size = rng.gamma(3.5, 1.0, count)
    labels = areas["cluster"].to_numpy()
    copies = max(1, clusters // 7)
    home = np.arange(count) % (labels.max() + 1)
    spot = np.array([rng.choice(np.flatnonzero(labels == cluster)) for cluster in home])
    cluster = home + np.arange(count) // (labels.max() + 1) % copies * BOROUGH_CLUSTERS
    residents = np.bincount(labels, areas["residents"].to_numpy()) / copies
    share = size / np.bincount(cluster, size)[cluster] * residents[home]
    return pl.DataFrame(
        {
            "practice_code": [f"Z{90_001 + i:05d}" for i in range(count)],
            "practice_name": _names(count),
            "cluster": cluster,
            "lon": areas["lon"].to_numpy()[spot],
            "lat": areas["lat"].to_numpy()[spot],
            "share": share / share.sum(),
        }
    )


def _choice(areas: pl.DataFrame, practices: pl.DataFrame) -> Floats:
    """Cumulative probabilities by area. They fall with distance and add up to every practice's share."""
    home = areas.select("lon", "lat").to_numpy() * KILOMETRES
    there = practices.select("lon", "lat").to_numpy() * KILOMETRES
    near = np.exp(-np.linalg.norm(home[:, None, :] - there[None, :, :], axis=2) / NEAR_KILOMETRES)
    residents, share = areas["residents"].to_numpy() / areas["residents"].sum(), practices["share"].to_numpy()
    pull = share.copy()
    for _ in range(60):
        odds = near * pull / (near * pull).sum(axis=1, keepdims=True)
        pull *= share / (residents @ odds)
    return np.asarray(np.cumsum(odds, axis=1))


def _excess(areas: pl.DataFrame, fifth: npt.NDArray[np.int32], deprivation: Floats) -> Floats:
    """Log of an area's emergency-admission ratio divided by the mean of its deprivation fifth, weighted by residents.

    The effect of its people's hardship is subtracted, so that it does not count twice.
    """
    weight = areas["residents"].to_numpy()
    ratio = np.log(areas["emergency_ratio"].to_numpy()) - BY_HARDSHIP * deprivation
    mean = np.bincount(fifth, ratio * weight, 5) / np.maximum(np.bincount(fifth, weight, 5), 1)
    return np.asarray(EXCESS * (ratio - mean[fifth]))


def build_places(options: Options) -> Places:
    """Read the area files, and invent practices and clusters from the seed and the number of people."""
    rng = np.random.default_rng([options.seed, 1])
    clusters = cluster_count(options.people)
    areas, ages = area_files(options)
    areas = areas.with_columns(cluster=pl.Series(_merged(areas["cluster"].to_numpy(), clusters)))
    practices = _practices(options, areas, rng, clusters)
    weight = areas["residents"].to_numpy()
    score = np.sqrt(areas["imd_score"].to_numpy())
    mean = np.average(score, weights=weight)
    deprivation = (score - mean) / np.sqrt(np.average((score - mean) ** 2, weights=weight))
    fifth = ((areas["imd_decile"].to_numpy() - 1) // 2).astype(np.int32)
    residents = areas.select("lsoa_code").join(ages, on="lsoa_code", how="left", maintain_order="left")
    return Places(
        areas=areas,
        practices=practices,
        clusters=pl.DataFrame(
            {
                "cluster_code": [cluster_code(i) for i in range(clusters)],
                "cluster_name": [
                    CLUSTER_NAMES[i % BOROUGH_CLUSTERS]
                    + (f" {i // BOROUGH_CLUSTERS + 1}" if i >= BOROUGH_CLUSTERS else "")
                    for i in range(clusters)
                ],
                "capacity": [int(x) for x in rng.integers(30, 61, clusters)],
            }
        ),
        choice=_choice(areas, practices),
        residents=residents.drop("lsoa_code").to_numpy().astype(float),
        deprivation=deprivation,
        fifth=fifth,
        excess=_excess(areas, fifth, deprivation),
    )


def area_files(options: Options) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Read `areas.csv` and `ages.csv`. Raises `ConfigurationError` if columns are missing or the areas differ."""
    files = {"areas": options.areas, "ages": options.ages}
    tables = {name: read_csv(path) for name, path in files.items()}
    problems = []
    for name, table in tables.items():
        if missing := [c for c in read_csv(DATA / f"{name}.csv", n_rows=0).columns if c not in table.columns]:
            problems.append(f"{files[name]}: columns {', '.join(missing)} are missing")
    if problems:
        raise ConfigurationError(problems)
    if unknown := set(tables["areas"]["lsoa_code"]) - set(tables["ages"]["lsoa_code"]):
        raise ConfigurationError(
            f"{options.ages}: {len(unknown)} of the areas in {options.areas} are not there, {min(unknown)} for one"
        )
    return tables["areas"], tables["ages"]


def cluster_code(number: int) -> str:
    """The invented code of a cluster."""
    return f"N{number + 1:02d}"


def home_areas(places: Places, age: Floats, rng: np.random.Generator) -> npt.NDArray[np.int32]:
    """Draw an LSOA for each head of household, from where people of that age live in the borough."""
    cumulative = np.cumsum(places.residents, axis=0)
    cumulative = cumulative / cumulative[-1]
    u = rng.random(len(age))
    whole = np.clip(age, 0, places.residents.shape[1] - 1).astype(np.int64)
    area = np.empty(len(age), dtype=np.int32)
    for year in np.unique(whole):
        rows = whole == year
        area[rows] = np.searchsorted(cumulative[:, year], u[rows])
    return np.asarray(np.minimum(area, len(places.deprivation) - 1), dtype=np.int32)


def choose_practice(places: Places, area: npt.NDArray[np.int32], rng: np.random.Generator) -> npt.NDArray[np.int32]:
    """Draw a practice for each person, by the probabilities of their area."""
    u = rng.random(len(area))
    chosen = (places.choice[area] < u[:, None]).sum(axis=1)
    return np.asarray(np.minimum(chosen, len(places.practices) - 1), dtype=np.int32)


def similar_areas(places: Places, area: npt.NDArray[np.int32], rng: np.random.Generator) -> npt.NDArray[np.int32]:
    """Draw the area that each household moves to. Most are about as deprived as the one they leave."""
    order = np.argsort(places.deprivation, kind="stable")
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    step = np.rint(rng.normal(0, len(order) * 0.08, len(area))).astype(np.int64)
    return np.asarray(order[np.clip(rank[area] + step, 0, len(order) - 1)], dtype=np.int32)
