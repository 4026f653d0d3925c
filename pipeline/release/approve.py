"""Releases lists to clusters: a named person approves what a run prepared, then it is delivered. The audit log records
each step.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from data_schemas import disk
from data_schemas.disk import read_parquet
from data_schemas.errors import ConfigurationError, RunFailed
from pipeline.carriers import Carrier
from pipeline.ledger import entries
from pipeline.publish import files
from pipeline.publish.prepared import Prepared, prepared
from pipeline.release import audit
from pipeline.release.delivery import DELIVERED, NOBODY_AGAIN, Again, Dispatch
from pipeline.release.departures import departures
from pipeline.release.review import (
    APPROVED,
    AUDIT,
    REJECTED,
    RELEASED,
    Summary,
    complete,
    decision,
    manifest_hash,
    summary,
)


@dataclass(frozen=True)
class Released:
    """What was delivered."""

    delivered: int
    already_there: int
    taken_off: dict[str, int]
    """Reason → number of people."""


def approve(
    out: Path, as_of: dt.date, *, who: str, why: str, accept: Iterable[str] = (), form: str = ""
) -> audit.Entry:
    """Record that someone approves a run for release. Every alarm must be accepted by name. `form` is the id of a
    filled-in form.
    """
    seen, accepted = summary(out, as_of), sorted(set(accept))
    open_alarms = [name for name in seen.alarms if name not in accepted]
    unknown = [name for name in accepted if name not in seen.alarms]
    problems = [
        f"alarm {name!r} is not accepted; look at it in report.json, then accept it by name or reject"
        for name in open_alarms
    ]
    problems += [f"there is no alarm {name!r}; the alarms are: {', '.join(seen.alarms) or 'none'}" for name in unknown]
    return _decide(out, seen, APPROVED, who, why, problems, accepted=accepted, form=form)


def reject(out: Path, as_of: dt.date, *, who: str, why: str, form: str = "") -> audit.Entry:
    """Record that someone holds back a run."""
    return _decide(out, summary(out, as_of), REJECTED, who, why, [], form=form)


def forms(out: Path) -> set[str]:
    """The ids of the forms whose decisions are in the audit log."""
    return {str(e.facts["form"]) for e in audit.checked(out / AUDIT) if e.facts.get("form")}


def release(
    out: Path, as_of: dt.date, carrier: Carrier, *, tables: Path, today: dt.date, who: str, again: Again = NOBODY_AGAIN
) -> Released:
    """Deliver an approved run to its clusters. Files that a cluster already has are not sent again unless `again` says
    so.

    `tables` is the folder of the newest ingested tables: people who have since died, moved away or opted out are taken
    off. Raises RunFailed unless exactly these files are approved. While it runs, no other run can replace this one and
    nobody else can deliver.
    """
    complete(out, as_of)
    with disk.lock(out / files.LOCK):
        return _released(out, as_of, carrier, tables, today, who, again)


def _released(
    out: Path, as_of: dt.date, carrier: Carrier, tables: Path, today: dt.date, who: str, again: Again
) -> Released:
    folder, decided = complete(out, as_of), decision(out, as_of)
    if decided is None or decided.action != APPROVED:
        state = "was rejected" if decided else "has not been approved"
        raise RunFailed(f"run {as_of}: {state}; see `neighbourly approve {as_of} --reason …`")
    lists = prepared(folder)
    again.check([each.cluster.code for each in lists])
    gone = departures(pl.concat([each.rows for each in lists] + [each.others for each in lists]), tables, today)
    away = pl.concat([gone["person_id"], *(departures(due, tables, today)["person_id"] for due in _recalls(lists))])
    staying = [each.without(away) for each in lists]
    dispatch = Dispatch(carrier, out, out / AUDIT, folder, who, today, frozenset(gone["person_id"]))
    sent, problems = dispatch.deliver_all(staying, again, lambda each: note(out, as_of, each, today))
    if problems:
        raise RunFailed(
            [*problems, f"{len(sent)} of {len(lists)} clusters have their lists; release again for the others"]
        )
    taken_off = dict(gone.group_by("why").len().sort("why").iter_rows())
    delivered, already = sum(new for new, _ in sent), sum(old for _, old in sent)
    facts = {
        "run": str(as_of),
        "manifest": manifest_hash(folder),
        "delivered": delivered,
        "already_there": already,
        "taken_off": taken_off,
    }
    audit.append(out / AUDIT, RELEASED, who=who, why=decided.why, **facts)
    return Released(delivered, already, taken_off)


def _recalls(lists: Sequence[Prepared]) -> list[pl.DataFrame]:
    """The call and recall lists of the clusters that have one."""
    return [each.recall for each in lists if each.recall is not None]


def note(out: Path, as_of: dt.date, listed: Prepared, today: dt.date) -> None:
    """Add everyone on a delivered list, and everyone in the run's lottery, to the ledger. Existing entries are not
    added again.
    """
    folder, store = out / str(as_of), out / "store"
    choices, lots = folder / "choices.parquet", folder / "lots.parquet"
    how = read_parquet(choices) if choices.exists() else None
    entries.record_release(store, listed.for_ledger(how, today))
    if lots.exists():
        day = {"as_of": pl.lit(as_of), "released_on": pl.lit(today)}
        entries.record_lots(store, read_parquet(lots).with_columns(**day))


def _decide(
    out: Path, seen: Summary, action: str, who: str, why: str, problems: Sequence[str], **facts: Any
) -> audit.Entry:
    wrong = [*problems]
    wrong += [
        f"{name} is empty; say {what}"
        for name, value, what in (("--as", who, "who decides"), ("--reason", why, "why"))
        if not value.strip()
    ]
    if wrong:
        raise ConfigurationError([f"run {seen.as_of}: {problem}" for problem in wrong])
    shown = dataclasses.asdict(seen) | {"as_of": str(seen.as_of)}
    return audit.append(
        out / AUDIT,
        action,
        who=who.strip(),
        why=why.strip(),
        account=audit.account(),
        run=str(seen.as_of),
        manifest=seen.manifest,
        summary=shown,
        **facts,
    )


def delivered_to(out: Path, as_of: dt.date) -> list[str]:
    """The codes of the clusters to which a list of the run was delivered."""
    log = audit.checked(out / AUDIT)
    return sorted({e.facts["cluster"] for e in log if e.action == DELIVERED and e.facts["run"] == str(as_of)})
