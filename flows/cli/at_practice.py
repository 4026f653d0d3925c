"""Declares the command that a practice uses: reidentify, which joins a released list to the practice's own names."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from data_schemas.errors import ConfigurationError
from flows.cli.options import app, print_result

if TYPE_CHECKING:
    from pipeline.release.reidentify import Reidentified

Released = Annotated[Path, typer.Argument(metavar="LIST", help="A released risk-list.csv or .parquet.")]
KeyFile = Annotated[
    Path, typer.Option("--key", help="The practice's own key file (CSV), one row per registered patient.")
]
Asker = Annotated[str | None, typer.Option("--as", help="Who is asking, for the log. If left out, you are asked.")]
Purpose = Annotated[str | None, typer.Option("--reason", help="Why, for the log. If left out, you are asked.")]
Joined = Annotated[
    Path | None,
    typer.Option(
        "--to", help="The joined list (CSV); if left out: <list>-identified.csv in the folder of the key file."
    ),
]
PracticeLog = Annotated[
    Path | None, typer.Option("--log", help="Folder of the practice's log; if left out: the folder of the key file.")
]
OnlyPractice = Annotated[str | None, typer.Option("--practice", help="Only this practice's patients.")]
Secret = Annotated[Path | None, typer.Option("--secret", help="File with the secret or salt that makes pseudonyms.")]
Method = Annotated[Literal["hmac", "openpseudonymiser"], typer.Option("--method", help="How pseudonyms are made.")]
Also = Annotated[
    list[Path] | None,
    typer.Option("--also", help="Another released list of the cluster, also-consider.csv for example."),
]
HowWritten = Annotated[
    Literal["csv", "xlsx", "letters", "emis", "systmone"],
    typer.Option(
        "--format", help="csv; xlsx with cells for outcomes; letters to hand over; a CSV for EMIS or SystmOne."
    ),
]
Code = Annotated[str, typer.Option("--code", help="For emis and systmone: the SNOMED CT code to record.")]
Filled = Annotated[
    Path | None,
    typer.Option(
        "--outcomes", help="A workbook of this command, filled in: writes its outcomes by pseudonym, to send back."
    ),
]
ReplyTo = Annotated[str, typer.Option("--reply-to", help="For letters: how people reach the practice.")]


@app.command()
def reidentify(
    released_list: Released,
    key: KeyFile,
    by: Asker = None,
    reason: Purpose = None,
    to: Joined = None,
    log: PracticeLog = None,
    practice: OnlyPractice = None,
    secret: Secret = None,
    method: Method = "hmac",
    also: Also = None,
    how: HowWritten = "csv",
    code: Code = "",
    reply_to: ReplyTo = "",
    filled: Filled = None,
) -> None:
    """At the practice only: join a released list to the practice's own key file. Nothing leaves this computer.

    The names are written to the folder of the key file, which already holds names, never to the folder of the list.
    """
    from pipeline.release import at_practice
    from pipeline.release import reidentify as joining

    if filled:
        _send_back(filled, released_list, to, at_practice.outcomes(filled))
        return
    by, reason = _asked(by, "Who are you", "--as"), _asked(reason, "Why do you need the names", "--reason")
    target = _not_shared(to or key.with_name(f"{released_list.stem}-{at_practice.ENDINGS[how]}"), released_list)
    joined = joining.together([
        joining.reidentify(
            each, key, who=by, why=reason, log=log or key.parent / "reidentification-log", practice=practice,
            secret=joining.read_secret(secret) if secret else None, method=method,
        )
        for each in (released_list, *(also or []))
    ])  # fmt: skip
    today = dt.datetime.now(dt.UTC).date()
    identity = at_practice.identity_of(joined.rows)
    content = at_practice.made(joined, how, identity=identity, code=code, on=today, reply_to=reply_to)
    _for_the_owner(target, content)
    print_result(_joined_in_words(target, joined), as_json=False)


def _joined_in_words(target: Path, joined: Reidentified) -> dict[str, Any]:
    """State where the names are now, and how many people were found or not."""
    return {
        "written": str(target),
        "keep it at the practice": "it has names in it; delete it when you are done",
        "shown": joined.rows.height,
        "unknown": joined.unknown,
        "of other practices": joined.elsewhere,
    }


def _send_back(filled: Path, released_list: Path, to: Path | None, content: bytes) -> None:
    """Write outcomes by pseudonym, named after the list's cluster and today, to the folder of the filled-in
    workbook."""
    cluster = released_list.resolve().parent.parent.name
    target = to or filled.with_name(f"outcomes-{cluster}-{dt.datetime.now(dt.UTC):%Y-%m-%d}.csv")
    target.write_bytes(content)
    print_result({"written": str(target), "send it back": "it has pseudonyms and outcomes, no names"}, as_json=False)


def _asked(given: str | None, question: str, option: str) -> str:
    """The given answer, or else ask for one. If nobody can answer at a terminal, this is a usage error."""
    if given is not None:
        return given
    try:
        return str(typer.prompt(question))
    except typer.Abort:
        raise ConfigurationError(f"{option} is missing, and nobody was there to answer: {question}?") from None


def _not_shared(target: Path, released: Path) -> Path:
    """Check that names may be written to a folder: it exists, and the list was not delivered to it."""
    if not target.parent.is_dir():
        raise ConfigurationError(f"{target.parent}: this folder does not exist; create it, or give another with --to")
    is_delivered = (released.parent / "reidentify.html").exists()
    if is_delivered and target.parent.resolve() == released.parent.resolve():
        raise ConfigurationError(
            f"{target.parent}: is the folder that the list came in, which others may read; give one of the practice's own with --to"
        )
    return target


def _for_the_owner(target: Path, content: bytes) -> None:
    """Write names to a file that only the owner can read, even if other people could read the previous file."""
    target.touch(mode=0o600)
    target.chmod(0o600)
    target.write_bytes(content)
