"""Carrying lists to clusters: one interface, each delivery recorded with the hashes of its files."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from data_schemas import disk
from data_schemas.errors import ConfigurationError
from pipeline.publish import files
from pipeline.publish.prepared import Prepared, rendered
from pipeline.release import audit

DELIVERED = "delivered"
PROFILE = "profile.html"
REIDENTIFY = "reidentify.html"


class Carrier(Protocol):
    """Brings the files of one list to one cluster, all or none."""

    @property
    def name(self) -> str:
        """What the audit log calls it."""

    def carry(self, cluster: str, run: str, content: dict[str, bytes]) -> None:
        """`cluster` is the folder name of the cluster, `run` the as-of date, `content` file names and bytes."""


@dataclass(frozen=True)
class FolderCarrier:
    """Puts each cluster's files into a folder of its own: `<root>/<cluster>/<run>/`."""

    root: Path
    name: str = "folder"

    def carry(self, cluster: str, run: str, content: dict[str, bytes]) -> None:
        target = self.root / cluster / run
        with disk.lock(target.parent / ".delivery.lock"), files.replacing(target) as draft:
            for path, data in content.items():
                (draft / path).write_bytes(data)


@dataclass(frozen=True)
class Again:
    """Clusters that are to get what was brought to them before, because it was lost, say; and why."""

    clusters: tuple[str, ...] = ()
    why: str = ""

    def check(self, known: Sequence[str]) -> None:
        """Raise ConfigurationError where a cluster is not one of the run's, or nobody says why."""
        unknown = [code for code in self.clusters if code not in known]
        problems = [f"--again: there is no cluster {code}; the clusters are {', '.join(known)}" for code in unknown]
        if self.clusters and not self.why.strip():
            problems.append("--reason is empty; say why the lists are delivered again")
        if problems:
            raise ConfigurationError(problems)

    def of(self, cluster: str) -> str:
        """Why a cluster is delivered to again; empty where it is not."""
        return self.why.strip() if cluster in self.clusters else ""


NOBODY_AGAIN = Again()


def deliver(carrier: Carrier, log: Path, listed: Prepared, folder: Path, who: str, again: str = "") -> tuple[int, int]:
    """Carry a list unless its cluster has exactly these files already; returns how many files were sent and how many were there.

    With a reason in `again` it is carried in any case, and the log says why.
    """
    content = {name: data for name, (data, _) in rendered(listed).items()}
    content[PROFILE] = (folder / "lists" / listed.folder / PROFILE).read_bytes()
    content[REIDENTIFY] = (folder / REIDENTIFY).read_bytes()
    hashes = {name: hashlib.sha256(data).hexdigest() for name, data in sorted(content.items())}
    facts = {"run": str(listed.as_of), "cluster": listed.cluster.code, "carrier": carrier.name, "files": hashes}
    is_there = _last(log, facts) == hashes
    if is_there and not again:
        return 0, len(content)
    carrier.carry(listed.folder, str(listed.as_of), content)
    why = f"again: {again}" if is_there else "approved"
    audit.append(log, DELIVERED, who=who, why=why, **facts)
    return len(content), 0


def _last(log: Path, facts: Mapping[str, object]) -> object:
    """The hashes of the last delivery of this run to this cluster by this carrier."""
    same = [
        e
        for e in audit.checked(log)
        if e.action == DELIVERED and all(e.facts[k] == facts[k] for k in ("run", "cluster", "carrier"))
    ]
    return same[-1].facts["files"] if same else None
