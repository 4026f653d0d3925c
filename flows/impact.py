"""Flow: what a programme, or the list itself, changed."""

from __future__ import annotations

from typing import Any

from prefect import flow

from flows import studies
from flows.guard import guarded
from flows.lock import alone_in
from flows.parameters import ImpactParameters
from flows.run import Run
from flows.studies import Asked


@flow(name="impact")
def impact(parameters: ImpactParameters) -> dict[str, Any]:
    """Write the protocol, then read the outcomes and say what was found."""
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
    """The study from its protocol to its page; gives what a person at a terminal wants to know."""
    from data_schemas.disk import write
    from models.impact.judge import judge
    from models.impact.told import fields
    from pipeline.programme.page import headline, page, verdict
    from pipeline.programme.protocol import folder_of, register
    from pipeline.publish.files import as_json

    known = studies.records_of(run)
    enrolled = enrolled_in(run, asked, known)
    covariates = studies.known_before(run, asked, enrolled, known)
    protocol = studies.protocol_of(run, asked, enrolled, covariates, known)
    told = register(protocol, run.out, run.out / "audit", by)
    study, followed = studies.study_of(asked, enrolled, covariates, known)
    found = judge(study)
    facts = {
        "programme": asked.programme,
        "design": asked.design,
        "outcome": asked.outcome,
        "horizon_days": asked.horizon_days,
        "protocol_sha256": protocol.sha256,
    }
    said = fields(found, facts, covariates.names, [*told, *enrolled.notices, followed])
    few = studies.too_few(found, list(found.events))
    folder = folder_of(run.out, asked.programme)
    write(folder / "impact.json", as_json(said))
    write(folder / "impact.html", page(run.settings.site.name, said, protocol, few))
    return {
        "verdict": verdict(said, hidden=asked.outcome in few),
        "headline": headline(said, exact=True, hidden=asked.outcome in few),
        "before and after": said["before_after"]["explanation"],
        "people": f"{said['n_offered']:,} offered, {said['n_control']:,} compared",
        "page": str(folder / "impact.html"),
        "notices": [notice["detail"] for notice in said["notices"]],
    }


def enrolled_in(run: Run, asked: Asked, known: Any) -> Any:
    """Who is compared with whom, by design."""
    from pipeline.programme import enrolled

    rows = enrolled.of_programme(studies.table(run, "interventions"), asked.programme)
    return enrolled.by_cluster(enrolled.randomised(rows), known.people.select("person", "cluster_code"))
