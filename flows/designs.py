"""Chooses which people a study compares, by its design."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import polars as pl

from data_schemas.disk import read_parquet
from data_schemas.errors import ConfigurationError
from data_schemas.receipts import Notice
from flows import studies
from flows.studies import Asked

if TYPE_CHECKING:
    from flows.run import Run
    from pipeline.programme.enrolled import Enrolled
    from pipeline.programme.records import Records

THE_LIST = "list"
"""The name under which the list itself is studied, from the ledger instead of the interventions table."""
POOL_SHOWN = 20_000
"""Number of people who could have been compared that are sampled for the balance before matching."""
YEAR_DAYS = 365


def enrolled_in(run: Run, asked: Asked, known: Records) -> Enrolled:
    """The people of a study. Raises ConfigurationError if the design does not fit the recorded data."""
    from pipeline.programme import enrolled, lots

    if asked.design == "lottery":
        return lots.lottery(run.store, people(run))
    if asked.design == "matched":
        return matched(run, asked, known)
    rows = enrolled.of_programme(studies.table(run, "interventions"), asked.programme)
    return enrolled.by_cluster(enrolled.randomised(rows), known.people.select("person", "cluster_code"))


def people(run: Run) -> pl.DataFrame:
    """`person, person_id` of everyone registered."""
    return read_parquet(run.ingested.people_path, columns=["person", "person_id"])


def began_for(run: Run, asked: Asked) -> pl.DataFrame:
    """`person, start_date`: when the programme began for each of its people, or when they were first on a list."""
    from pipeline.programme import enrolled, lots

    if asked.programme == THE_LIST:
        return lots.listed(run.store, people(run))
    rows = enrolled.of_programme(studies.table(run, "interventions"), asked.programme)
    return enrolled.treated(rows).people.select("person", "start_date")


def matched(run: Run, asked: Asked, known: Records) -> Enrolled:
    """Find cases and their matched controls. One model, the site's own, scores everyone of a month."""
    from models.impact.matching import match
    from pipeline.programme.comparable import EXACT, cases_and_pool, paired
    from pipeline.programme.enrolled import Enrolled

    treated = began_for(run, asked)
    cases, pool = cases_and_pool(treated, scored_months(run, treated))
    sets = match(cases, pool, EXACT)
    if not len(sets.case):
        raise ConfigurationError(f"--design matched: nobody of {asked.programme} has a control near enough")
    pairs = pl.DataFrame({"case": sets.case, "control": sets.control, "weight": sets.weights()})
    ends = case_ends(cases, known) if asked.horizon_days > YEAR_DAYS else None
    units = paired(cases, pool, pairs, ends)
    notices = [*_unmatched(treated, cases, pairs), *_crossed(units, treated, asked.horizon_days)]
    shown = pl.concat(
        [
            cases.select("person", "start_date", "logit", offered=pl.lit(value=True)),
            pool.sample(min(POOL_SHOWN, pool.height), seed=0).select(
                "person", "start_date", "logit", offered=pl.lit(value=False)
            ),
        ]
    )
    numbered = shown.with_row_index("unit").with_columns(pl.col("unit").cast(pl.Int64))
    return Enrolled(units.drop("logit"), tuple(notices), units.select("unit", logit_risk="logit"), numbered)


def scored_months(run: Run, treated: pl.DataFrame) -> pl.DataFrame:
    """Everyone on the first of each month in which the programme began for somebody, with risks from the site's
    model."""
    from models.score import score
    from pipeline.engine import engine_of
    from pipeline.programme.comparable import at_month, months

    days = months(treated, run.first_day, run.as_of)
    if not days:
        raise ConfigurationError("--design matched: the programme began for nobody within the extracts")
    each = engine_of(run.parameters.engine).each
    snapshots = run.snapshots(days)
    return pl.concat([at_month(one, score(run.scoring, one, run.store, each)) for one in snapshots])


def case_ends(cases: pl.DataFrame, known: Records) -> pl.DataFrame:
    """`person, lost_on` of the cases. Their controls are not followed for longer."""
    from pipeline.programme.follow_up import until

    numbered = cases.select("person", "start_date").with_row_index("unit")
    return until(numbered, known).select("person", "lost_on")


def _unmatched(treated: pl.DataFrame, cases: pl.DataFrame, pairs: pl.DataFrame) -> list[Notice]:
    without = cases.height - pairs["case"].n_unique()
    outside = treated.height - cases.height
    notices = []
    if outside:
        notices.append(
            Notice(
                "not_scored",
                f"{_shown(outside)} people of the programme were not scored that month; they are left out.",
            )
        )
    if without:
        notices.append(
            Notice(
                "unmatched",
                f"{_shown(without)} people of the programme have no control near enough; they are left out.",
            )
        )
    return notices


def _crossed(units: pl.DataFrame, treated: pl.DataFrame, horizon_days: int) -> list[Notice]:
    """Controls for whom the programme began later. The comparison is as of the start, so the effect is diluted."""
    later = units.filter(~pl.col("offered")).join(treated.rename({"start_date": "began"}), on="person")
    within = pl.col("began") < pl.col("start_date") + dt.timedelta(days=horizon_days)
    crossed, controls = later.filter(within).height, units.filter(~pl.col("offered")).height
    if not crossed:
        return []
    share = f"{_shown(crossed)} of {_shown(controls)} controls"
    detail = f"{share} started the programme during their follow-up. This makes the effect look smaller, and does not reverse it."
    return [Notice("controls_joined", detail)]


def _shown(count: int) -> str:
    """A count as pages show it."""
    from pipeline import disclosure

    return disclosure.shown(disclosure.protect(count))
