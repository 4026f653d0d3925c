"""Removes Prefect's own records of old flow runs (logs, artifacts and parameters) as part of a purge."""

from __future__ import annotations

import asyncio
import datetime as dt
import os
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from flows.environment import DATABASES, prepare


def of_this_machine() -> bool:
    """Whether Prefect's database can be reached from here: its own file, or the one that the environment names."""
    return bool(_named()) or file().exists()


def _named() -> str:
    """The environment variable that names another database than the file. Empty if none does."""
    return next((name for name in DATABASES if os.environ.get(name)), "")


def where() -> str:
    """State which records these are. All flow runs in them count, including those of other programs."""
    if name := _named():
        return f"every old flow run in the database of {name}"
    if file().exists():
        return f"every old flow run in {file()}"
    return "none here; a Prefect server elsewhere keeps its own (PREFECT_SERVER_SERVICES_DB_VACUUM_RETENTION_PERIOD)"


def file() -> Path:
    """Prefect's own database file, if no other database is named."""
    return Path(os.environ.get("PREFECT_HOME", "~/.prefect")).expanduser() / "prefect.db"


def count(before: dt.date) -> int:
    """Number of flow runs that ended before a day. 0 if this machine cannot reach the database."""
    return asyncio.run(_count(before)) if of_this_machine() else 0


def forget(before: dt.date) -> int:
    """Delete flow runs that ended before a day, with their task runs, logs and artifacts, as Prefect's own housekeeping
    does. Returns their number."""
    if not of_this_machine():
        return 0
    before_count = count(before)
    with _kept_since(before):
        asyncio.run(_forget())
    return before_count - count(before)


def _kept_since(before: dt.date) -> AbstractContextManager[Any]:
    """Settings for Prefect's own retention, to keep records from this day on."""
    prepare()
    from prefect.settings import PREFECT_SERVER_SERVICES_DB_VACUUM_RETENTION_PERIOD, temporary_settings

    age = dt.datetime.now(dt.UTC) - _start(before)
    return temporary_settings({PREFECT_SERVER_SERVICES_DB_VACUUM_RETENTION_PERIOD: age})


def _start(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), dt.UTC)


async def _count(before: dt.date) -> int:
    prepare()
    import sqlalchemy as sa
    from prefect.server.database import provide_database_interface

    database: Any = provide_database_interface()
    await database.create_db()
    async with database.session_context() as session:
        old = sa.select(sa.func.count()).where(database.FlowRun.end_time < _start(before))
        return int((await session.execute(old)).scalar_one())


async def _forget() -> None:
    from prefect.server.database import provide_database_interface
    from prefect.server.services import db_vacuum

    database = provide_database_interface()
    for clean in (
        db_vacuum.vacuum_old_flow_runs,
        db_vacuum.vacuum_orphaned_logs,
        db_vacuum.vacuum_orphaned_artifacts,
        db_vacuum.vacuum_stale_artifact_collections,
    ):
        await clean(db=database)
