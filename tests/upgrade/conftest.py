"""A prepared run on disk, as the tests of flows have it."""

from tests.flows.conftest import out

__all__ = ["out"]
