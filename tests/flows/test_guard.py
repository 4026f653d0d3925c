"""Whichever way a step fails, no message contains the content of a record."""

from __future__ import annotations

import contextlib
import errno
import sqlite3
from collections.abc import Callable

import httpx
import polars as pl
import pytest
from prefect.exceptions import Pause

from data_schemas.errors import DataRefused, RunFailed
from flows.guard import guarded

PERSON = "SENTINEL-9434765919"


def bad_cast() -> object:
    return pl.DataFrame({"x": [PERSON]}).select(pl.col("x").cast(pl.Int64))


def panic() -> object:
    raise pl.exceptions.PanicException(PERSON)


def module_that_ends() -> object:
    raise SystemExit(PERSON)


def full_disk() -> object:
    raise OSError(errno.ENOSPC, PERSON, PERSON)


def full_disk_of_polars() -> object:
    raise pl.exceptions.ComputeError(f"{PERSON}: No space left on device (os error 28)")


def full_disk_of_a_database() -> object:
    """A database of a few pages that cannot grow."""
    with contextlib.closing(sqlite3.connect(":memory:")) as database:
        database.execute("PRAGMA max_page_count = 1")
        try:
            database.execute(f"CREATE TABLE x AS SELECT '{PERSON}' AS y")
        except sqlite3.OperationalError as cause:  # as SQLAlchemy and MLflow raise their own
            raise ValueError(PERSON) from cause


def silent_server() -> object:
    raise httpx.ConnectError(PERSON)


def key_of_a_person() -> object:
    return {}[PERSON]


def with_a_cause() -> object:
    try:
        key_of_a_person()
    except KeyError as cause:
        raise DataRefused("gp_events: 3 rows") from cause


FULL = [full_disk, full_disk_of_polars, full_disk_of_a_database]
FAILURES = [bad_cast, panic, module_that_ends, *FULL, silent_server, key_of_a_person, with_a_cause]


@pytest.mark.parametrize("work", FAILURES)
def test_nothing_of_a_record_is_in_what_a_failure_says(work: Callable[[], object]) -> None:
    with pytest.raises((RunFailed, DataRefused)) as caught:
        guarded("ingest", work)
    error: BaseException | None = caught.value
    while error is not None:
        assert PERSON not in repr(error)
        assert PERSON not in str(error)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


@pytest.mark.parametrize("work", FULL)
def test_a_full_disk_is_called_that(work: Callable[[], object]) -> None:
    with pytest.raises(RunFailed, match=r"no space left on device \(free some disk space"):
        guarded("ingest", work)


def test_a_server_that_goes_away_is_called_that() -> None:
    with pytest.raises(RunFailed, match="a server or database stopped answering"):
        guarded("train", silent_server)


@pytest.mark.parametrize("stop", [KeyboardInterrupt, Pause, GeneratorExit])
def test_what_stops_a_run_on_purpose_passes(stop: type[BaseException]) -> None:
    def stopped() -> None:
        raise stop

    with pytest.raises(stop):
        guarded("ingest", stopped)
