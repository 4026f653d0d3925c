"""Delivers lists to clusters by any carrier, and records each delivery with the hashes of its files."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from data_schemas.errors import ConfigurationError, RunFailed
from pipeline.carriers import Carrier
from pipeline.ledger.delivered import Edition, Held, begin, begun, held, remember
from pipeline.publish import pages, tabular
from pipeline.publish.prepared import Prepared, rendered, which
from pipeline.release import audit
from pipeline.release.editions import following

DELIVERED = "delivered"
PAGES = ("profile.html", "community.html", "monitor.html")
"""A cluster's pages without person rows, as the run wrote them."""
REIDENTIFY = "reidentify.html"
TABLES = ("risk-list.parquet", "also-consider.parquet")
"""Two lists are the same if these files are: who is on them, and what they say about each person."""


@dataclass(frozen=True)
class Again:
    """Clusters that should receive a delivered list again, for example because it was lost, and why."""

    clusters: tuple[str, ...] = ()
    why: str = ""

    def check(self, known: Sequence[str]) -> None:
        """Raise ConfigurationError if a cluster is not in the run, or no reason is given."""
        unknown = [code for code in self.clusters if code not in known]
        problems = [f"--again: this run has no cluster {code}; the clusters are {', '.join(known)}" for code in unknown]
        if self.clusters and not self.why.strip():
            problems.append("--reason is empty; say why the lists are delivered again")
        if problems:
            raise ConfigurationError(problems)

    def of(self, cluster: str) -> str:
        """The reason for delivering to a cluster again. Empty if it is not delivered to again."""
        return self.why.strip() if cluster in self.clusters else ""


NOBODY_AGAIN = Again()


@dataclass(frozen=True)
class Dispatch:
    """One release and how to deliver it."""

    carrier: Carrier
    out: Path
    log: Path
    folder: Path
    """The prepared run."""
    who: str
    today: dt.date
    gone: frozenset[str]
    """People who died, moved or opted out since the run."""

    def deliver_all(
        self, lists: Sequence[Prepared], again: Again, arrived: Callable[[Prepared], None]
    ) -> tuple[list[tuple[int, int]], list[str]]:
        """`deliver` to every cluster that can be reached. Returns its results, and why the others failed.

        `arrived` is called after each delivery, so that stopping a later one does not affect it.
        """
        sent, problems = [], []
        for each in lists:
            try:
                sent.append(self.deliver(each, again.of(each.cluster.code)))
            except RunFailed as failed:
                problems += [f"cluster {each.cluster.code}: {problem}" for problem in failed.problems]
            else:
                arrived(each)
        return sent, problems

    def deliver(self, listed: Prepared, again: str = "") -> tuple[int, int]:
        """Deliver a list unless its cluster already has exactly these files. Returns how many files were sent and how
        many were already there.

        A list identical to the cluster's current one is the same edition; any other is the next. With a reason in
        `again` it is always sent, and the log gives the reason.
        """
        people, run = tuple(sorted(listed.rows["person_id"])), str(listed.as_of)
        store = self.out / "store"
        before = held(store, listed.folder)
        coming = following(before, run, people, self.gone, self.today)
        edition, content = self._edition(listed, before, begun(store, listed.folder, run, people, coming))
        hashes = _hashes(content)
        facts = {"run": run, "cluster": listed.cluster.code, "carrier": self.carrier.name, "files": hashes}
        is_there = _last(self.log, facts) == hashes
        if is_there and not again:
            return 0, len(content)
        now = Held(run, str(self.today), edition, people)
        begin(store, listed.folder, now)
        self.carrier.carry(listed.folder, run, content, _times(self.log, facts) + 1)
        why = f"again: {again}" if is_there else "approved"
        audit.append(self.log, DELIVERED, who=self.who, why=why, **facts, edition=edition.number)
        remember(store, listed.folder, now)
        return len(content), 0

    def _edition(self, listed: Prepared, before: Held | None, following: Edition) -> tuple[Edition, dict[str, bytes]]:
        """The edition of the list, and its files: the cluster's current edition if it is the same list,
        else the next.
        """
        if before and before.run == str(listed.as_of):
            same = self._content(listed.as_edition(before.edition))
            if _was_delivered(self.log, listed, _hashes(same)):
                return before.edition, same
        return following, self._content(listed.as_edition(following))

    def _content(self, listed: Prepared) -> dict[str, bytes]:
        content = {name: data for name, (data, _) in rendered(listed).items()}
        own = self.folder / "lists" / listed.folder
        paths = [*(own / name for name in PAGES if (own / name).exists()), self.folder / REIDENTIFY]
        content |= {path.name: pages.with_edition(path.read_bytes(), listed) for path in paths}
        if listed.recall is not None:
            content["prevention.csv"] = tabular.csv(listed.recall.with_columns(**which(listed)))
        return content


def _hashes(content: dict[str, bytes]) -> dict[str, str]:
    return {name: hashlib.sha256(data).hexdigest() for name, data in sorted(content.items())}


def _was_delivered(log: Path, listed: Prepared, hashes: dict[str, str]) -> bool:
    """Whether this list was delivered to the cluster before, by any carrier. Its pages may look different since an
    upgrade.
    """
    about, tables = (str(listed.as_of), listed.cluster.code), {(name, hashes[name]) for name in TABLES}
    entries = (e for e in audit.checked(log) if e.action == DELIVERED)
    return any((e.facts["run"], e.facts["cluster"]) == about and tables <= {*e.facts["files"].items()} for e in entries)


def _last(log: Path, facts: Mapping[str, object]) -> object:
    """The hashes of the last delivery of this run to this cluster by this carrier."""
    same = _brought(log, facts)
    return same[-1] if same else None


def _times(log: Path, facts: Mapping[str, object]) -> int:
    """How often this carrier delivered exactly these files to this cluster."""
    return _brought(log, facts).count(facts["files"])


def _brought(log: Path, facts: Mapping[str, object]) -> list[object]:
    """The hashes of all deliveries of this run to this cluster by this carrier, oldest first."""
    alike = ("run", "cluster", "carrier")
    entries = (e for e in audit.checked(log) if e.action == DELIVERED)
    return [e.facts["files"] for e in entries if all(e.facts[key] == facts[key] for key in alike)]
