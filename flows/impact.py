"""Flow: measure what a programme, or the list itself, changed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from data_schemas.disk import write
from data_schemas.receipts import Notice
from flows import designs, stepped, studies
from flows.flow import flow
from flows.guard import guarded
from flows.lock import alone_in
from flows.parameters import ImpactParameters
from flows.run import Run
from flows.studies import Asked

if TYPE_CHECKING:
    from models.impact.judge import Judged
    from pipeline.programme.protocol import Protocol
    from pipeline.programme.records import Records


@dataclass(frozen=True)
class Found:
    """What a study shows, and its notices."""

    judged: Judged
    notices: tuple[Notice, ...]
    months: Sequence[dict[str, Any]] = ()
    """A lottery's results so far, month by month."""


Look = Callable[[], Found]
"""A function that reads the outcomes. It is called once the protocol is in the log."""


@flow(name="impact")
def impact(parameters: ImpactParameters) -> dict[str, Any]:
    """Write the protocol, then read the outcomes and report the result."""
    with alone_in(parameters.folder):
        run = Run(parameters)
        settings = run.settings.run
        asked = Asked(
            parameters.programme,
            parameters.design,
            studies.accepted_outcome(parameters.outcome or settings.outcome),
            parameters.horizon or settings.horizon_days,
            tuple(parameters.adjust),
        )
        return guarded("impact", lambda: judged(run, asked, parameters.by))


def judged(run: Run, asked: Asked, by: str) -> dict[str, Any]:
    """Run a study from its protocol to its page. Returns a summary for a terminal."""
    from models.impact.fields import fields, subgroup_rows
    from pipeline.programme.page import page
    from pipeline.programme.protocol import folder_of, register
    from pipeline.publish.files import as_json

    known = studies.records_of(run)
    planned = of_clusters if asked.design == "stepped" else of_people
    protocol, look = planned(run, asked, known)
    notices = register(protocol, run.out, run.out / "audit", by)
    study = look()
    facts = {
        "programme": asked.programme,
        "design": asked.design,
        "outcome": asked.outcome,
        "horizon_days": asked.horizon_days,
        "protocol_sha256": protocol.sha256,
    }
    impact = fields(study.judged, facts, protocol.adjusted_for, [*notices, *study.notices])
    few = too_few(study.judged, list(study.judged.events)) | small_groups(study.judged)
    folder, groups = folder_of(run.out, asked.programme), subgroup_rows(study.judged)
    write(folder / "impact.json", as_json(impact))
    write(folder / "impact.html", page(run.settings.site.name, impact, protocol, few, study.months, groups))
    return in_short(impact, hidden=asked.outcome in few) | {"page": str(folder / "impact.html")}


def too_few(judged: Judged, names: Sequence[str]) -> set[str]:
    """Outcomes with fewer people or events on either side than may be shown."""
    from pipeline.disclosure import HIDE_UP_TO

    few_people = min(judged.n) <= HIDE_UP_TO
    return {name for name in names if few_people or min(judged.events[name]) <= HIDE_UP_TO}


def small_groups(judged: Judged) -> set[str]:
    """Groupings with a group that has fewer people or events than may be shown. All groups of such a grouping are
    hidden."""
    from pipeline.disclosure import HIDE_UP_TO

    return {one.name for one in judged.subgroups if min(one.people, one.events) <= HIDE_UP_TO}


ANALYSTS_OWN = 1_000_000
"""Figures in the analyst's own terminal are as precise as figures for this many people."""


def in_short(impact: dict[str, Any], *, hidden: bool) -> dict[str, Any]:
    """The verdict, and what to know about it."""
    from pipeline.programme.page import headline, verdict

    return {
        "verdict": verdict(impact, hidden=hidden),
        "headline": headline(impact, ANALYSTS_OWN, hidden=hidden),
        "before and after": impact["before_after"]["explanation"],
        "people": f"{impact['n_offered']:,} offered, {impact['n_control']:,} compared",
        "notices": [notice["detail"] for notice in impact["notices"]],
    }


def of_people(run: Run, asked: Asked, known: Records) -> tuple[Protocol, Look]:
    """Prepare a study that follows people: its protocol, and a function that reads its outcomes."""
    from models.impact.judge import judge
    from pipeline.programme.before import divisions

    enrolled = designs.enrolled_in(run, asked, known)
    covariates = studies.known_before(run, asked, enrolled, known)
    protocol = studies.protocol_of(
        run, asked, known, adjusted_for=covariates.names, negative=studies.negative_controls(covariates, known),
        people=enrolled.people["person"].n_unique(), subgroups=tuple(divisions(covariates.has_year_before)),
    )  # fmt: skip

    def look() -> Found:
        study, followed = studies.study_of(asked, enrolled, covariates, known)
        months = studies.month_by_month(study, enrolled) if asked.design == "lottery" else ()
        return Found(judge(study), (*enrolled.notices, followed), months)

    return protocol, look


def of_clusters(run: Run, asked: Asked, known: Records) -> tuple[Protocol, Look]:
    """Prepare a stepped roll-out: its protocol, and a function that reads its outcomes."""
    from pipeline.programme.follow_up import CATARACT_OPERATION
    from pipeline.programme.records import has_cataracts

    began = designs.began_for(run, asked)
    rollout = stepped.rollout_of(began, known)
    negative = (CATARACT_OPERATION,) if has_cataracts(known) else ()
    protocol = studies.protocol_of(
        run, asked, known, adjusted_for=(), negative=negative, people=began["person"].n_unique()
    )

    def look() -> Found:
        result, notices = stepped.judged(asked, known, rollout, negative)
        return Found(result, tuple(notices))

    return protocol, look
