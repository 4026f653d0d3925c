"""Fixtures: a prepared run on disk, as in the tests of flows."""

from tests.flows.conftest import out

__all__ = ["out"]
