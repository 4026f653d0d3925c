"""Delivers an approved run to its clusters, by the carrier that site.toml names, and follows each list."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from data_schemas import disk
from flows.access import here
from flows.store_format import refuse_newer
from pipeline import carriers
from pipeline.settings import Settings

AGREED = "store/delivery.json"


def deliver(
    out: Path, as_of: dt.date, to: Path | None, who: str, *, again: Sequence[str] = (), why: str = ""
) -> dict[str, Any]:
    """Deliver, and report what was sent, what was already there and how many people were taken off.

    The clusters in `again` receive the same lists once more. The log records `why`.
    """
    from pipeline.release.approve import release
    from pipeline.release.delivery import Again

    refuse_newer(out)
    carrier = into(to, agreed(out)).made(out)
    today = dt.datetime.now(dt.UTC).date()
    once_more = Again(tuple(again), why)
    with disk.for_the_owner_alone():
        done = release(out, as_of, carrier, tables=out / "store" / "tables", today=today, who=who, again=once_more)
    return {"carrier": carrier.name, **dataclasses.asdict(done)}


def follow(out: Path) -> list[carriers.Parcel]:
    """Ask the carrier what has happened to each list since the last time. Its answers go into the audit log."""
    from pipeline.release import audit
    from pipeline.release.review import AUDIT

    carrier, news = agreed(out).made(out), []
    for parcel in carrier.followed():
        news.append(parcel)
        facts = {"run": parcel.run, "cluster": parcel.cluster, "carrier": carrier.name, "reference": parcel.reference}
        audit.append(out / AUDIT, parcel.standing, who=carrier.name, why=parcel.detail, **facts)
    return news


def parcels(out: Path) -> list[carriers.Parcel]:
    """Every list that was sent and can be followed, the latest change last."""
    return list(agreed(out).made(out).parcels())


def into(to: Path | None, options: carriers.Options) -> carriers.Options:
    """The delivery of site.toml, unless the user named a folder this time. Folder permissions stay as configured."""
    if to is None:
        return options
    folder = carriers.options(carriers.FOLDER)
    kept = options if isinstance(options, folder) else folder()
    return kept.model_copy(update={"folder": str(to)})


def agree(out: Path, settings: Settings) -> None:
    """Write how lists are delivered and who may decide to files next to the lists, because a release does not read
    site.toml."""
    here.agree(out, settings.access)
    disk.write(out / AGREED, settings.delivery.placed(settings.folder).model_dump_json())


def agreed(out: Path) -> carriers.Options:
    """Read how lists are delivered, as in site.toml when they were made."""
    path = out / AGREED
    stored = json.loads(path.read_bytes()) if path.exists() else {}
    return carriers.options(stored.get("carrier", carriers.FOLDER)).model_validate(stored)
