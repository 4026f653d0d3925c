"""Which engines there are; what they compute is tested in `tests/spec`."""

from __future__ import annotations

import sys

import pytest

from data_schemas.errors import ConfigurationError
from pipeline.engine import Polars, engine_of


def test_polars_is_there():
    assert isinstance(engine_of("polars"), Polars)


def test_an_unknown_engine_is_told_with_what_is_accepted():
    with pytest.raises(ConfigurationError, match="found 'dask'; accepted: polars, spark"):
        engine_of("dask")


def test_spark_that_is_not_installed_says_how_to_install_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyspark", None)
    monkeypatch.setitem(sys.modules, "pyspark.sql", None)
    with pytest.raises(ConfigurationError, match=r"install neighbourly\[spark\] and Java 17"):
        engine_of("spark")
