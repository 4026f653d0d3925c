"""Features in small types have the same values, and are described, for numbers of every kind."""

import numpy as np
import polars as pl
from hypothesis import example, given, settings
from hypothesis import strategies as st

from data_schemas.narrow import BYTES, NUMBERS, SHORTS, narrow

whole = st.integers(-40000, 40000).map(float)
values = st.lists(
    st.one_of(st.just(np.nan), st.integers(0, 255).map(float), whole, st.floats(width=32, allow_nan=False)), max_size=40
)


@given(st.lists(values, max_size=5))
@example([[np.inf, -np.inf]])
@settings(max_examples=60)
def test_columns_hold_the_same_values_and_are_described_as_polars_does(rows):
    people = max(map(len, rows), default=0)
    matrix = np.full((len(rows), people), np.nan, np.float32)
    for n, row in enumerate(rows):
        matrix[n, : len(row)] = row
    narrowed, summary = narrow(matrix)
    for n, column in enumerate(narrowed.columns(matrix)):
        known = ~np.isnan(matrix[n])
        assert np.array_equal(column[known].astype(np.float32), matrix[n][known])
        assert not column[~known].any() or column.dtype == np.float32
        expected = pl.Series(matrix[n][known])
        assert summary.known[n] == len(expected)
        if len(expected):
            assert (summary.least[n], summary.greatest[n]) == (expected.min(), expected.max())
            with np.errstate(invalid="ignore"):  # infinity less infinity
                total = np.sum(matrix[n][known].astype(np.float64))
            assert np.isclose(summary.total[n], total, equal_nan=True)


def test_rows_may_have_room_between_them():
    wide = np.full((3, 64), 7.5, np.float32)
    wide[:, :10] = np.array([[1], [-300], [0.25]])
    narrowed, summary = narrow(wide[:, :10])
    assert narrowed.kind.tolist() == [BYTES, SHORTS, NUMBERS]
    assert summary.total.tolist() == [10, -3000, 2.5]


def test_zero_is_never_negative_in_a_description_as_after_it_was_narrowed():
    minus = np.array([[-0.0, 2], [-0.0, -0.0], [-0.0, 0.5], [-0.5, -0.0], [np.nan, np.nan]], np.float32)
    _, summary = narrow(minus)
    assert not np.signbit(summary.least[:3]).any()
    assert not np.signbit(summary.greatest[:4]).any()
    assert summary.least[3] == np.float32(-0.5)
    assert np.isnan(summary.least[4])
