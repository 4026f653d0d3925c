"""Ranks a scored cohort: each person's place in the borough and in their cluster."""

from __future__ import annotations

import datetime as dt
import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Literal

import polars as pl

from data_schemas.disk import read_parquet, scan_parquet
from data_schemas.feature_parts import part_paths, scan_parts
from data_schemas.pseudonyms import Kind
from data_schemas.receipts import Feature, Snapshot
from pipeline import words
from pipeline.ledger.history import NOTHING_YET, History
from pipeline.population import UNASSIGNED
from pipeline.publish.value import UNKNOWN_COSTS, Money

BANDS = (("Very high", 0.005), ("High", 0.05), ("Moderate", 0.20), ("Lower", 1.0))
"""Each band and the share of the borough's people, highest risk first, at which it ends."""

BANDS_IN_WORDS = (
    "Very high: the 1 in 200 people of the borough with the highest risk. High: the rest of the highest 1 in 20. "
    "Moderate: the rest of the highest 1 in 5. Lower: everyone else."
)

MEDIANS_OF = 50_000
"""The number of people needed to know what is usual at an age."""

HIGHEST_FIRST = ("risk", "person_id")

UNUSED = ("ethnicity", "household_id", "birth_month")
"""Columns of the cohort that no list uses."""


@dataclass(frozen=True)
class Answerable:
    """Who is responsible for the lists, and how long they may be used."""

    owner: str = ""
    contact: str = ""
    valid_days: int = 45
    max_source_age_days: int = 60
    """A source older than this on the as-of date causes a warning."""


NOBODY_NAMED = Answerable()

IN_CARE_HOME = "in_care_home"
END_OF_LIFE = ("condition_palliative_ever", "palliative_1y")
"""Features of people who are off the lists because others look after them. The second is never mentioned about
anybody."""


