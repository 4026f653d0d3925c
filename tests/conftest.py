"""Fixtures for all tests: servers without messages, and one Prefect harness."""

from __future__ import annotations

import asyncio
import gc
import os
import shutil
import ssl
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from filelock import FileLock
from hypothesis import HealthCheck, settings

from flows.environment import prepare

if TYPE_CHECKING:
    from xdist.remote import Producer

    from models.judging.record import Evaluation
    from tests.scheduling import Scheduling

sys.path.insert(0, str(Path(__file__).parents[1]))
prepare()
os.environ["PREFECT_SERVER_LOGGING_LEVEL"] = "CRITICAL"
# No test fails because a machine is slow or because compiled code is loaded in its first example.
# Examples may share a fixture, because each one writes all that it reads.
UNCHECKED = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
settings.register_profile("untimed", deadline=None, suppress_health_check=UNCHECKED)
settings.load_profile("untimed")
SHARED = Path(__file__).parents[2] / "shared"


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Scheduling | None:
    """Keep files that share something expensive on one worker."""
    from tests.scheduling import Scheduling

    return Scheduling(config, log) if config.getvalue("dist") == "loadfile" else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Start the longest files first."""
    from tests.scheduling import place

    items.sort(key=lambda item: place(item.path))


def pytest_collection_finish() -> None:
    """Take the modules of all tests out of the sight of the garbage collector."""
    _out_of_sight()


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """Take what a file has imported out of the sight of the garbage collector too."""
    if nextitem is not None and nextitem.path != item.path:
        _out_of_sight()


def _out_of_sight() -> None:
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, Callable[[Path], object]], Path]:
    """A function that gives the path of a file. The first worker that asks for it makes it."""
    place = tmp_path_factory.getbasetemp()
    place = place.parent if "PYTEST_XDIST_WORKER" in os.environ else place

    def given(name: str, make: Callable[[Path], object]) -> Path:
        with FileLock(place / f"{name}.lock"):
            if not (place / name).exists():
                draft = place / f"draft-{name}"
                make(draft)
                draft.rename(place / name)
        return place / name

    return given


@pytest.fixture(scope="session", autouse=True)
def few_trees() -> Iterator[list[tuple[dict[str, Any], dict[str, Any]]]]:
    """Boosting has a fifth of its trees, and each moves the risk further: fitting takes most of the time of a run.
    Returns each candidate's settings with what they are for sites."""
    from models.learning import candidates

    fewer = ((candidates.TREES, 60, 0.15), (candidates.SMALL_TREES, 50, 0.12), (candidates.THEIR_TREES, 20, 0.3))
    shipped = [(settings, dict(settings)) for settings, *_ in fewer]
    with pytest.MonkeyPatch.context() as patch:
        for settings, trees, rate in fewer:
            number, _ = settings
            patch.setitem(settings, number, trees)
            patch.setitem(settings, "learning_rate", rate)
        yield shipped


@pytest.fixture(scope="session", autouse=True)
def few_folds() -> Iterator[int]:
    """Candidates are compared in three folds, as in a larger site. Returns up to how many rows there are five."""
    from models.learning import selection

    shipped = selection.SMALL_ROWS
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(selection, "SMALL_ROWS", 0)
        yield shipped


@pytest.fixture(scope="session", autouse=True)
def few_pictures() -> Iterator[None]:
    """Trainings draw two pictures of an evaluation: all of them take as long as a fit. `test_end_to_end` draws all."""
    from models.documents import plots
    from models.registry import runs

    def draw(evaluation: Evaluation, folder: Path, wanted: Sequence[str] = ("calibration", "subgroups")) -> list[Path]:
        return plots.draw(evaluation, folder, wanted)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runs, "plots", SimpleNamespace(draw=draw))
        yield


@pytest.fixture(scope="session", autouse=True)
def few_collections() -> Iterator[None]:
    """Steps do not look for garbage: with all tests and libraries in memory, a look takes as long as a small step."""
    from data_schemas import memory

    with pytest.MonkeyPatch.context() as patch:
        seldom = SimpleNamespace(collect=lambda: 0, freeze=gc.freeze, set_threshold=gc.set_threshold)
        patch.setattr(memory, "gc", seldom)
        yield


@pytest.fixture(scope="session")
def prefect_database(made_once: Callable[..., Path]) -> Path:
    """Prefect's database without rows, to be copied: its 100 migrations take 8 s."""
    return made_once("prefect.db", make_prefect_database)


def make_prefect_database(path: Path) -> None:
    """Make it as Prefect's server does when it starts."""
    from prefect.server.database.dependencies import provide_database_interface, temporary_database_interface
    from prefect.settings import PREFECT_SERVER_DATABASE_CONNECTION_URL, temporary_settings

    async def make() -> None:
        database = provide_database_interface()
        await database.create_db()
        await (await database.engine()).dispose()

    address = {PREFECT_SERVER_DATABASE_CONNECTION_URL: f"sqlite+aiosqlite:///{path}"}
    with temporary_database_interface(), temporary_settings(address):
        asyncio.run(make())


@pytest.fixture(scope="session")
def prefect_harness(prefect_database: Path) -> Iterator[None]:
    """One temporary Prefect server and database for all tests of flows. A step that failed is tried again at once, a
    flow that has ended does not wait up to a second for its heartbeat, and clients share the certificates."""
    from prefect.client import orchestration
    from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings
    from prefect.testing import utilities

    def made() -> str:
        folder = tempfile.mkdtemp()
        shutil.copyfile(prefect_database, Path(folder) / "prefect-test.db")
        return folder

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("flows.tasks.RETRY_SECONDS", 0)
        patch.setattr(utilities, "mkdtemp", made)
        once = cache(ssl.create_default_context)
        patch.setattr(orchestration, "ssl", SimpleNamespace(SSLContext=ssl.SSLContext, create_default_context=once))
        with (
            utilities.prefect_test_harness(server_startup_timeout=300),
            temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}),
        ):
            yield


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real test data next to the repository. Tests that need it are skipped if it is missing."""
    if not SHARED.exists():
        pytest.skip("../shared is absent: this test reads real test data from it")
    return SHARED


@pytest.fixture(scope="session")
def spark_session() -> Iterator[Any]:
    """A Spark session with two workers, without its web page."""
    sql = pytest.importorskip("pyspark.sql", reason="the spark extra is not installed")
    if shutil.which("java") is None:
        pytest.skip("Spark needs Java")
    os.environ["PYSPARK_PYTHON"] = sys.executable
    settings = {
        "spark.ui.enabled": "false",
        "spark.sql.shuffle.partitions": "1",
        "spark.driver.bindAddress": "127.0.0.1",
    }
    started = sql.SparkSession.builder.master("local[2]").config(map=settings).getOrCreate()
    started.sparkContext.setLogLevel("OFF")
    yield started
    started.stop()
