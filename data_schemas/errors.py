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
    """`site.toml` or the command is wrong; nothing has run."""

    exit_code = 2


class DataRefused(NeighbourlyError):
    """The extracts cannot be used as they are."""

    exit_code = 3


ADVICE = {
    errno.ENOSPC: "free some disk space, then run again: finished steps are kept",
    errno.EDQUOT: "the quota is used up: free some space, then run again: finished steps are kept",
    errno.EFBIG: "files of this size are not allowed: raise the limit (ulimit -f), or use another disk",
    errno.EROFS: "the file system is read-only; choose another folder with --out",
    errno.EACCES: "ask the owner of the folder for permission to write, or choose another with --out",
    errno.EPERM: "ask the owner of the folder for permission to write, or choose another with --out",
    errno.EMFILE: "raise the limit on open files (ulimit -n)",
    errno.ENOMEM: "close other programs, or use a machine with more memory",
    errno.EIO: "the disk reports errors: check it before you run again",
}
MACHINE = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EMFILE, errno.ENOMEM, errno.EIO})
SQLITE = {
    sqlite3.SQLITE_FULL: errno.ENOSPC,
    sqlite3.SQLITE_READONLY: errno.EROFS,
    sqlite3.SQLITE_CANTOPEN: errno.EACCES,
    sqlite3.SQLITE_IOERR: errno.EIO,
}
"""SQLite's primary result codes as operating system errors."""
_CODE = re.compile(r"(?:\(os error |\[errno )(\d+)[)\]]", re.IGNORECASE)
"""An error's number in a text of Polars, of Arrow, or of Python as Polars quotes it."""


def plainly(error: BaseException) -> str:
    """What the operating system refused and what to do about it, from a Python, Polars or SQLite error or its cause.

    Empty for any other error. Only the error number is read, because the text may quote a record.
    """
    cause: BaseException | None = error
    while cause is not None:
        if number := _number(cause):
            reason, advice = os.strerror(number), ADVICE.get(number, "")
            return f"{reason[:1].lower()}{reason[1:]}{advice and f' ({advice})'}"
        cause = cause.__cause__ or cause.__context__
    return ""


def of_the_machine(error: BaseException) -> str:
    """The sentence of `plainly` if the machine is at fault (disk full, out of memory, broken disk); else empty."""
    return plainly(error) if _number(error) in MACHINE else ""


def _number(error: BaseException) -> int | None:
    if isinstance(error, MemoryError):
        return errno.ENOMEM
    if isinstance(error, OSError) and error.errno is not None:  # Polars raises some without their number
        return error.errno
    if isinstance(error, sqlite3.Error):
        return SQLITE.get(getattr(error, "sqlite_errorcode", 0) & 0xFF)
    match = _CODE.search(str(error))
    return int(match[1]) if match else None
