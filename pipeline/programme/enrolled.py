"""Reads the people of a programme from the `interventions` table."""

from __future__ import annotations

from dataclasses import dataclass, replace

import polars as pl

from data_schemas.errors import ConfigurationError
from data_schemas.nearest import nearest
from data_schemas.programme import CONTROL, OFFERED
from data_schemas.receipts import Notice
from pipeline import disclosure


@dataclass(frozen=True)
class Enrolled:
    """Who is compared with whom.

    `people` has one row per unit to follow: `unit, person, offered, start_date, weight` (inverse probability of the
    arm) and `group` (what was drawn together: the person or the cluster). `known` has `unit` and further numbers known
    at the start. `pool` has the columns of both for everybody who could have been compared. `notices` explain who was
    left out.
    """

    people: pl.DataFrame
    notices: tuple[Notice, ...] = ()
    known: pl.DataFrame | None = None
    pool: pl.DataFrame | None = None


def of_programme(interventions: pl.DataFrame | None, programme: str) -> pl.DataFrame:
    """The rows of one programme. Raises ConfigurationError, with the existing names, if there is no programme of that
    name.
    """
    if interventions is None:
        raise ConfigurationError(
            "extracts.interventions: missing; a programme is evaluated with this table. Add a section [extracts.interventions] with its"
            " path"
        )
    rows = interventions.filter(pl.col("programme") == programme)
    if rows.is_empty():
        names = sorted(interventions["programme"].unique())
        raise ConfigurationError(
            f"PROGRAMME: found {programme!r}, which is not in interventions; accepted: {', '.join(names)}{nearest(programme, names)}"
        )
    return rows


def randomised(rows: pl.DataFrame) -> Enrolled:
    """Everyone with an arm, from the day of randomisation. Raises ConfigurationError if an arm is empty."""
    arms = rows.filter(pl.col("arm").is_not_null()) if "arm" in rows.columns else rows.clear()
    if arms.is_empty():
        raise ConfigurationError(
            "interventions.arm: nobody of this programme has an arm, so nobody was randomised; use --design matched, or fill arm in"
        )
    by_person = arms.group_by("person").agg(
        pl.col("start_date").min(), pl.col("arm").n_unique().alias("arms"), pl.col("arm").first()
    )
    clear = by_person.filter(pl.col("arms") == 1)
    for arm in (OFFERED, CONTROL):
        if clear.filter(pl.col("arm") == arm).is_empty():
            raise ConfigurationError(f"interventions.arm: nobody is in the arm {arm!r}; the table needs both arms")
    notices = _left_out(rows["person"].n_unique() - by_person.height, by_person.height - clear.height)
    return Enrolled(_units(clear.with_columns(offered=pl.col("arm") == OFFERED)), notices)


def by_cluster(enrolled: Enrolled, clusters: pl.DataFrame) -> Enrolled:
    """The same, grouped by cluster, for trials that randomised whole clusters. Each cluster then has one arm, and each
    arm several clusters.

    `clusters` has `person, cluster_code`.
    """
    placed = enrolled.people.join(clusters, on="person", how="left")
    arms = placed.group_by("cluster_code").agg(pl.col("offered").n_unique().alias("arms"), pl.col("offered").first())
    per_arm = arms.group_by("offered").len()["len"]
    if placed["cluster_code"].null_count() or (arms["arms"] > 1).any() or per_arm.len() < 2 or (per_arm < 2).any():  # noqa: PLR2004
        return enrolled
    detail = f"Whole clusters were randomised ({arms.height} of them): intervals are over clusters, and wide where they are few."
    grouped = placed.with_columns(group=pl.col("cluster_code").rank("dense").cast(pl.Int64)).drop("cluster_code")
    return replace(enrolled, people=grouped, notices=(*enrolled.notices, Notice("clusters_randomised", detail)))


def treated(rows: pl.DataFrame) -> Enrolled:
    """Everyone for whom the programme began, from their first day. Controls of a trial are not included."""
    began = rows.filter(pl.col("arm").is_null() | (pl.col("arm") == OFFERED)) if "arm" in rows.columns else rows
    first = began.group_by("person").agg(pl.col("start_date").min())
    return Enrolled(_units(first.with_columns(offered=pl.lit(value=True))))


def _units(people: pl.DataFrame) -> pl.DataFrame:
    ordered = people.sort("person").with_row_index("unit")
    unit = pl.col("unit").cast(pl.Int64)
    return ordered.select(
        unit, "person", "offered", "start_date", weight=pl.lit(1.0), group=pl.col("person").cast(pl.Int64)
    )


def _left_out(without: int, both: int) -> tuple[Notice, ...]:
    notices = []
    if without:
        notices.append(Notice("no_arm", f"{_shown(without)} people of the programme have no arm and are left out."))
    if both:
        notices.append(Notice("two_arms", f"{_shown(both)} people are in both arms and are left out."))
    return tuple(notices)


def _shown(count: int) -> str:
    """A count as printed on pages."""
    return disclosure.shown(disclosure.protect(count))
