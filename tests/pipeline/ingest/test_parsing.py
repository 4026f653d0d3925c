"""How texts are parsed, and texts that cannot be parsed."""

from __future__ import annotations

import datetime as dt
from contextlib import suppress

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_schemas.tables import TABLES
from pipeline.ingest.iso_dates import iso_dates
from pipeline.ingest.parsing import ISO, Parsed, days, number

D = dt.date


def read(text: str, *formats: str) -> dt.date | None:
    return pl.DataFrame({"text": [text]}).select(days(pl.col("text"), formats)).item()


@pytest.mark.parametrize(
    "text",
    [
        "2019-05-01",
        "20190501",
        "2019-05-01T10:15",
        "2019-05-01 10:15:59",
        "2019-05-01T00:00:00Z",
        "2019-05-01 10:15:59.123 UTC",
        "2019-05-01T23:59:59.9+01:00",
    ],
)
def test_iso_dates_with_or_without_a_time_are_cut_to_their_day(text):
    assert read(text) == D(2019, 5, 1)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "01/05/2019",
        "2019-02-30",
        "2019-13-01",
        "2019-05",
        "2019-05-01x",
        "201905011",
        "5 May 2019",
        "43586",
    ],
)
def test_other_texts_are_no_iso_dates(text):
    assert read(text) is None


@pytest.mark.parametrize(
    ("text", "formats", "day"),
    [
        ("01/05/2019", ["%d/%m/%Y"], D(2019, 5, 1)),
        ("2019-05-01", ["%d/%m/%Y"], D(2019, 5, 1)),
        ("01/05/2019 10:15", ["%d/%m/%Y", "%d/%m/%Y %H:%M"], D(2019, 5, 1)),
        ("052019", ["%m%Y"], D(2019, 5, 1)),
        ("2019-05", ["%Y-%m"], D(2019, 5, 1)),
        ("05/13/2019", ["%d/%m/%Y"], None),
    ],
)
def test_formats_are_tried_in_order_and_iso_last(text, formats, day):
    assert read(text, *formats) == day


def test_texts_in_another_form_are_read_among_usual_ones():
    texts = ["2019-05-01", None, "20190502", "2019-05-03T10:15", "soon", "2019-5-4", ""]
    read = [D(2019, 5, 1), None, D(2019, 5, 2), D(2019, 5, 3), None, D(2019, 5, 4), None]
    for formats in ([], ["%d/%m/%Y"], [ISO, "%d/%m/%Y"]):
        assert pl.DataFrame({"text": texts}).select(days(pl.col("text"), formats)).to_series().to_list() == read
    assert pl.DataFrame({"text": texts[:0]}, schema={"text": pl.String}).select(days(pl.col("text"))).is_empty()


SHAPED = st.from_regex(r"[0-9]{4}-[01][0-9]-[0-3][0-9x]", fullmatch=True) | st.dates().map(str)


@given(st.lists(SHAPED | st.none(), min_size=1))
def test_iso_dates_are_the_days_of_the_calendar(texts):
    def day(text: str | None) -> dt.date | None:
        with suppress(TypeError, ValueError):
            return D.fromisoformat(text)
        return None

    assert iso_dates(pl.Series(texts, dtype=pl.String)).to_list() == [day(text) for text in texts]


def test_a_text_that_became_missing_is_no_date():
    """Polars keeps the bytes of a text that a condition leaves out."""
    texts = pl.DataFrame({"text": ["2019-05-01", "2019-05-02", None], "is_kept": [True, False, True]})
    emptied = texts.with_columns(pl.when("is_kept").then("text").alias("text"))
    assert emptied.select(days(pl.col("text"))).to_series().to_list() == [D(2019, 5, 1), None, None]


@given(st.dates(D(1850, 1, 1), D(2199, 12, 31)), st.sampled_from(["%Y-%m-%d", "%d/%m/%Y", "%Y%m%d", "%d-%b-%Y"]))
def test_a_date_that_is_written_is_read_again(day, date_format):
    assert read(day.strftime(date_format), date_format) == day


def column(table: str, name: str, values: list[object], nulls: tuple[dt.date, ...] = ()) -> list[tuple[object, bool]]:
    frame = pl.DataFrame({name: values})
    parsed = Parsed(name, TABLES[table].columns()[name], frame.schema[name], (), nulls)
    assert parsed.read is not None
    assert parsed.unreadable is not None
    return frame.with_columns(parsed.read).select(value=parsed.value, unreadable=parsed.unreadable).rows()


def test_years_before_1850_are_unreadable_but_where_the_source_means_nothing_by_them():
    values = ["0019-05-01", "1801-01-01", "1582-10-15", "1850-01-01", None, "9999-12-31"]
    assert column("admissions", "discharge_date", values, (D(1801, 1, 1),)) == [
        (None, True), (None, False), (None, True), (D(1850, 1, 1), False), (None, False), (D(9999, 12, 31), False),
    ]  # fmt: skip


def test_typed_dates_are_judged_like_texts():
    assert column("admissions", "discharge_date", [D(1, 1, 1), D(2019, 5, 1), None]) == [
        (None, True),
        (D(2019, 5, 1), False),
        (None, False),
    ]


def test_a_month_may_be_written_without_its_day():
    assert column("registrations", "birth_month", ["1950-02", "1950-02-01"]) == [(D(1950, 2, 1), False)] * 2


@pytest.mark.parametrize(
    ("text", "value"),
    [("1.5", 1.5), ("-2", -2.0), ("1e3", 1000.0), ("1,200", None), ("<5", None), ("negative", None), ("0x10", None)],
)
def test_numbers(text, value):
    assert pl.DataFrame({"n": [text]}).select(number(pl.col("n"), pl.Float64())).item() == value


@pytest.mark.parametrize(
    ("text", "value"), [("5", 5), ("5.0", 5), ("5.5", None), ("1e20", None), ("inf", None), ("", None)]
)
def test_whole_numbers(text, value):
    assert pl.DataFrame({"n": [text]}).select(number(pl.col("n"), pl.Int64())).item() == value
