"""A purge removes old data everywhere. Data that are not about people, and the audit log, stay."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from data_schemas.errors import ConfigurationError
from flows.purge import days, purge
from pipeline.ledger import delivered
from pipeline.release import audit, review

TODAY = dt.datetime.now(dt.UTC).date()
OLD, NEW = TODAY - dt.timedelta(days=800), TODAY - dt.timedelta(days=20)
OLD_PERSON, NEW_PERSON = "old-person-9434765919", "new-person-9434765919"


@pytest.fixture(autouse=True)
def no_prefect(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Prefect has no records on this machine, unless a test makes some."""
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path_factory.mktemp("no-prefect")))


@pytest.fixture
def aged(tmp_path: Path) -> Path:
    """An output folder with an old and a new run, and every kind of data about people."""
    for day, person in ((OLD, OLD_PERSON), (NEW, NEW_PERSON)):
        frame = pl.DataFrame({"person_id": [person]})
        for place in (
            f"{day}/scores.parquet", f"{day}/lists/C1/risk-list.parquet", f"released/C1/{day}/risk-list.parquet",
            f"store/scores/{day}-abc.parquet", f"store/contributions/{day}-abc.parquet", f"store/bed-days/{day}-abc.parquet",
            f"store/influence/{day}-365.parquet",
            f"store/snapshots/{day}-abc/cohort.parquet", f"store/snapshots/{day}-abc-without-opted-out/cohort.parquet",
        ):  # fmt: skip
            (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
            frame.write_parquet(tmp_path / place)
        for name in ("report.json", "manifest.json", "model-card.md"):
            (tmp_path / str(day) / name).write_text("{}")
    audit.append(tmp_path / "audit", "delivered", who="A. Lead", why="approved")
    return tmp_path


def people(folder: Path) -> set[str]:
    """List everybody with a row in any file of a folder."""
    return {person for path in folder.rglob("*.parquet") for person in pl.read_parquet(path)["person_id"]}


def test_nobody_old_is_left_anywhere_and_the_new_are(aged: Path) -> None:
    purge(aged, "2y", None, really=True)
    assert people(aged) == {NEW_PERSON}
    assert {path.name for path in (aged / "purged" / str(OLD)).iterdir()} == {"report.json", "model-card.md"}
    assert [entry.action for entry in audit.checked(aged / review.AUDIT)] == ["delivered", "purged"]


def test_first_it_only_shows(aged: Path) -> None:
    result = purge(aged, "2y", None, really=False)
    assert len(result["would_go"]) == 8
    assert people(aged) == {OLD_PERSON, NEW_PERSON}
    assert len(audit.checked(aged / review.AUDIT)) == 1


ENDED = """
import datetime as dt, asyncio, sys
from uuid import uuid4
from prefect.server.database import provide_database_interface as database
async def made(*ages):
    db = database()
    await db.create_db()
    async with db.session_context(begin_transaction=True) as session:
        flow = db.Flow(name="refresh")
        session.add(flow)
        await session.flush()
        for age in ages:
            ended = dt.datetime.now(dt.UTC) - dt.timedelta(days=age)
            run = db.FlowRun(flow_id=flow.id, state_type="COMPLETED", state_name="Completed", end_time=ended)
            session.add(run)
            await session.flush()
            session.add(db.Log(name="x", level=20, message=f"log {age}", timestamp=ended, flow_run_id=run.id))
asyncio.run(made(800, 900, 20))
from pathlib import Path
from flows.purge import purge
print(*[purge(Path(sys.argv[1]), "2y", None, really=really) for really in (False, True)])
"""


def test_prefects_old_runs_go_with_their_logs(
    aged: Path, monkeypatch: pytest.MonkeyPatch, prefect_database: Path
) -> None:
    home = aged.parent / "prefect"
    home.mkdir()
    shutil.copyfile(prefect_database, home / "prefect.db")
    monkeypatch.setenv("PREFECT_HOME", str(home))
    output = subprocess.run([sys.executable, "-c", ENDED, str(aged)], check=True, capture_output=True, text=True).stdout
    assert output.count("'prefect_runs': 2") == 2
    assert f"every old flow run in {home / 'prefect.db'}" in output
    with sqlite3.connect(home / "prefect.db") as database:
        assert database.execute("SELECT message FROM log").fetchall() == [("log 20",)]
        assert database.execute("SELECT count(*) FROM flow_run").fetchone() == (1,)


def test_what_a_cluster_was_last_given_goes_by_its_date(aged: Path) -> None:
    for day, folder, person in ((OLD, "C1", OLD_PERSON), (NEW, "C2", NEW_PERSON)):
        delivered.remember(aged / "store", folder, delivered.Held(str(day), str(day), delivered.Edition(), (person,)))
    purge(aged, "2y", None, really=False)
    assert delivered.held(aged / "store", "C1") is not None
    purge(aged, "2y", None, really=True)
    assert delivered.held(aged / "store", "C1") is None
    assert delivered.held(aged / "store", "C2") is not None


def test_extracts_and_feedback_go_by_when_they_came(aged: Path) -> None:
    feedback, then = aged / "feedback", dt.datetime.combine(OLD, dt.time(), dt.UTC).timestamp()
    for path in (feedback / "old.csv", feedback / "new.csv", aged / "store" / "tables" / "x.parquet"):
        path.parent.mkdir(exist_ok=True)
        path.touch()
    os.utime(feedback / "old.csv", (then, then))
    purge(aged, "2y", feedback, really=True)
    assert [path.name for path in feedback.iterdir()] == ["new.csv"]
    os.utime(aged / "store" / "tables", (then, then))
    purge(aged, "2y", feedback, really=True)
    assert not (aged / "store" / "tables").exists()


@pytest.mark.parametrize(("age", "found"), [("2y", 730), ("18m", 540), ("12w", 84), ("90d", 90)])
def test_ages(age: str, found: int) -> None:
    assert days(age) == found


@pytest.mark.parametrize("age", ["", "2", "y", "-1y", "2 years", "0d"])
def test_what_is_not_an_age_is_wrong_usage(age: str) -> None:
    with pytest.raises(ConfigurationError, match="--older-than"):
        days(age)
