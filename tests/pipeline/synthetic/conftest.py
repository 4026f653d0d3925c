"""Fixtures: small boroughs, made once."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.synthetic import Mess, generate

CLEAN = Mess(0, 0, 0, 0, 0, 0, 0, 0)


@pytest.fixture(scope="session")
def messy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """6,000 people with the usual errors in their data, and more of the rare ones."""
    out = tmp_path_factory.mktemp("messy")
    generate(6_000, 7, out, workers=1, mess=Mess(impossible=0.002, dropouts=0.5))
    return out


@pytest.fixture(scope="session")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """6,000 people without errors in their data."""
    out = tmp_path_factory.mktemp("clean")
    generate(6_000, 7, out, workers=1, mess=CLEAN)
    return out
