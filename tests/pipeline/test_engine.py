"""Which engines there are; what they compute is tested in `tests/spec`."""

from __future__ import annotations

import sys
import time

import pytest

from data_schemas.errors import ConfigurationError
from pipeline.engine import Polars, engine_of


def test_polars_is_there():
    assert isinstance(engine_of("polars"), Polars)


@pytest.mark.parametrize(("limit", "most"), [(None, 2), (1, 1)])
def test_near_a_limit_of_memory_buckets_go_one_by_one(limit, most):
    at_work, seen = set(), []

    def step(number):
        at_work.add(number)
        time.sleep(0.02)
        seen.append(len(at_work))
        at_work.discard(number)
        return str(number)

    assert engine_of("polars", limit).each(step, 6) == [str(number) for number in range(6)]
    assert max(seen) == most


def test_an_unknown_engine_is_reported_with_what_is_accepted():
    with pytest.raises(ConfigurationError, match="found 'dask'; accepted: polars, spark"):
        engine_of("dask")


def test_spark_that_is_not_installed_says_how_to_install_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyspark", None)
    monkeypatch.setitem(sys.modules, "pyspark.sql", None)
    with pytest.raises(ConfigurationError, match=r"install neighbourly\[spark\] and Java 17"):
        engine_of("spark")
