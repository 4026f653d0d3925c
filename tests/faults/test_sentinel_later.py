"""While models are trained and lists are published, no content of a record is in the terminal, Prefect's or MLflow's
database, the report or any page without person rows."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from unittest.mock import patch

import polars as pl
import pytest
from prefect.settings import PREFECT_API_URL

from data_schemas.errors import NeighbourlyError, RunFailed
from flows.cli import commands
from flows.cli.options import print_error
from flows.guard import guarded
from tests.faults.small import small
from tests.faults.test_sentinel import PERSON, no_room, prefects

pytestmark = pytest.mark.usefixtures("prefect_harness")
ROWS = ("risk-list.*", "also-consider.*", "prevention.*", "practices.*")
"""Files of lists with rows about people, which the cluster's team receives after approval."""
HERE = "import polars as pl, sys; row = pl.read_parquet(sys.argv[1])['person_id'][0]"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small borough that trains in seconds. Every pseudonym in it is a sentinel."""
    folder = tmp_path_factory.mktemp("later")
    small(folder)
    for path in [*(folder / "extracts").glob("*.parquet"), folder / "truth.parquet"]:
        table = pl.read_parquet(path)
        if "person_id" in table.columns:
            table.with_columns(pl.concat_str(pl.lit(PERSON), "person_id").alias("person_id")).write_parquet(path)
    assert run(folder, commands.snapshot) is None
    shutil.copytree(folder, untrained(folder))
    return folder


def untrained(site: Path) -> Path:
    """A copy of the site where no model has been trained, so that a command has to train."""
    return site.with_name(f"{site.name}-untrained")


def run(site: Path, command: Callable[[], object]) -> NeighbourlyError | None:
    """Run a command as the command line does, and return the text that it would print."""
    options = {"config": str(site / "site.toml"), "out": str(site / "out")}
    try:
        guarded("command line", lambda: commands.execute(command, options))
    except NeighbourlyError as error:
        print_error(error)
        return error
    return None


def found_in(site: Path, said: str) -> list[str]:
    """List files that contain the sentinel, except for tables of people and files of lists."""
    files = [path for path in (site / "out").rglob("*") if path.is_file() and path.suffix != ".parquet"]
    files = [path for path in files if "delivered" not in path.parts and not any(path.match(name) for name in ROWS)]
    found = [path.name for path in (*files, *prefects()) if PERSON.encode() in path.read_bytes()]
    return [*found, *(["the terminal"] if PERSON in said else [])]


def row_of(site: Path) -> str:
    """Read a record in the form in which a library would quote it."""
    return str(pl.read_parquet(site / "extracts" / "admissions-0000.parquet").row(0))


KINDS: dict[str, Callable[[str], object]] = {
    "error": lambda row: _raise(ValueError(row)),
    "panic": lambda row: _raise(pl.exceptions.PanicException(row)),
    "exit": lambda row: _raise(SystemExit(row)),
    "key": lambda row: {}[row],
    "cast": lambda row: pl.Series([row]).cast(pl.Int64),
}
TRAINING = [
    *(("models.train.fit", kind) for kind in KINDS),
    ("models.registry.runs.log_metrics", "error"),
    ("flows.training.document", "panic"),
]
PUBLISHING = [
    *(("flows.run.scored_cohort", kind) for kind in KINDS),
    ("models.score.score", "error"),
    ("flows.run.contributions_before", "cast"),
    ("pipeline.publish.overview.borough", "panic"),
]
"""Functions, and how each fails."""


def _raise(error: BaseException) -> None:
    raise error


def forget_scores(site: Path) -> None:
    """Have the next command score again."""
    for receipt in (site / "out" / "store" / "receipts").glob("score-*"):
        receipt.unlink()


@contextlib.contextmanager
def failing(place: str, kind: str, row: str) -> Iterator[None]:
    """Make a function fail while it handles a record."""
    with patch(place, lambda *_, **__: KINDS[kind](row)):
        yield


@pytest.mark.parametrize(("place", "kind"), TRAINING)
def test_nothing_of_a_record_is_shown_when_training_fails(
    site: Path, place: str, kind: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with failing(place, kind, row_of(site)):
        assert isinstance(run(site, commands.train), RunFailed)
    said = capfd.readouterr()
    assert found_in(site, said.out + said.err) == []


def test_nor_when_the_disk_is_full_while_it_trains(site: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with no_room(20_000):
        assert isinstance(run(site, commands.train), RunFailed)
    said = capfd.readouterr()
    assert found_in(site, said.out + said.err) == []


KILLED = """
import os, signal, sys
import polars as pl
row = str(pl.read_parquet(sys.argv.pop(1)).row(0))
from unittest.mock import patch
from flows.cli import main
with patch(sys.argv.pop(1), lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL)):
    main()
"""


@pytest.mark.parametrize(
    ("place", "command"), [("models.train.fit", "train"), ("pipeline.publish.overview.borough", "publish")]
)
def test_nor_when_it_is_killed_with_a_record_in_its_hands(site: Path, place: str, command: str) -> None:
    site = untrained(site) if command == "train" else site
    record = site / "extracts" / "admissions-0000.parquet"
    options = ["--config", str(site / "site.toml"), "--out", str(site / "out")]
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, str(record), place, command, *options],
        env={**os.environ, "PREFECT_API_URL": str(PREFECT_API_URL.value())}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert killed.returncode == -signal.SIGKILL
    assert found_in(site, killed.stdout + killed.stderr) == []


@pytest.mark.parametrize(("place", "kind"), PUBLISHING)
def test_nothing_of_a_record_is_shown_when_publishing_fails(
    site: Path, place: str, kind: str, capfd: pytest.CaptureFixture[str]
) -> None:
    forget_scores(site)
    with failing(place, kind, row_of(site)):
        assert isinstance(run(site, commands.publish), RunFailed)
    said = capfd.readouterr()
    assert found_in(site, said.out + said.err) == []


def test_it_publishes_when_nothing_is_wrong_and_shows_rows_on_lists_alone(
    site: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(site, commands.publish) is None
    said = capfd.readouterr()
    assert found_in(site, said.out + said.err) == []
    [page] = [*(site / "out").glob("*/lists/*/risk-list.html")][:1]
    assert PERSON in page.read_text()
