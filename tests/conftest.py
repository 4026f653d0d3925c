"""Fixtures for all tests: servers without messages, and one Prefect harness."""

from __future__ import annotations

import gc
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from flows.environment import prepare

if TYPE_CHECKING:
    from xdist.remote import Producer

    from models.judging.record import Evaluation
    from tests.scheduling import Scheduling

sys.path.insert(0, str(Path(__file__).parents[1]))
prepare()
os.environ["PREFECT_SERVER_LOGGING_LEVEL"] = "CRITICAL"
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
    """Take the modules of all tests out of the sight of the garbage collector: each step of a run calls it."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def make_database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Path, Path], None]]:
    """Make MLflow's empty database once and copy it, because this takes seconds. Returns the function that really makes
    one."""
    from models.registry import database

    made = database._make
    empty = tmp_path_factory.mktemp("empty") / "mlflow.db"

    def copied(path: Path, out: Path) -> None:
        if not empty.exists():
            made(empty, out)
        shutil.copyfile(empty, path)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(database, "_make", copied)
        yield made


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
def few_pictures() -> Iterator[None]:
    """Trainings draw two pictures of an evaluation: all of them take as long as a fit. `test_end_to_end` draws all."""
    from models.documents import plots
    from models.registry import runs

    def draw(evaluation: Evaluation, folder: Path, wanted: Sequence[str] = ("calibration", "subgroups")) -> list[Path]:
        return plots.draw(evaluation, folder, wanted)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runs, "plots", SimpleNamespace(draw=draw))
        yield


@pytest.fixture(scope="session")
def prefect_harness() -> Iterator[None]:
    """One temporary Prefect server and database for all tests of flows. A step that failed is tried again at once."""
    from prefect.testing.utilities import prefect_test_harness

    with prefect_test_harness(server_startup_timeout=300), pytest.MonkeyPatch.context() as patch:
        patch.setattr("flows.tasks.RETRY_SECONDS", 0)
        yield


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real test data next to the repository. Tests that need it are skipped if it is missing."""
    if not SHARED.exists():
        pytest.skip("../shared is absent: this test reads real test data from it")
    return SHARED
