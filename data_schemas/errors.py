"""What can go wrong, by exit code; messages never hold a value from a person's record."""

from __future__ import annotations

import errno
import os
import re
import sqlite3
from collections.abc import Sequence


class NeighbourlyError(Exception):
    """All problems found, together; `exit_code` is what the command line returns."""

    exit_code = 1

    def __init__(self, problems: str | Sequence[str]) -> None:
        self.problems = [problems] if isinstance(problems, str) else list(problems)
        super().__init__("\n".join(self.problems))


class RunFailed(NeighbourlyError):
    """The run could not be finished."""


class ConfigurationError(NeighbourlyError):
    """`site.toml` or the call is wrong; nothing has run."""

    exit_code = 2


class DataRefused(NeighbourlyError):
    """The extracts cannot be used as they are."""

    exit_code = 3


ADVICE = {
    errno.ENOSPC: "make room on the disk, then run again: what is done is kept",
    errno.EDQUOT: "the quota is used up: make room, then run again: what is done is kept",
    errno.EFBIG: "files of this size are not allowed: raise the limit (ulimit -f), or use another disk",
    errno.EROFS: "the file system can only be read; choose another folder with --out",
    errno.EACCES: "ask the owner of the folder for the right to write, or choose another with --out",
    errno.EPERM: "ask the owner of the folder for the right to write, or choose another with --out",
    errno.EMFILE: "raise the limit of open files (ulimit -n)",
    errno.ENOMEM: "close other programs, or use a machine with more memory",
    errno.EIO: "the disk reports errors: look at it before running again",
}
MACHINE = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EMFILE, errno.ENOMEM, errno.EIO})
SQLITE = {
    sqlite3.SQLITE_FULL: errno.ENOSPC,
    sqlite3.SQLITE_READONLY: errno.EROFS,
    sqlite3.SQLITE_CANTOPEN: errno.EACCES,
    sqlite3.SQLITE_IOERR: errno.EIO,
}
"""Primary result codes of SQLite as errors of the system."""
_CODE = re.compile(r"\(os error (\d+)\)")


def plainly(error: BaseException) -> str:
    """What the operating system refused and what to do, out of an error of Python, Polars or SQLite, or of what caused
    it.

    Empty where it was not that. The number alone is taken from the error: its text may quote a record.
    """
    cause: BaseException | None = error
    while cause is not None:
        if number := _number(cause):
            said, advice = os.strerror(number), ADVICE.get(number, "")
            return f"{said[:1].lower()}{said[1:]}{advice and f' ({advice})'}"
        cause = cause.__cause__ or cause.__context__
    return ""


def of_the_machine(error: BaseException) -> str:
    """What `plainly` says where the machine is at fault and no file: a full disk, no memory, a broken disk; else
    empty."""
    return plainly(error) if _number(error) in MACHINE else ""


def _number(error: BaseException) -> int | None:
    if isinstance(error, MemoryError):
        return errno.ENOMEM
    if isinstance(error, OSError):
        return error.errno
    if isinstance(error, sqlite3.Error):
        return SQLITE.get(getattr(error, "sqlite_errorcode", 0) & 0xFF)
    found = _CODE.search(str(error))
    return int(found[1]) if found else None
