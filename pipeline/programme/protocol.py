"""Writes the protocol of a study: what will be compared. It is written, and its hash is logged, before any outcome is
read.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from data_schemas.disk import write
from data_schemas.receipts import Notice
from pipeline import words
from pipeline.publish import files
from pipeline.release import audit

Design = Literal["randomised", "matched", "lottery", "stepped"]
ACTION = "protocol"
NAME = "protocol.json"

ELIGIBILITY = {
    "randomised": "everyone with an arm in the interventions table, from the day of randomisation",
    "matched": "everyone who had started the programme, from their first day, and people in the same month who had not started it",
    "lottery": "everyone who took part in a recorded lottery for the last places of a list, from the day of its release",
    "stepped": "everyone registered in the clusters, month by month, before and after their cluster's start",
}
COMPARISON = {
    "randomised": "by intention to treat: as assigned, whatever happened then",
    "matched": "controls matched on month, sex, age band, frailty band and earlier admissions, within 0.2 standard deviations of the logit"
    " risk, up to five with replacement; then regression within the matched sets",
    "lottery": "by intention to treat, weighted by the recorded probability of the lot",
    "stepped": "cluster and month effects, the interval by permuting the order in which clusters start",
}
MATCHED_ON = ("month", "sex", "age band", "frailty band", "admissions in the year before", "logit of the risk")
INTERVALS = {
    "stepped": "95%, by permutation of clusters",
}


@dataclass(frozen=True)
class Protocol:
    """Everything about a study that is fixed in advance."""

    programme: str
    design: Design
    eligibility: str
    comparison: str
    outcome: str
    horizon_days: int
    other_outcomes: tuple[str, ...]
    adjusted_for: tuple[str, ...]
    matching_variables: tuple[str, ...]
    subgroups: tuple[str, ...]
    negative_controls: tuple[str, ...]
    intervals: str
    verdict: str
    people: int
    end_of_data: str
    code_version: str
    data: str
    """Hash of the ingested tables."""
    configuration: str

    @property
    def content(self) -> bytes:
        """The file's bytes, the same for the same protocol."""
        return files.as_json(asdict(self))

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


def folder_of(out: Path, programme: str) -> Path:
    """The folder `<out>/impact/<programme>`, with a name that is safe on every file system."""
    return out / "impact" / files.folder_names([programme])[programme]


def register(protocol: Protocol, out: Path, log: Path, who: str) -> tuple[Notice, ...]:
    """Write the protocol and enter its hash in the audit log. The same protocol adds nothing; a different one is
    reported.
    """
    write(folder_of(out, protocol.programme) / NAME, protocol.content)
    earlier = [
        entry.facts["sha256"]
        for entry in audit.checked(log)
        if entry.action == ACTION and entry.facts["programme"] == protocol.programme
    ]
    if protocol.sha256 not in earlier[-1:]:
        facts = {"programme": protocol.programme, "design": protocol.design, "sha256": protocol.sha256}
        audit.append(log, ACTION, who=who, why=f"{protocol.outcome} over {protocol.horizon_days} days", **facts)
    others = set(earlier) - {protocol.sha256}
    if not others:
        return ()
    before = words.counted(len(others), "other protocol")
    detail = f"This programme has been evaluated under {before} before (see the audit log): the more looks, the more"
    return (Notice("several_protocols", f"{detail} a difference may be chance."),)
