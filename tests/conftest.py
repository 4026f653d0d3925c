"""Fixtures for all tests: servers without messages, and one Prefect harness."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from flows.environment import prepare

sys.path.insert(0, str(Path(__file__).parents[1]))
prepare()
os.environ["PREFECT_SERVER_LOGGING_LEVEL"] = "CRITICAL"
SHARED = Path(__file__).parents[2] / "shared"


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


@pytest.fixture(scope="session")
def prefect_harness() -> Iterator[None]:
    """One temporary Prefect server and database for all tests of flows."""
    from prefect.testing.utilities import prefect_test_harness

    with prefect_test_harness(server_startup_timeout=300):
        yield


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real test data next to the repository. Tests that need it are skipped if it is missing."""
    if not SHARED.exists():
        pytest.skip("../shared is absent: this test reads real test data from it")
    return SHARED
