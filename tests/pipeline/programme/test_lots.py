"""The list's own lottery, read from the ledger, as a trial."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl
import pytest

from data_schemas.errors import ConfigurationError
from pipeline.ledger import entries
from pipeline.programme.lots import listed, lottery

PEOPLE = pl.DataFrame({"person": [0, 1], "person_id": ["a", "b"]}, schema_overrides={"person": pl.Int32})


def lots(*drawn: tuple[str, bool, float], month: int = 1) -> pl.DataFrame:
    rows = pl.DataFrame(drawn, schema=["person_id", "drawn", "probability"], orient="row")
    as_of = dt.date(2025, month, 1)
    return rows.with_columns(
        as_of=pl.lit(as_of), released_on=pl.lit(as_of + dt.timedelta(days=5)), cluster_code=pl.lit("C1"), stratum=pl.lit("C1-1"),
        risk=pl.lit(0.3),
    )  # fmt: skip


def test_everyone_in_it_counts_by_the_probability_of_their_lot(tmp_path: Path) -> None:
    entries.record_lots(tmp_path, lots(("a", True, 0.25), ("b", False, 0.25), ("gone", True, 0.25)))
    entries.record_lots(tmp_path, lots(("a", False, 0.5), month=2))
    found = lottery(tmp_path, PEOPLE)
    assert found.people.select("person", "offered", "weight", "group").rows() == [
        (0, True, 4.0, 0), (1, False, pytest.approx(4 / 3), 1), (0, False, 2.0, 0),
    ]  # fmt: skip
    assert found.people["start_date"].to_list() == [dt.date(2025, 1, 6), dt.date(2025, 1, 6), dt.date(2025, 2, 6)]
    assert [notice.name for notice in found.notices] == ["lots_gone"]


def test_without_a_recorded_lottery_or_release_there_is_nothing_to_judge(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"\[lists\] lottery"):
        lottery(tmp_path, PEOPLE)
    with pytest.raises(ConfigurationError, match="no list has been released"):
        listed(tmp_path, PEOPLE)
