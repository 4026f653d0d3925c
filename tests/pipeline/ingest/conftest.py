"""Every test of ingest starts from small extracts that are in order."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.pipeline.ingest.extracts_on_disk import Extracts


@pytest.fixture
def extracts(tmp_path: Path) -> Extracts:
    return Extracts(tmp_path)
