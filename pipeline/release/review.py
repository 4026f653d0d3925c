"""Collects what a reviewer needs to decide on: the counts, alarms and changes of a run, and earlier decisions."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data_schemas import disk
from data_schemas.errors import RunFailed
from pipeline import words
from pipeline.ledger.delivered import held
from pipeline.ledger.history import history
from pipeline.publish import files
from pipeline.publish.prepared import prepared
from pipeline.release import audit
from pipeline.release.editions import Change, change

AUDIT = "audit"
"""Folder of the audit log, in the output folder."""
APPROVED, REJECTED, RELEASED = "approved", "rejected", "released"


@dataclass(frozen=True)
class Summary:
    """What a reviewer decides on: counts, alarms and changes, without anything about a patient."""

    site: str
    as_of: dt.date
    manifest: str
    """SHA-256 of the manifest. The decision covers exactly these files."""
    model_version: str
    listed: dict[str, int]
    """Cluster code → people on its main list."""
    alarms: list[str]
    """The names of the alarms. The reviewer must accept each by name."""
    details: list[str]
    """The texts of the alarms."""
    notices: list[str]
    clusters: dict[str, Change]
    """Cluster code → how its main list differs from its current one."""
    last_time: list[str]
    """What happened after each cluster's last list. Empty before the second."""
    last_time_protected: list[str]
    """The same in protected counts, which anybody may see."""
    decision: str
    """`approved`, `rejected` or empty, for exactly these files."""
    earlier: str
    """The earlier decision about other files of this date, in words. Empty if there is none."""

    @property
    def previous(self) -> str:
        """The clusters' current lists, in words. Empty if none has a list."""
        return words.listing(sorted({each.against for each in self.clusters.values() if each.against}))

    @property
    def stayed(self) -> int:
        """Number of people on main lists who are also on their cluster's current list."""
        return sum(each.stayed for each in self.clusters.values())

    @property
    def joined(self) -> int:
        return sum(each.joined for each in self.clusters.values())

    @property
    def left(self) -> int:
        return sum(each.left for each in self.clusters.values())

    @property
    def changes(self) -> str:
        """How many people stay, are added and are taken off, in words."""
        if not self.previous:
            return "nothing was delivered before, this is the first"
        return str(Change(self.previous, self.stayed, self.joined, self.left))


def summary(out: Path, as_of: dt.date) -> Summary:
    """The summary of a run for a decision. Raises RunFailed if the publication is missing or damaged."""
    folder = complete(out, as_of)
    manifest, report = _json(folder / files.MANIFEST), _json(folder / "report.json")
    lists = prepared(folder)
    listed = {each.cluster.code: each.rows.height for each in lists}
    decided, earlier = decision(out, as_of), history(out / "store", as_of).last_time()
    return Summary(
        site=manifest["site"],
        as_of=as_of,
        manifest=manifest_hash(folder),
        model_version=manifest["model_version"],
        listed=listed,
        alarms=sorted({alarm["name"] for alarm in report.get("alarms", [])}),
        details=[f"{alarm['name']}: {alarm['detail']}" for alarm in report.get("alarms", [])],
        notices=sorted({notice["name"] for notice in report.get("notices", [])}),
        clusters={e.cluster.code: change(held(out / "store", e.folder), e.rows["person_id"].to_list()) for e in lists},
        last_time=[f"{each.cluster.code}: {each.head.last_time}" for each in lists if each.head.last_time],
        last_time_protected=[f"{code}: {came.protected}" for code, came in earlier.items() if code in listed],
        decision=decided.action if decided else "",
        earlier="" if decided else _earlier(out, as_of),
    )


def decision(out: Path, as_of: dt.date) -> audit.Entry | None:
    """The last decision about exactly the current files."""
    manifest = manifest_hash(out / str(as_of))
    made = [
        e
        for e in audit.checked(out / AUDIT)
        if e.action in (APPROVED, REJECTED) and e.facts.get("manifest") == manifest
    ]
    return made[-1] if made else None


def _earlier(out: Path, as_of: dt.date) -> str:
    """`approved by A. Lead on 2 April 2026, for files that have been made again since`."""
    made = [e for e in audit.checked(out / AUDIT) if e.action in (APPROVED, REJECTED) and e.facts["run"] == str(as_of)]
    if not made:
        return ""
    when = words.day(dt.datetime.fromisoformat(made[-1].at).date())
    return f"{made[-1].action} by {made[-1].who} on {when}, for files that have been made again since"


def complete(out: Path, as_of: dt.date) -> Path:
    """The folder of a run whose files all match its manifest. Raises RunFailed if they do not."""
    folder = out / str(as_of)
    if not (folder / files.MANIFEST).exists():
        raise RunFailed(f"{folder}: there is no complete run of {as_of}; run it first")
    problems = files.damaged(folder)
    if problems:
        raise RunFailed([f"{folder / path}: is not what the manifest says; run it again" for path in problems])
    return folder


def manifest_hash(folder: Path) -> str:
    """SHA-256 of a run's manifest. Empty if it has none."""
    path = folder / files.MANIFEST
    return disk.sha256(path) if path.exists() else ""


def _json(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_bytes())
    return content