@dataclass(frozen=True)
class Scored:
    """One scored cohort and everything that its lists are made from, except the reasons."""

    site: str
    outcome: str
    horizon_days: int
    list_size: int
    snapshot: Snapshot
    scores: Path
    """Parquet: person, risk."""
    tables: Path
    """Folder of the ingested tables. `practices`, `clusters`, `areas` and `registrations` are used if present."""
    model_version: str
    previous: Path | None = None
    """The complete output folder of an earlier as-of date, for what has changed since."""
    community: tuple[Path, ...] = ()
    """Files of the Community Book (Open Referral UK JSON)."""
    history: History = NOTHING_YET
    """The outcomes of earlier lists, and the people whom the team added or took off."""
    pseudonyms: Kind = "exact"
    """How pseudonyms in the history are compared with those in the cohort."""
    segments: Path | None = None
    """Parquet: person, words; each person's segment as printed on a list (`pipeline.community`)."""
    lottery: float = 0.0
    """Share of the places, at the lower end of the list, that a lottery gives out."""
    seed: int = 0
    """The seed of the lottery."""
    money: Money = UNKNOWN_COSTS
    """Unit costs, and how much the lists may change."""
    bed_days: Path | None = None
    """Parquet: person, expected_bed_days."""

    care_homes: Literal["off", "main", "own_list"] = "off"
    """Where care-home residents go: on no list, on the main list like others, or on their own list."""
    answerable: Answerable = NOBODY_NAMED
    sources: Mapping[str, dt.date | None] = field(default_factory=dict)
    """Table → its last day of data."""

    @property
    def as_of(self) -> dt.date:
        return self.snapshot.as_of

    @cached_property
    def features(self) -> list[Feature]:
        """The declarations of the snapshot's features."""
        declared = json.loads((self.snapshot.folder / "snapshot.json").read_bytes())["features"]
        return [Feature(**feature) for feature in declared]

    @cached_property
    def people(self) -> pl.DataFrame:
        """The cohort with risk, `borough_rank`, band and `rank_in_cluster`; one row per person, highest risk first,
        ties by person_id."""
        cohort = scan_parquet(self.snapshot.folder / "cohort.parquet").drop(UNUSED, strict=False).collect()
        risks = read_parquet(self.scores, columns=["person", "risk"])
        placed = cohort.with_columns(cluster_code=pl.col("cluster_code").replace(UNASSIGNED, None))
        ranked = placed.join(risks, on="person").sort(HIGHEST_FIRST, descending=[True, False])
        in_cluster = pl.int_range(1, pl.len() + 1, dtype=pl.Int32).over("cluster_code")
        return ranked.with_columns(
            borough_rank=pl.int_range(1, pl.len() + 1, dtype=pl.Int32),
            band=band(ranked.height),
            rank_in_cluster=pl.when(pl.col("cluster_code").is_not_null()).then(in_cluster),
        )

    @cached_property
    def clusters(self) -> list[Cluster]:
        """The clusters of the people in the cohort, in order of code."""
        declared = {row["cluster_code"]: row for row in self.table("clusters").iter_rows(named=True)}
        sizes = self.people.drop_nulls("cluster_code").group_by("cluster_code").len().sort("cluster_code")
        return [_cluster(code, people, declared.get(code, {}), self.list_size) for code, people in sizes.iter_rows()]

    @cached_property
    def practice_names(self) -> dict[str, str]:
        """Practice code → name, if the site gives it."""
        practices = self.table("practices")
        if "practice_name" not in practices.columns:
            return {}
        return {code: name for code, name in practices.select("practice_code", "practice_name").iter_rows() if name}

    @cached_property
    def resting(self) -> set[str]:
        """People who stay off new lists for a while because of an earlier outcome."""
        return self.history.resting

    @cached_property
    def in_care_home(self) -> set[str]:
        """The people recorded as living in a care home."""
        return self._with([IN_CARE_HOME])

    @cached_property
    def looked_after(self) -> set[str]:
        """People on no main list because others look after them: in a care home (unless the site wants them listed) or
        at the end of life.
        """
        return self._with(list(END_OF_LIFE)) | (set() if self.care_homes == "main" else self.in_care_home)

    def _with(self, names: list[str]) -> set[str]:
        """The people for whom any of some features is true."""
        known = self.known(names)
        if not known:
            return set()
        there = self.scan(known).filter(pl.any_horizontal(pl.col(name) > 0 for name in known)).select("person")
        return set(self.people.join(there.collect(engine="streaming"), on="person", how="semi")["person_id"])

    @cached_property
    def homes(self) -> dict[str, int]:
        """Cluster code → people recorded as living in a care home."""
        there = self.people.filter(pl.col("person_id").is_in(sorted(self.in_care_home)))
        return dict(there.drop_nulls("cluster_code").group_by("cluster_code").len().iter_rows())

    def health_in_short(self, persons: pl.Series) -> pl.DataFrame:
        """`person, group`: the segment of some people in plain words. Empty if segments were not worked out."""
        if self.segments is None:
            return pl.DataFrame(schema={"person": pl.Int32, "group": pl.String})
        rows = scan_parquet(self.segments).filter(pl.col("person").is_in(persons.implode()))
        return rows.select("person", group="words").collect()

    def table(self, name: str) -> pl.DataFrame:
        """An ingested table, or an empty frame if the site has none."""
        path = self.tables / f"{name}.parquet"
        return read_parquet(path) if path.exists() else pl.DataFrame()

    @cached_property
    def parts(self) -> list[Path]:
        """The files of the snapshot's features, one for each bucket of people."""
        return part_paths(self.snapshot.folder)

    def known(self, names: Iterable[str]) -> list[str]:
        """Those of some features that the snapshot has."""
        declared = {feature.name for feature in self.features}
        return [name for name in names if name in declared]

    def scan(self, names: Iterable[str]) -> pl.LazyFrame:
        """`person` and the named features that the snapshot has, to be read part by part."""
        return scan_parts(self.snapshot.folder, ["person", *self.known(names)])

    def values(self, names: Iterable[str], among: pl.Series | None = None) -> pl.DataFrame:
        """`person` and the named features that the snapshot has, for everyone or some people."""
        rows = self.scan(names)
        return (rows if among is None else rows.filter(pl.col("person").is_in(among.implode()))).collect()

    def medians(self, names: list[str]) -> dict[tuple[str, str], float]:
        """The median of everyone's values, by feature and age band. In a large borough, a sample of people is used."""
        every = max(1, self.people.height // MEDIANS_OF)
        some = self.people.select("person", "age_band").sort("person").gather_every(every)
        known = some.join(self.values(names, some["person"]), on="person")
        medians = known.group_by("age_band").agg(pl.col(known.columns[2:]).median())
        long = medians.unpivot(index="age_band", variable_name="feature", value_name="median").drop_nulls()
        return {(feature, band): median for band, feature, median in long.iter_rows()}


@dataclass(frozen=True)
class Cluster:
    """A cluster of practices and the number of people on its list."""

    code: str
    name: str
    people: int
    places: int
    capacity: int | None
    """People that its link workers can take on each month, as the site gave it."""


def band(people: int) -> pl.Expr:
    """The band of each row in a frame of `people` rows, sorted by highest risk first."""
    position = pl.int_range(1, pl.len() + 1)
    expression = pl.lit(BANDS[-1][0])
    for name, share in reversed(BANDS[:-1]):
        expression = pl.when(position <= math.ceil(share * people)).then(pl.lit(name)).otherwise(expression)
    return expression


def age_words(column: str = "age_band") -> pl.Expr:
    """An age band in words."""
    return pl.col(column).replace_strict(words.AGE_BANDS, default=pl.col(column))


def sex_words(column: str = "sex") -> pl.Expr:
    """A sex code in words."""
    return pl.col(column).cast(pl.String).replace_strict(words.SEX, default="Not known")


def _cluster(code: str, people: int, declared: dict[str, object], size: int) -> Cluster:
    capacity = declared.get("capacity")
    places = int(capacity) if isinstance(capacity, (int, float)) else size
    name = declared.get("cluster_name") or code
    return Cluster(code, str(name), people, places, None if capacity is None else places)
