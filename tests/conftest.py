"""Shared by all tests: quiet servers, and the one Prefect harness."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from flows.environment import prepare

sys.path.insert(0, str(Path(__file__).parents[1]))
prepare()
os.environ["PREFECT_SERVER_LOGGING_LEVEL"] = "CRITICAL"
SHARED = Path(__file__).parents[2] / "shared"


@pytest.fixture(scope="session")
def prefect_harness() -> Iterator[None]:
    """One temporary Prefect server and database for all tests of flows."""
    from prefect.testing.utilities import prefect_test_harness

    with prefect_test_harness(server_startup_timeout=120):
        yield


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real test data beside the repository; tests that need it skip where it is absent."""
    if not SHARED.exists():
        pytest.skip("../shared is absent: this test reads real test data from it")
    return SHARED
