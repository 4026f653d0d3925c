"""Delivery of an approved run into a folder per cluster."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from data_schemas import disk
from pipeline.settings import Delivery, Settings

AGREED = "store/delivery.json"


def deliver(
    out: Path, as_of: dt.date, to: Path | None, who: str, *, again: Sequence[str] = (), why: str = ""
) -> dict[str, Any]:
    """Deliver, and say what was sent, what was there already and how many people were taken off.

    The clusters of `again` get what was brought to them before once more; `why` goes into the log.
    """
    from pipeline.release.approve import release
    from pipeline.release.delivery import Again, FolderCarrier, Rights

    said, standard = agreed(out), out / "released"
    target = to or (Path(said.folder) if said.folder else standard)
    is_standard = target.resolve() == standard.resolve()
    rights = Rights() if is_standard else Rights(said.mode, said.group)
    carrier = FolderCarrier(target, "folder" if is_standard else f"folder {target.resolve()}", rights)
    today = dt.datetime.now(dt.UTC).date()
    once_more = Again(tuple(again), why)
    with disk.for_the_owner_alone():
        done = release(out, as_of, carrier, tables=out / "store" / "tables", today=today, who=who, again=once_more)
    return {"folder": str(target), **dataclasses.asdict(done)}


def agree(out: Path, settings: Settings) -> None:
    """Write down how lists are delivered, beside the lists: they are released without a configuration at hand."""
    said = settings.delivery
    folder = str(settings.folder / said.folder) if said.folder else None
    disk.write(out / AGREED, said.model_copy(update={"folder": folder}).model_dump_json())


def agreed(out: Path) -> Delivery:
    """How lists are delivered, as site.toml said when they were made."""
    path = out / AGREED
    return Delivery.model_validate_json(path.read_bytes()) if path.exists() else Delivery()
