"""Files that would fill the memory are refused before they are read."""

from __future__ import annotations

import gzip
from pathlib import Path

import polars as pl
import pytest

from data_schemas.errors import DataRefused
from pipeline.ingest import bounds
from pipeline.ingest.source_file import Source

HEADER = b"person_id,event_date,code\n"
ROW = b"a1,2024-01-01,195967001\n"


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same shares at a hundredth of the size, so that the test is quick."""
    monkeypatch.setattr(bounds, "ALWAYS_FITS", 500_000)


def rows(count: int) -> bytes:
    return b"".join(b"p%x,2024-01-%02d,%d\n" % (n * 7919, n % 28 + 1, n * 104729 % 10**9) for n in range(count))


def test_equal_rows_in_a_small_file_are_refused(tmp_path: Path) -> None:
    (tmp_path / "x.csv.gz").write_bytes(gzip.compress(HEADER + ROW * 400_000))
    with pytest.raises(DataRefused, match="unpacks to far more"):
        Source(tmp_path / "x.csv.gz").schema  # noqa: B018


def test_a_false_size_at_the_end_does_not_help(tmp_path: Path) -> None:
    packed = gzip.compress(HEADER + ROW * 400_000)
    (tmp_path / "x.csv.gz").write_bytes(packed[:-4] + (1000).to_bytes(4, "little"))
    with pytest.raises(DataRefused, match="unpacks to far more"):
        Source(tmp_path / "x.csv.gz").schema  # noqa: B018


def test_a_parquet_file_of_equal_rows_is_refused(tmp_path: Path) -> None:
    pl.DataFrame({"code": ["a"]}).select(pl.all().repeat_by(600_000).explode()).write_parquet(tmp_path / "x.parquet")
    with pytest.raises(DataRefused, match="unpacks to far more"):
        Source(tmp_path / "x.parquet").schema  # noqa: B018


@pytest.mark.parametrize("count", [0, 3, 60_000])
def test_an_extract_is_read(tmp_path: Path, count: int) -> None:
    (tmp_path / "x.csv.gz").write_bytes(gzip.compress(HEADER + rows(count)))
    pl.read_csv(HEADER + rows(count)).write_parquet(tmp_path / "x.parquet")
    assert Source(tmp_path / "x.csv.gz").schema.names() == Source(tmp_path / "x.parquet").schema.names()
