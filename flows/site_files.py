"""Finds files in the folder of a site's extracts: the Community Book, outcomes of earlier lists and, on synthetic
sites, the true risks."""

from __future__ import annotations

import datetime as dt
from contextlib import suppress
from pathlib import Path

from data_schemas.errors import DataRefused
from data_schemas.receipts import Notice
from flows.guard import guarded
from pipeline.settings import Settings

SHOWN = 5
"""Number of services named in one notice."""


def community(settings: Settings) -> tuple[Path, ...]:
    """The files of the Community Book."""
    book = settings.extracts.get("community_assets")
    return book.files if book else ()


def feedback(settings: Settings) -> tuple[Path, ...]:
    """The files with outcomes of earlier lists, which link workers save into the folder `feedback/` next to site.toml
    and its subfolders."""
    from pipeline.ledger.feedback import files

    return files(settings.folder / "feedback")


def strict(settings: Settings) -> bool:
    """Whether a row of feedback that cannot be read stops a run."""
    return settings.lists.feedback == "strict"


def truth(settings: Settings) -> Path | None:
    """The true risks that `synth` writes next to its extracts."""
    data = settings.folder / settings.site.data_dir
    folders = (data, data.parent, settings.folder)
    return next((folder / "truth.parquet" for folder in folders if (folder / "truth.parquet").exists()), None)


def problems(settings: Settings) -> list[str]:
    """List what is wrong with the Community Book and with the outcomes of earlier lists."""
    from data_schemas.assets import read_services
    from pipeline.ledger import feedback as outcomes

    wrong = []
    for name, read in (
        ("Community Book", lambda: read_services(community(settings))),
        (
            "feedback",
            lambda: outcomes.read(feedback(settings), settings.run.as_of or dt.date.min, strict=strict(settings)),
        ),
    ):
        try:
            guarded(name, read)
        except DataRefused as refused:
            wrong += refused.problems
    return wrong


def refuse_unreadable(settings: Settings) -> None:
    """Refuse files with which the lists could not be made, before the work starts."""
    if wrong := problems(settings):
        raise DataRefused(wrong)


def left_out(settings: Settings) -> list[Notice]:
    """Report what in the Community Book could not be read. If it is too much, that is a separate problem."""
    from data_schemas.assets import read_book

    problems: list[str] = []
    with suppress(DataRefused):
        problems = read_book(community(settings)).left_out
    more = f" and {len(problems) - SHOWN} more" if len(problems) > SHOWN else ""
    detail = f"Services of the Community Book that cannot be read are left out: {'; '.join(problems[:SHOWN])}{more}."
    return [Notice("services_left_out", detail)] if problems else []


def rows_set_aside(settings: Settings) -> list[Notice]:
    """Notices of `check` about rows of feedback that would not count, and about ambiguous dates.

    Unreadable files are a separate problem.
    """
    from pipeline.ledger.feedback import read

    try:
        outcomes = read(feedback(settings), settings.run.as_of or dt.date.min)
    except DataRefused:
        return []
    aside = [Notice("feedback_set_aside", str(one)) for one in outcomes.set_aside]
    return aside + [Notice("feedback_dates", str(one)) for one in outcomes.two_readings]
