"""Delivery of an approved run into a folder per cluster."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Any


def deliver(
    out: Path, as_of: dt.date, to: Path | None, who: str, *, again: Sequence[str] = (), why: str = ""
) -> dict[str, Any]:
    """Deliver, and say what was sent, what was there already and how many people were taken off.

    The clusters of `again` get what was brought to them before once more; `why` goes into the log.
    """
    from pipeline.release.approve import release
    from pipeline.release.delivery import Again, FolderCarrier

    standard = out / "released"
    target = to or standard
    carrier = (
        FolderCarrier(target)
        if target.resolve() == standard.resolve()
        else FolderCarrier(target, f"folder {target.resolve()}")
    )
    today = dt.datetime.now(dt.UTC).date()
    once_more = Again(tuple(again), why)
    done = release(out, as_of, carrier, tables=out / "store" / "tables", today=today, who=who, again=once_more)
    return {"folder": str(target), **dataclasses.asdict(done)}
