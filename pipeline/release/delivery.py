"""Carrying lists to clusters: one interface, each delivery recorded with the hashes of its files."""

from __future__ import annotations

import datetime as dt
import hashlib
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from data_schemas import disk
from data_schemas.errors import ConfigurationError
from pipeline.publish import files, tabular
from pipeline.publish.content import Edition
from pipeline.publish.prepared import Prepared, rendered
from pipeline.release import audit
from pipeline.release.editions import Held, following, held, remember

DELIVERED = "delivered"
PAGES = ("profile.html", "community.html", "monitor.html")
"""Pages of a cluster without person rows, as the run left them."""
REIDENTIFY = "reidentify.html"


class Carrier(Protocol):
    """Brings the files of one list to one cluster, all or none."""

    @property
    def name(self) -> str:
        """What the audit log calls it."""

    def carry(self, cluster: str, run: str, content: dict[str, bytes]) -> None:
        """`cluster` is the folder name of the cluster, `run` the as-of date, `content` file names and bytes."""


@dataclass(frozen=True)
class Rights:
    """Who may read what is delivered into a folder: the owner, and a group as `mode` (of folders, three octal digits) says."""

    mode: str = "700"
    group: str | None = None

    def give(self, path: Path) -> None:
        """Files get the rights of folders but to be entered."""
        if self.group:
            shutil.chown(path, group=self.group)
        path.chmod(int(self.mode, 8) if path.is_dir() else int(self.mode, 8) & 0o666)


@dataclass(frozen=True)
class FolderCarrier:
    """Puts each cluster's files into a folder of its own: `<root>/<cluster>/<run>/`, for the owner and whom `rights` name."""

    root: Path
    name: str = "folder"
    rights: Rights = Rights()

    def carry(self, cluster: str, run: str, content: dict[str, bytes]) -> None:
        target = self.root / cluster / run
        made = [folder for folder in (self.root, target.parent) if not folder.exists()]
        with disk.lock(target.parent / ".delivery.lock"), files.replacing(target) as draft:
            for path, data in content.items():
                (draft / path).write_bytes(data)
                self.rights.give(draft / path)
            for folder in (*made, draft):
                self.rights.give(folder)


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


@dataclass(frozen=True)
class Dispatch:
    """How one release goes out."""

    carrier: Carrier
    out: Path
    log: Path
    folder: Path
    """The prepared run."""
    who: str
    today: dt.date
    gone: frozenset[str]
    """People who died, moved or opted out since the run."""

    def deliver(self, listed: Prepared, again: str = "") -> tuple[int, int]:
        """Carry a list unless its cluster has exactly these files already; returns how many files were sent and how many were there.

        The same list as the cluster's is the same edition, any other the next. With a reason in `again` it is carried in any case, and
        the log says why.
        """
        people, run = tuple(sorted(listed.rows["person_id"])), str(listed.as_of)
        before = held(self.out, listed.folder)
        edition, content = self._edition(listed, before, following(before, run, people, self.gone, self.today))
        hashes = _hashes(content)
        facts = {"run": run, "cluster": listed.cluster.code, "carrier": self.carrier.name, "files": hashes}
        is_there = _last(self.log, facts) == hashes
        if is_there and not again:
            return 0, len(content)
        self.carrier.carry(listed.folder, run, content)
        why = f"again: {again}" if is_there else "approved"
        audit.append(self.log, DELIVERED, who=self.who, why=why, **facts, edition=edition.number)
        remember(self.out, listed.folder, Held(run, str(self.today), edition, people))
        return len(content), 0

    def _edition(self, listed: Prepared, before: Held | None, following: Edition) -> tuple[Edition, dict[str, bytes]]:
        """The list as the edition that its cluster has, where its files are the same, else as the one that follows."""
        if before and before.run == str(listed.as_of):
            same = self._content(listed.as_edition(before.edition))
            if _was_delivered(self.log, listed, _hashes(same)):
                return before.edition, same
        return following, self._content(listed.as_edition(following))

    def _content(self, listed: Prepared) -> dict[str, bytes]:
        content = {name: data for name, (data, _) in rendered(listed).items()}
        own = self.folder / "lists" / listed.folder
        content |= {name: (own / name).read_bytes() for name in PAGES if (own / name).exists()}
        if listed.recall is not None:
            content["prevention.csv"] = tabular.csv(listed.recall)
        content[REIDENTIFY] = (self.folder / REIDENTIFY).read_bytes()
        return content


def _hashes(content: dict[str, bytes]) -> dict[str, str]:
    return {name: hashlib.sha256(data).hexdigest() for name, data in sorted(content.items())}


def _was_delivered(log: Path, listed: Prepared, hashes: dict[str, str]) -> bool:
    """Whether exactly these files were brought to the cluster before, by whichever carrier."""
    about = {"run": str(listed.as_of), "cluster": listed.cluster.code, "files": hashes}
    entries = (e for e in audit.checked(log) if e.action == DELIVERED)
    return any(all(entry.facts[key] == value for key, value in about.items()) for entry in entries)


def _last(log: Path, facts: Mapping[str, object]) -> object:
    """The hashes of the last delivery of this run to this cluster by this carrier."""
    same = [
        e
        for e in audit.checked(log)
        if e.action == DELIVERED and all(e.facts[k] == facts[k] for k in ("run", "cluster", "carrier"))
    ]
    return same[-1].facts["files"] if same else None
