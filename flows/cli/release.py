"""Declares commands for releasing lists: approve, reject, release, audit."""

from __future__ import annotations

import dataclasses
import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from data_schemas.errors import ConfigurationError, RunFailed
from flows.cli.options import Accept, By, Json, Out, Reason, app, print_result
from flows.places import typed
from flows.store_format import refuse_newer
from pipeline.words import people

if TYPE_CHECKING:
    from pipeline.release.audit import Entry
    from pipeline.release.review import Summary

Run = Annotated[dt.datetime, typer.Argument(formats=["%Y-%m-%d"], help="The run, by its as-of date.")]
To = Annotated[
    Path | None, typer.Option("--to", help="Folder that receives a folder per cluster; if left out: <out>/released.")
]


@app.command()
def approve(
    run: Run,
    out: Out = Path("out"),
    by: By = "",
    reason: Reason = "",
    accept: Accept = None,
    to: To = None,
    as_json: Json = False,
) -> None:
    """Show what there is to decide, then approve the lists of a run and deliver them to their clusters.

    Without --reason nothing is decided. To approve, accept every alarm by name.
    """
    from flows.deliver import deliver
    from pipeline.release import approve as releasing
    from pipeline.release import review

    seen = review.summary(out, run.date())
    if not as_json:
        print_result(_to_decide_on(seen), as_json=False)
    if not (by or reason or accept):
        print_result(_only_looked(seen, out, as_json=as_json), as_json=as_json)
        return
    refuse_newer(out)
    who = _approver(out, by, "release lists")
    entry = releasing.approve(out, run.date(), who=who, why=reason, accept=accept or [])
    done = deliver(out, run.date(), to, entry.who)
    shown = {"summary": dataclasses.asdict(seen)} if as_json else {}
    print_result(
        {"approved": str(run.date()), "by": entry.who, **_reported(done, as_json=as_json), **shown}, as_json=as_json
    )


@app.command()
def reject(run: Run, out: Out = Path("out"), by: By = "", reason: Reason = "", as_json: Json = False) -> None:
    """Hold back the lists of a run."""
    from pipeline.release import approve as releasing

    refuse_newer(out)
    who = _approver(out, by, "hold lists back")
    entry = releasing.reject(out, run.date(), who=who, why=reason)
    have = releasing.delivered_to(out, run.date())
    hint = {"these clusters have lists of it already, ask them to delete them": have} if have else {}
    print_result({"rejected": str(run.date()), "by": entry.who, "entry": entry.number, **hint}, as_json=as_json)


@app.command()
def release(
    run: Run,
    out: Out = Path("out"),
    to: To = None,
    by: By = "",
    again: Annotated[
        list[str] | None,
        typer.Option(
            "--again",
            help="A cluster that gets its files once more, for example because they were lost; with --reason.",
        ),
    ] = None,
    reason: Reason = "",
    config: Annotated[
        Path | None,
        typer.Option(
            "--config",
            "-c",
            help="A site.toml whose delivery section applies from now on; if left out: that of the run.",
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Deliver an approved run again. Nothing is sent twice, and people who have left since are taken off."""
    from flows.deliver import agree, deliver
    from pipeline.settings import load_settings

    who = _approver(out, by, "release lists")
    if config:
        agree(out, load_settings(config))
    done = deliver(out, run.date(), to, who, again=again or [], why=reason)
    print_result(_reported(done, as_json=as_json), as_json=as_json)


@app.command()
def audit(
    out: Out = Path("out"),
    verify: Annotated[bool, typer.Option("--verify", help="Check that no line was changed, removed or added.")] = False,
    folder: Annotated[
        Path | None,
        typer.Option("--log", help="A practice's own log of re-identifications, instead of the one in --out."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Show the log of approvals, rejections and deliveries, or a practice's of re-identifications, or verify it."""
    from pipeline.release import audit as log
    from pipeline.release.review import AUDIT

    kept = folder or out / AUDIT
    problems = log.verify(kept) if verify else []
    if problems:
        raise RunFailed(problems)
    if not any(kept.glob("*.json*")):
        raise ConfigurationError(
            f"{kept}: nothing is recorded there; give the run's output folder with --out, or a practice's log with --log"
        )
    entries = [_in_words(entry) for entry in log.read(kept)]
    print_result(
        {"entries": entries, **({"verified": f"unbroken; entries: {len(entries)}"} if verify else {})}, as_json=as_json
    )


def _approver(out: Path, by: str, to_do: str) -> str:
    """Check who decides on the lists of this output folder."""
    from flows.access.here import APPROVERS, agreed, decider

    return decider(agreed(out), APPROVERS, by, to_do)


def _reported(done: dict[str, Any], *, as_json: bool) -> dict[str, Any]:
    """State what was delivered, and add a note if nobody was taken off."""
    return done if as_json or done["taken_off"] else {**done, "taken_off": "nobody"}


def _in_words(entry: Entry) -> str:
    """Write an entry of the log: `2 2026-04-02T09:30:00+00:00 delivered 2026-04-01 N01 by A. Lead: approved`."""
    about = [str(entry.facts[key]) for key in ("run", "cluster") if key in entry.facts]
    return f"{' '.join([str(entry.number), entry.at, entry.action, *about])} by {entry.who}: {entry.why}"


def _only_looked(seen: Summary, out: Path, *, as_json: bool) -> dict[str, Any]:
    """State what to do next, when nothing was decided."""
    if as_json:
        return {"summary": dataclasses.asdict(seen), "decided": False}
    accept = "".join(f" --accept {alarm}" for alarm in seen.alarms)
    options = f'{seen.as_of} --out {typed(out)} --reason "WHY"'
    look = [str(out / str(seen.as_of) / "lists" / "…" / "risk-list.html"), str(out / str(seen.as_of) / "borough.html")]
    return {
        "nothing new is decided" if seen.decision else "nothing is decided yet": "this was a look",
        "look at the lists": look,
        "then": [f"neighbourly approve {options}{accept}", f"neighbourly reject {options}"],
    }


def _to_decide_on(seen: Summary) -> dict[str, Any]:
    """State counts, changes and alarms before the decision."""
    alarms = {f"alarms, each to be accepted by name (--accept {seen.alarms[0]})": seen.details} if seen.alarms else {}
    return {
        "lists of": f"{seen.as_of}, model {seen.model_version[:12]}, for {people(sum(seen.listed.values()))}",
        "people per cluster": [
            f"{code}: {listed}; {seen.clusters[code]}" for code, listed in sorted(seen.listed.items())
        ],
        "against what was delivered last": seen.changes,
        **(alarms or {"alarms": "none"}),
        **({"what happened after the last lists": seen.last_time} if seen.last_time else {}),
        "notices": ", ".join(seen.notices) or "none",
        "decided before": seen.decision or seen.earlier or "nothing",
    }
