"""Prepares the maps of a cluster's small areas: their shapes, and the numbers that may be shown."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl

from pipeline import disclosure
from pipeline.publish.aggregates import Aggregates
from pipeline.publish.community import Point
from pipeline.publish.scored import Scored

BOUNDARIES = Path(__file__).parent / "boundaries"

FEWEST_PEOPLE = 20
"""The fewest people of a cluster in an area. Areas with fewer are drawn as outside the cluster and counted together."""
MAPPED = ("Lonely or isolated", "Carers")
"""Lists other than the main one whose shares are drawn on maps."""
_ELSEWHERE = "elsewhere"

Ring = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Shape:
    """A small area: its name and its rings of longitude and latitude."""

    name: str
    rings: tuple[Ring, ...]

    @property
    def centre(self) -> Point:
        """The middle of its corners, latitude first: accurate enough for distances to offers."""
        points = [point for ring in self.rings for point in ring]
        return sum(y for _, y in points) / len(points), sum(x for x, _ in points) / len(points)


@dataclass(frozen=True)
class Measure:
    """One map: a number for each area of a cluster, or None if it is hidden."""

    heading: str
    unit: str
    values: dict[str, float | None]
    is_public: bool
    """Whether others published the numbers, so that they are not counted from records."""
    low_is_need: bool = False


@cache
def shapes() -> dict[str, Shape]:
    """The areas of all boundary files, by code."""
    by_code = {}
    for path in sorted(BOUNDARIES.glob("*.geojson")):
        for feature in json.loads(path.read_bytes())["features"]:
            properties = feature["properties"]
            by_code[properties["lsoa_code"]] = Shape(properties["lsoa_name"], _rings(feature["geometry"]))
    return by_code


def points(scored: Scored) -> dict[str, Point]:
    """Latitude and longitude of each small area: the site's own if it gives `lat` and `lon`, else the middle of its
    shape.
    """
    known = {code: shape.centre for code, shape in shapes().items()}
    table = scored.table("areas")
    if {"lat", "lon"} <= set(table.columns):
        known |= {
            code: (lat, lon) for code, lat, lon in table.select("lsoa_code", "lat", "lon").drop_nulls().iter_rows()
        }
    return known


def measures(scored: Scored, flagged: pl.DataFrame, code: str, counts: Aggregates) -> list[Measure]:
    """The maps of a cluster. None if people's areas are not known; no map of a flag whose count in the cluster is
    hidden. `flagged` comes from `aggregates.flagged`.
    """
    if "lsoa_code" not in flagged.columns:
        return []
    here = flagged.filter(pl.col("cluster_code") == code)
    sizes = here.drop_nulls("lsoa_code").group_by("lsoa_code").len().filter(pl.col("len") >= FEWEST_PEOPLE)
    drawn = sorted(set(sizes["lsoa_code"]) & set(shapes()))
    if not drawn:
        return []
    high = ("High or very high risk", pl.col("band").is_in(["Very high", "High"]))
    shown = [each.heading for each in counts.segments if None not in each.clusters[code]]
    flags = [(f"{name}, by the record", pl.col(name)) for name in MAPPED if name in shown]
    maps = [*_published(scored, drawn), *(_counted(here, drawn, *flag) for flag in (high, *flags))]
    return [measure for measure in maps if _is_worth_drawing(measure)]


def _is_worth_drawing(measure: Measure) -> bool:
    """Whether at least half of the areas may be shown."""
    known = [value for value in measure.values.values() if value is not None]
    return 2 * len(known) >= len(measure.values) > 0


def _published(scored: Scored, drawn: list[str]) -> list[Measure]:
    table = scored.table("areas")
    wanted = {
        "imd_decile": ("Deprivation (1 = most deprived tenth of England)", "decile"),
        "loneliness_percent": ("Often or sometimes lonely, estimated for the area", "%"),
    }
    return [
        Measure(
            heading,
            unit,
            {c: v for c, v in table.select("lsoa_code", name).iter_rows() if c in set(drawn)},
            is_public=True,
            low_is_need=name == "imd_decile",
        )
        for name, (heading, unit) in wanted.items()
        if name in table.columns
    ]


def _counted(here: pl.DataFrame, drawn: list[str], heading: str, flag: pl.Expr) -> Measure:
    """The share of an area's people with a flag, from protected counts."""
    area = pl.when(pl.col("lsoa_code").is_in(drawn)).then("lsoa_code").otherwise(pl.lit(_ELSEWHERE))
    counted = here.group_by(area.alias("area")).agg(yes=flag.sum(), no=(~flag).sum()).sort("area")
    table = disclosure.protect_table({name: [yes, no] for name, yes, no in counted.iter_rows()})
    values = {name: _share(*cells) for name, cells in table.items() if name != _ELSEWHERE}
    return Measure(heading, "%", values, is_public=False)


def _share(yes: disclosure.Count, no: disclosure.Count) -> float | None:
    return None if yes is None or no is None or not yes + no else 100 * yes / (yes + no)


def _rings(geometry: dict[str, Any]) -> tuple[Ring, ...]:
    polygons = geometry["coordinates"] if geometry["type"] == "MultiPolygon" else [geometry["coordinates"]]
    return tuple(tuple((x, y) for x, y, *_ in ring) for polygon in polygons for ring in polygon)
