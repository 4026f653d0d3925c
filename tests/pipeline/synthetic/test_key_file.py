from __future__ import annotations

import datetime as dt
import itertools

import polars as pl
from stdnum.gb import nhs

from pipeline.synthetic.key_file import nhs_numbers, write_key_file

ON = dt.date(2026, 4, 1)


def test_nhs_numbers_are_valid_of_the_range_for_tests_and_none_twice():
    numbers = list(itertools.islice(nhs_numbers(), 500))
    assert all(nhs.is_valid(number) and number.startswith("999") for number in numbers)
    assert len(set(numbers)) == 500


def test_the_key_file_has_who_is_registered_that_day_and_is_for_its_owner(tmp_path):
    pl.DataFrame(
        {
            "person_id": ["left", "here", "elsewhere", "later", "twice", "twice"],
            "practice_code": ["A", "A", "B", "A", "A", "A"],
            "registered_from": [
                dt.date(2020, 1, 1),
                dt.date(2020, 1, 1),
                dt.date(2020, 1, 1),
                dt.date(2026, 5, 1),
                dt.date(2019, 1, 1),
                dt.date(2021, 1, 1),
            ],
            "registered_to": [dt.date(2026, 4, 1), None, None, None, None, None],
        }
    ).write_parquet(tmp_path / "registrations.parquet")
    path = tmp_path / "practice" / "key.csv"
    assert write_key_file(tmp_path / "registrations.parquet", "A", ON, path) == 2
    written = pl.read_csv(path, infer_schema=False)
    assert written["person_id"].to_list() == ["here", "twice"]
    assert written["nhs_number"].is_unique().all()
    assert written["name"].str.split(" ").list.len().to_list() == [2, 2]
    assert path.stat().st_mode & 0o077 == 0
