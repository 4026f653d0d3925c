"""Checks that everything works: versions, stores, disk, clock, permissions, servers, and whether the last run is
late."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Literal

from data_schemas import disk
from data_schemas.errors import NeighbourlyError
from data_schemas.servers import refuse_silent
from pipeline.words import counted

Standing = Literal["well", "look", "wrong"]
LATE_DAYS = 35
"""A monthly run counts as missed after this many days."""
FREE_SHARE = 1.0
"""The disk needs space for another output as large as the existing one, because the next one is built next to it."""
LIBRARIES = ("neighbourly", "polars", "prefect", "mlflow", "scikit-learn", "lightgbm")
SERVERS = ("PREFECT_API_URL", "MLFLOW_TRACKING_URI")


@dataclass(frozen=True)
class Finding:
    """One checked item: its state, and what to do if there is a problem."""

    what: str
    standing: Standing
    detail: str


def findings(config: Path | None, out: Path) -> list[Finding]:
    """Run every check. Checks work even if every server is down, and change nothing."""
    results = [*_versions(), *_servers()]
    if config:
        results += _site(config)
    if not out.is_dir():
        return [*results, Finding("output folder", "look", f"{out}: not there yet; the first run makes it")]
    return [
        *results,
        *_format(out),
        *_rights(out),
        *_room(out),
        *_clock(out),
        *_last_run(out),
        *_stores(out),
        *_sent(out),
    ]


def _versions() -> Iterator[Finding]:
    named = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    yield Finding("versions", "well", f"Python {sys.version.split()[0]}, {named}")


def _servers() -> Iterator[Finding]:
    for name in SERVERS:
        url = os.environ.get(name)
        if url:
            yield _tried(name, "answers", lambda name=name, url=url: refuse_silent({name: url}))


def _site(config: Path) -> Iterator[Finding]:
    from pipeline.settings import load_settings

    yield _tried("configuration", f"{config}: valid, and its extracts are there", lambda: load_settings(config))


def _tried(what: str, well: str, work: object) -> Finding:
    try:
        work()  # type: ignore[operator]
    except NeighbourlyError as error:
        return Finding(what, "wrong", "; ".join(error.problems))
    return Finding(what, "well", well)


def _format(out: Path) -> Iterator[Finding]:
    from flows.store_format import refuse_newer

    yield _tried("format", "of this release or an earlier one", lambda: refuse_newer(out))


def _rights(out: Path) -> Iterator[Finding]:
    loose = [path for path in (out, *out.rglob("*")) if path.lstat().st_mode & disk.OTHERS and not path.is_symlink()]
    inside = [path for path in loose if (out / "released") not in (path, *path.parents)]
    if inside:
        yield Finding(
            "rights",
            "wrong",
            f"others may read {inside[0]}{f' and {len(inside) - 1:,} more' if len(inside) > 1 else ''}; the next run takes that away",
        )
    else:
        yield Finding("rights", "well", "only the owner can read the output folder")
    if not os.access(out, os.W_OK):
        yield Finding("rights", "wrong", f"{out}: cannot be written to by this user")


def _room(out: Path) -> Iterator[Finding]:
    used = sum(path.lstat().st_size for path in out.rglob("*") if path.is_file())
    free = shutil.disk_usage(out).free
    room = f"{free / 1e9:.1f} GB free, the output folder has {used / 1e9:.2f} GB"
    yield Finding(
        "disk",
        "well" if free > FREE_SHARE * used else "wrong",
        room if free > FREE_SHARE * used else f"{room}: make room",
    )


def _clock(out: Path) -> Iterator[Finding]:
    now = dt.datetime.now(dt.UTC)
    newest = max((path.lstat().st_mtime for path in out.rglob("*")), default=0.0)
    ahead = newest - now.timestamp()
    time = f"{now:%Y-%m-%d %H:%M} UTC"
    if ahead > dt.timedelta(hours=1).total_seconds():
        yield Finding(
            "clock",
            "wrong",
            f"{time}, but a file of the output folder is {ahead / 3600:.0f} hours younger: set the clock",
        )
    else:
        yield Finding("clock", "well", time)


def _last_run(out: Path) -> Iterator[Finding]:
    from pipeline.publish import files

    runs = sorted(out.glob("????-??-??/manifest.json"))
    if not runs:
        yield Finding("last run", "look", "no complete run yet")
        return
    made = dt.datetime.fromtimestamp(max(path.stat().st_mtime for path in runs), dt.UTC)
    age = (dt.datetime.now(dt.UTC) - made).days
    last = f"as of {runs[-1].parent.name}, made {counted(age, 'day')} ago"
    late = age > LATE_DAYS
    yield Finding(
        "last run", "wrong" if late else "well", f"{last}: late; is `neighbourly serve` running?" if late else last
    )
    damaged = [f"{run.parent.name}/{name}" for run in runs for name in files.damaged(run.parent)]
    if damaged:
        yield Finding("published files", "wrong", f"not what the manifest says: {', '.join(damaged)}; run it again")
    else:
        yield Finding("published files", "well", f"{counted(len(runs), 'run')}, every file as its manifest says")


def _stores(out: Path) -> Iterator[Finding]:
    from models.registry.database import problem
    from pipeline.release import audit
    from pipeline.release.review import AUDIT

    broken = audit.verify(out / AUDIT)
    yield Finding("audit log", "wrong" if broken else "well", "; ".join(broken) or "unbroken")
    wrong = problem(out)
    yield Finding("MLflow's database", "wrong" if wrong else "well", wrong or "whole")
    left = [path.name for path in disk.drafts(out)]
    if left:
        yield Finding(
            "left over",
            "look",
            f"{counted(len(left), 'file')} of a run that was killed; the next run removes {'it' if len(left) == 1 else 'them'}",
        )


def _sent(out: Path) -> Iterator[Finding]:
    """Report lists that a carrier lost, by cluster. Only the last one sent to each cluster counts."""
    from flows.deliver import parcels

    last = {parcel.cluster: parcel for parcel in parcels(out)}
    lost = [f"{parcel.cluster}: {parcel.detail}" for parcel in last.values() if parcel.standing == "lost"]
    if lost:
        yield Finding("deliveries", "wrong", "; ".join(lost))
