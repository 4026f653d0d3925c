"""Runs a study of a programme: people and records come from the pipeline, figures from the models."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl

from data_schemas.disk import read_parquet
from data_schemas.receipts import Notice
from flows.version import code_version
from pipeline.programme.follow_up import COUNTED, HAPPENED, OUTCOMES, YEAR_DAYS

if TYPE_CHECKING:
    from flows.run import Run
    from models.impact.judge import Outcome, Study
    from pipeline.programme.before import Before
    from pipeline.programme.enrolled import Enrolled
    from pipeline.programme.protocol import Design, Protocol
    from pipeline.programme.records import Records

REPORTED = (
    "any_admission", "unplanned_admission", "admissions", "bed_days", "ae_attendance", "ae_attendances", "death",
)  # fmt: skip
"""Reported in addition to the main outcome, whatever that is."""
VERDICT = "fewer or more where the 95% interval of the main difference excludes 0, otherwise not shown"


@dataclass(frozen=True)
class Asked:
    """What to study."""

    programme: str
    design: Design
    outcome: str
    horizon_days: int
    adjust: tuple[str, ...] = ()


def records_of(run: Run) -> Records:
    """Read the site's records up to its as-of date."""
    from pipeline.features.catalogue import features_of
    from pipeline.programme.records import records

    admissions = run.settings.extracts["admissions"]
    return records(run.ingested, features_of(run.settings).concepts, admissions.diag_system, run.first_day, run.as_of)


def table(run: Run, name: str) -> pl.DataFrame | None:
    """Read an ingested table. None if the site has no table of that name."""
    return read_parquet(run.ingested.tables[name].path) if name in run.ingested.tables else None


def known_before(run: Run, asked: Asked, enrolled: Enrolled, known: Records) -> Before:
    """Covariates: age, sex, earlier use of care, what the design provides, and what the user named."""
    from pipeline.features.catalogue import features_of
    from pipeline.programme.before import before, recorded, with_more

    facts = before(enrolled.people, known)
    more = [enrolled.known] if enrolled.known is not None else []
    if asked.adjust:
        concepts = features_of(run.settings).concepts
        more.append(recorded(enrolled.people, table(run, "gp_events"), concepts, asked.adjust))
    return with_more(facts, more)


def outcomes_of(asked: Asked, known: Records) -> tuple[str, ...]:
    """The main outcome, and the others for which the site has records."""
    absent = {name for name in REPORTED if name.startswith("ae_")} if known.attendances.is_empty() else set[str]()
    absent |= {"death"} if known.deaths.is_empty() else set()
    return (asked.outcome, *(name for name in REPORTED if name not in absent | {asked.outcome}))


def protocol_of(
    run: Run,
    asked: Asked,
    known: Records,
    *,
    adjusted_for: tuple[str, ...],
    negative: tuple[str, ...],
    people: int,
    subgroups: tuple[str, ...] = (),
) -> Protocol:
    """Make the protocol: everything that is fixed before any outcome is read."""
    from pipeline.programme.protocol import COMPARISON, ELIGIBILITY, INTERVALS, MATCHED_ON, Protocol

    return Protocol(
        programme=asked.programme,
        design=asked.design,
        eligibility=ELIGIBILITY[asked.design],
        comparison=COMPARISON[asked.design],
        outcome=asked.outcome,
        horizon_days=asked.horizon_days,
        other_outcomes=outcomes_of(asked, known)[1:],
        adjusted_for=adjusted_for,
        matching_variables=MATCHED_ON if asked.design == "matched" else (),
        subgroups=subgroups,
        negative_controls=negative,
        intervals=INTERVALS.get(asked.design, "95%, a person's rows kept together"),
        verdict=VERDICT,
        people=people,
        end_of_data=str(run.as_of),
        code_version=code_version(),
        data=run.ingested.fingerprint,
        configuration=run.settings.configuration,
    )


def negative_controls(covariates: Before, known: Records) -> tuple[str, ...]:
    """Outcomes that the programme cannot change, as far as the site records them."""
    from pipeline.programme.before import MONTH_BEFORE
    from pipeline.programme.follow_up import CATARACT_OPERATION
    from pipeline.programme.records import has_cataracts

    cataracts = (CATARACT_OPERATION,) if has_cataracts(known) else ()
    return (*cataracts, *((MONTH_BEFORE,) if covariates.has_year_before else ()))


def study_of(asked: Asked, enrolled: Enrolled, covariates: Before, known: Records) -> tuple[Study, Notice]:
    """Make the tables of a study, and a notice on who was followed to the end. This reads outcomes."""
    from models.impact.judge import Study
    from pipeline.programme.before import divisions
    from pipeline.programme.follow_up import count_of, follow_up, rows_for

    followed = follow_up(enrolled.people, known, asked.horizon_days)
    year = followed if asked.horizon_days == YEAR_DAYS else follow_up(enrolled.people, known, YEAR_DAYS)
    count = count_of(asked.outcome)
    earlier = f"{count}_year_before" if f"{count}_year_before" in covariates.values.columns else ""
    pairs = before_and_after(enrolled, covariates, year, earlier, count)
    study = Study(
        people=enrolled.people,
        covariates=covariates.values.select("unit", *covariates.names),
        outcome=asked.outcome,
        outcomes={name: outcome(followed, name, asked.horizon_days) for name in outcomes_of(asked, known)},
        negative_controls={
            name: negative_rows(name, followed, covariates) for name in negative_controls(covariates, known)
        },
        pool=pool_before(enrolled, covariates, known),
        before=pairs[0].to_numpy().astype(float),
        after=pairs[1].to_numpy().astype(float),
        primary_is_adjusted=asked.design == "matched",
        groups=covariates.values.select("unit", **divisions(covariates.has_year_before)),
    )
    return study, attrition(asked, enrolled, known, rows_for(followed, asked.outcome))


