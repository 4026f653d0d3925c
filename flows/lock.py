"""Allows one run at a time in an output folder, keeps the folder private to its owner, and removes unfinished files of
killed runs."""

from __future__ import annotations

import datetime as dt
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from data_schemas import disk
from data_schemas.errors import RunFailed, plainly
from data_schemas.working import delete_working
from flows import store_format
from flows.places import folder
from pipeline.release.audit import account

LOCK = ".run.lock"
SHARED = ("released",)
"""Paths that other people may read, as the delivery settings allow."""


@contextmanager
def alone_in(out: Path) -> Iterator[None]:
    """Let only one run at a time work in an output folder. A second run waits, and reports which run it waits for.

    A folder that is empty at the end is removed, so that refused data leave no trace.
    """
    with disk.for_the_owner_alone():
        usable(out)
        with disk.lock(out / LOCK, _waiting, _who()):
            store_format.refuse_newer(out)
            clear(out)
            store_format.mark(out)
            try:
                yield
            finally:
                store_format.mark(out)
                _leave_nothing(out)


def usable(out: Path) -> None:
    """Create the output folder. Raises `ConfigurationError` if the path cannot be a folder, `RunFailed` if it is not
    writable."""
    folder(out)
    try:
        out.mkdir(parents=True, exist_ok=True)
        (out / LOCK).touch()
    except OSError as error:
        raise RunFailed(f"{out}: nothing can be written there: {plainly(error)}") from None


def clear(out: Path) -> None:
    """Remove unfinished files of killed runs, and access by other users. Call it while you hold the lock."""
    for run in out.glob(".????-??-??.*"):
        disk.recover(out / run.name[1:11])
    shutil.rmtree(out / "store" / ".ingest", ignore_errors=True)
    delete_working(out / "store")
    for draft in disk.drafts(out):
        draft.unlink(missing_ok=True)
    disk.tighten(out, SHARED)


def _leave_nothing(out: Path) -> None:
    with suppress(OSError):
        if [path.name for path in out.iterdir()] == [LOCK]:
            (out / LOCK).unlink()
            out.rmdir()


def _waiting(holder: str) -> None:
    from flows.progress import console

    console.print(f"  Waiting for {holder or 'another run'} in this output folder …", markup=False)


def _who() -> str:
    return f"the run of {account()} (process {os.getpid()}, since {dt.datetime.now().astimezone():%H:%M on %d %B})"
