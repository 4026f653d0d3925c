"""Works through the demo's two months: releases March's lists and invents outcomes, then releases April's lists in two
editions.

It uses the model of April's run, which was not trained on any data from March or later. Outcomes are invented.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl

from data_schemas.disk import read_parquet
from flows.deliver import deliver
from flows.demo import LEAD, walk
from flows.listing import scored_cohort
from flows.lock import alone_in
from flows.parameters import RunParameters
from flows.progress import console, done
from flows.publish import published
from flows.run import Run
from flows.summary import summary
from flows.version import code_version
from pipeline.words import counted

CONTACTED = 12
"""Number of people of each March list who get an outcome."""
DATES = ("12 March 2026", "13/3/26", "2026-03-16", "17th March")
LATE = 10
"""Number of people of each April list who get an outcome after its release."""


def two_months(parameters: RunParameters) -> dict[str, Any]:
    """Train once, release March, read outcomes, release April, read late outcomes, release a second edition."""
    run = Run(parameters)
    published(run)
    march, april = _month_before(run.as_of), run.as_of
    folder = parameters.settings().folder / "feedback"
    _print_steps("[bold]A month before[/]: the lists of March, with the same model", _march(run, march, folder))
    result = _again(run)
    _print_steps(
        "[bold]April[/]: what people do with the lists (their names are the demo's own)", walk(parameters.folder, april)
    )
    late(parameters.folder, april, folder)
    _again(run)
    _print_steps(
        "[bold]Outcomes that came late[/]: a second edition of April's lists",
        released(parameters.folder, april, "late outcomes are in"),
    )
    return result


def _again(run: Run) -> dict[str, Any]:
    """Publish the lists of the same date again, with outcomes received since. What does not depend on these is kept."""
    with alone_in(run.out):
        anew = Run(run.parameters)
        anew.model, anew.risks, anew.records, anew.monitored = run.model, run.risks, run.records, run.monitored
        return summary(anew.published)


def _print_steps(heading: str, steps: Iterator[str]) -> None:
    console.print(heading)
    for step in steps:
        done(step)


def _month_before(day: dt.date) -> dt.date:
    return (day - dt.timedelta(days=1)).replace(day=1)


def _march(run: Run, as_of: dt.date, feedback: Path) -> Iterator[str]:
    with alone_in(run.out):
        _publish(run, as_of)
    yield from released(run.out, as_of, "looked at")
    yield worked_through(run.out, as_of, feedback)


def _publish(run: Run, as_of: dt.date) -> None:
    """Publish the lists of another date, scored by the model of the run."""
    from models.documents.card import model_card
    from models.explain import contributions
    from models.score import score
    from pipeline.engine import engine_of
    from pipeline.ledger.history import history
    from pipeline.publish import listed, publish

    snapshot = run.snapshot(as_of)
    risks = score(run.scoring, snapshot, run.store, engine_of("polars").each)
    scored = replace(scored_cohort(run, risks), snapshot=snapshot, previous=None, history=history(run.store, as_of))
    why = contributions(run.scoring, snapshot, listed(scored), run.store)
    report = json.loads((run.out / str(run.as_of) / "report.json").read_bytes()) | {"as_of": str(as_of)}
    publish(
        scored, run.out, contributions=why, report=lambda: report, model_card=model_card(run.scoring),
        code_version=code_version(), configuration=run.settings.configuration,
    )  # fmt: skip


def released(out: Path, as_of: dt.date, why: str) -> Iterator[str]:
    """Approve the lists of a date, accept every alarm by name, and deliver the lists."""
    from pipeline.release import approve, review

    seen = review.summary(out, as_of)
    approve.approve(out, as_of, who=LEAD, why=f"Demo: {why}", accept=seen.alarms)
    sent = deliver(out, as_of, None, LEAD)
    yield f"Released by {LEAD}: {counted(sent['delivered'], 'file')} to {counted(len(seen.listed), 'cluster')}; {seen.changes}."


def worked_through(out: Path, as_of: dt.date, folder: Path) -> str:
    """Write invented outcomes of the first people of each list, as link workers write them. One date is wrong."""
    from pipeline.ledger.outcome_words import OUTCOMES

    rows = [
        (
            person,
            OUTCOMES[n % len(OUTCOMES)].name.upper() if n % 2 else OUTCOMES[n % len(OUTCOMES)].name,
            DATES[n % len(DATES)],
        )
        for people in _people(out, as_of).values()
        for n, person in enumerate(people[:CONTACTED])
    ]
    wrong = rows[-1][0], rows[-1][1], "31 February"
    _write(folder / f"outcomes-{as_of}.csv", [*rows[:-1], wrong])
    return f"{len(rows)} outcomes come back in words and dates as people write them, one of them not a date, into {folder.name}/."


def late(out: Path, as_of: dt.date, folder: Path) -> None:
    """Write outcomes of the first people of each list that arrive after its release."""
    people = [person for each in _people(out, as_of).values() for person in each[:LATE]]
    _write(
        folder / f"outcomes-{as_of}-late.csv",
        [(person, "Already supported", str(as_of + dt.timedelta(days=3))) for person in people],
    )


def _people(out: Path, as_of: dt.date) -> dict[str, list[str]]:
    """People of each cluster folder's released main list, highest risk first."""
    lists = sorted((out / "released").glob(f"*/{as_of}/risk-list.parquet"))
    return {path.parent.parent.name: read_parquet(path, columns=["person_id"])["person_id"].to_list() for path in lists}


def _write(path: Path, rows: list[tuple[str, str, str]]) -> None:
    path.parent.mkdir(exist_ok=True)
    columns = ["person_id", "outcome", "outcome_date"]
    path.write_text(pl.DataFrame(rows, schema=columns, orient="row").write_csv(), encoding="utf-8")
