"""Fixtures: every test of ingest starts from small, correct extracts."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.pipeline.ingest.extracts_on_disk import Extracts


@pytest.fixture
def extracts(tmp_path: Path) -> Extracts:
    return Extracts(tmp_path)