def pool_before(enrolled: Enrolled, covariates: Before, known: Records) -> pl.DataFrame | None:
    """Covariates of everybody who could have been compared, in the same form as those of the people compared."""
    from pipeline.programme.before import before

    if enrolled.pool is None:
        return None
    values = before(enrolled.pool, known).values
    both = enrolled.pool.rename({"logit": "logit_risk"}).join(values, on="unit")
    return both.select("unit", "offered", *(name for name in covariates.names if name in both.columns))


def outcome(followed: pl.DataFrame, name: str, horizon_days: int) -> Outcome:
    """Rows and measure of one outcome."""
    from models.impact.judge import Outcome
    from pipeline.programme.follow_up import rows_for

    risk = horizon_days <= YEAR_DAYS and name in HAPPENED
    return Outcome(
        rows_for(followed, name), "risk_difference_per_100" if risk else "rate_difference_per_100_person_years"
    )


def negative_rows(name: str, followed: pl.DataFrame, covariates: Before) -> pl.DataFrame:
    """Rows of a negative control: from after the start, or the month before it."""
    if name in covariates.values.columns:
        return covariates.values.select("unit", y=name, exposure=pl.lit(1.0))
    kept = followed.filter("kept")
    return kept.select("unit", y=pl.col(name).cast(pl.Float64), exposure=pl.col("days") / YEAR_DAYS)


def before_and_after(
    enrolled: Enrolled, covariates: Before, year: pl.DataFrame, earlier: str, count: str
) -> tuple[pl.Series, pl.Series]:
    """Events of each person offered in the year before, and in the year after of those followed through it."""
    if not covariates.has_year_before or not earlier:
        return pl.Series([], dtype=pl.Float64), pl.Series([], dtype=pl.Float64)
    offered = enrolled.people.filter("offered").select("unit")
    through = year.filter(pl.col("complete") | pl.col("died")).select("unit", count)
    both = offered.join(covariates.values.select("unit", earlier), on="unit").join(through, on="unit")
    return both[earlier], both[count]


def attrition(asked: Asked, enrolled: Enrolled, known: Records, rows: pl.DataFrame) -> Notice:
    """State how many people of each arm the main outcome includes, and how many were followed until the horizon, death
    or the end of the data.

    Counts are rounded as on pages, because pages print notices.
    """
    from pipeline import disclosure
    from pipeline.programme.follow_up import until

    end = pl.min_horizontal(pl.col("start_date") + pl.duration(days=asked.horizon_days), pl.lit(known.end))
    seen = until(enrolled.people, known).filter((pl.col("lost_on") >= end) | pl.col("death_date").is_not_null())
    parts = []
    for arm, name in ((True, "offered"), (False, "compared")):
        side = enrolled.people.filter(pl.col("offered") == arm)
        counted, ended = (side.join(frame, on="unit", how="semi").height for frame in (rows, seen))
        shown = [disclosure.shown(disclosure.protect(count)) for count in (side.height, counted, ended)]
        parts.append(f"of {shown[0]} {name}, {shown[1]} count and {shown[2]} were in sight to the end")
    return Notice("attrition", f"{parts[0].capitalize()}; {parts[1]}.")


def month_by_month(study: Study, enrolled: Enrolled) -> list[dict[str, Any]]:
    """A lottery's difference so far, after each month's people, with intervals that stay valid at every check."""
    from models.impact.judge import PER
    from models.impact.sequence import expected_before, looks, scores

    rows = study.outcomes[study.outcome].rows.group_by("unit").agg(y=pl.col("y").sum() / pl.col("exposure").sum())
    lots = enrolled.people.select("unit", "offered", "start_date", "probability")
    drawn = lots.join(rows, on="unit").with_columns(month=pl.col("start_date").dt.truncate("1mo")).sort("month", "unit")
    months = drawn["month"].unique().sort().to_list()
    batch = drawn["month"].rank("dense").to_numpy().astype(int) - 1
    y = drawn["y"].to_numpy()
    expected = expected_before(y, batch, float(y[batch == 0].mean()) if len(y) else 0.0)
    estimates = scores(y, drawn["offered"].to_numpy(), drawn["probability"].to_numpy(), expected)
    seen = looks(estimates, batch, len(y))
    return [
        {
            "month": f"{month:%B %Y}",
            "people": one.people,
            **{name: PER * getattr(one, name) for name in ("difference", "low", "high")},
        }
        for month, one in zip(months[-len(seen) :] if seen else [], seen, strict=True)
    ]


def accepted_outcome(name: str) -> str:
    """Check the name of an outcome. A ConfigurationError has the names that exist."""
    from data_schemas.errors import ConfigurationError
    from data_schemas.nearest import nearest

    if name not in OUTCOMES:
        raise ConfigurationError(
            f"--outcome: found {name!r}; accepted: {', '.join((*HAPPENED, *COUNTED))}{nearest(name, OUTCOMES)}"
        )
    return name
