"""Commands of release, at the borough and at the practice: approve, reject, release, audit, reidentify."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from data_schemas.errors import ConfigurationError, RunFailed
from flows.deliver import deliver
from flows.options import Accept, By, Json, Out, Reason, app, say

if TYPE_CHECKING:
    from pipeline.publish.audit import Entry

Run = Annotated[dt.datetime, typer.Argument(formats=["%Y-%m-%d"], help="The run, by its as-of date.")]
To = Annotated[
    Path | None, typer.Option("--to", help="Folder that receives a folder per cluster; left out: <out>/released.")
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
    """Approve the lists of a run and deliver them to their clusters; every alarm has to be accepted by name."""
    from pipeline.publish import release as releasing

    entry = releasing.approve(out, run.date(), who=by, why=reason, accept=accept or [])
    done = deliver(out, run.date(), to, entry.who)
    say({"approved": str(run.date()), "by": entry.who, **_told(done, as_json=as_json)}, as_json=as_json)


@app.command()
def reject(run: Run, out: Out = Path("out"), by: By = "", reason: Reason = "", as_json: Json = False) -> None:
    """Hold the lists of a run back."""
    from pipeline.publish import release as releasing

    entry = releasing.reject(out, run.date(), who=by, why=reason)
    have = releasing.delivered_to(out, run.date())
    told = {"these clusters have lists of it already, ask them to delete them": have} if have else {}
    say({"rejected": str(run.date()), "by": entry.who, "entry": entry.number, **told}, as_json=as_json)


@app.command()
def release(run: Run, out: Out = Path("out"), to: To = None, by: By = "", as_json: Json = False) -> None:
    """Deliver an approved run again; what a cluster has already is not sent twice, and people who have left since are taken off."""
    if not by.strip():
        raise ConfigurationError("--as is empty; say who releases")
    say(_told(deliver(out, run.date(), to, by), as_json=as_json), as_json=as_json)


@app.command()
def audit(
    out: Out = Path("out"),
    verify: Annotated[bool, typer.Option("--verify", help="Check that no line was changed, removed or added.")] = False,
    folder: Annotated[
        Path | None, typer.Option("--log", help="A practice's own log of re-identifications, instead of that in --out.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Show the log of approvals, rejections and deliveries, or a practice's of re-identifications, or verify it."""
    from pipeline.publish import audit as log
    from pipeline.publish.release import AUDIT

    kept = folder or out / AUDIT
    problems = log.verify(kept) if verify else []
    if problems:
        raise RunFailed(problems)
    if not any(kept.glob("*.json*")):
        raise ConfigurationError(
            f"{kept}: nothing is recorded there; give the run's output folder with --out, or a practice's log with --log"
        )
    entries = [_in_words(entry) for entry in log.read(kept)]
    say({"entries": entries, **({"verified": f"unbroken; entries: {len(entries)}"} if verify else {})}, as_json=as_json)


@app.command()
def reidentify(
    released_list: Annotated[Path, typer.Argument(metavar="LIST", help="A released risk-list.csv or .parquet.")],
    key: Annotated[
        Path, typer.Option("--key", help="The practice's own key file (CSV), one row a registered patient.")
    ],
    by: Annotated[str, typer.Option("--as", prompt="Who are you", help="Who asks; goes into the log.")],
    reason: Annotated[str, typer.Option("--reason", prompt="Why do you need the names", help="Goes into the log.")],
    to: Annotated[
        Path | None, typer.Option("--to", help="The joined list (CSV); left out: <list>-identified.csv beside it.")
    ] = None,
    log: Annotated[
        Path | None, typer.Option("--log", help="Folder of the practice's log; left out: beside the key file.")
    ] = None,
    practice: Annotated[str | None, typer.Option("--practice", help="Only this practice's patients.")] = None,
    secret: Annotated[
        Path | None, typer.Option("--secret", help="File with the secret or salt that makes pseudonyms.")
    ] = None,
    method: Annotated[
        Literal["hmac", "openpseudonymiser"], typer.Option("--method", help="How pseudonyms are made.")
    ] = "hmac",
) -> None:
    """At the practice only: join a released list to the practice's own key file. Nothing leaves this computer."""
    from pipeline.publish import reidentify as joining
    from pipeline.publish import tabular

    target = _in_a_folder(to or released_list.with_name(f"{released_list.stem}-identified.csv"))
    found = joining.reidentify(
        released_list, key, who=by, why=reason, log=log or key.parent / "reidentification-log", practice=practice,
        secret=joining.read_secret(secret) if secret else None, method=method,
    )  # fmt: skip
    _for_the_owner(target, tabular.csv(found.rows))
    say(
        {
            "written": str(target),
            "shown": found.rows.height,
            "unknown": found.unknown,
            "of other practices": found.elsewhere,
        },
        as_json=False,
    )


def _told(done: dict[str, Any], *, as_json: bool) -> dict[str, Any]:
    """What was delivered, with a word where nobody was taken off."""
    return done if as_json or done["taken_off"] else {**done, "taken_off": "nobody"}


def _in_words(entry: Entry) -> str:
    """`2 2026-04-02T09:30:00+00:00 delivered 2026-04-01 N01 by A. Lead: approved`."""
    about = [str(entry.facts[key]) for key in ("run", "cluster") if key in entry.facts]
    return f"{' '.join([str(entry.number), entry.at, entry.action, *about])} by {entry.who}: {entry.why}"


def _in_a_folder(target: Path) -> Path:
    if not target.parent.is_dir():
        raise ConfigurationError(f"{target.parent}: there is no such folder; make it, or give another with --to")
    return target


def _for_the_owner(target: Path, content: bytes) -> None:
    """Write names where the owner alone can read them, whoever could read what stood there before."""
    target.touch(mode=0o600)
    target.chmod(0o600)
    target.write_bytes(content)
