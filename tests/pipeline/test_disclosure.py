from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import disclosure


@pytest.mark.parametrize(
    ("count", "printed"),
    [(0, "0"), (1, "*"), (7, "*"), (8, "10"), (12, "10"), (13, "15"), (1234, "1,235"), (62, "60"), (63, "65")],
)
def test_the_rule(count, printed):
    assert disclosure.shown(disclosure.protect(count)) == printed


def test_percentages_and_rates_come_from_the_rounded_counts():
    assert disclosure.percentage(disclosure.protect(33), disclosure.protect(98)) == "35%"  # 35 of 100
    assert disclosure.percentage(disclosure.protect(3), 100) == "*"
    assert disclosure.percentage(0, 0) == "*"
    assert disclosure.percentage(0, 1000) == "0%"
    assert disclosure.percentage(10, 2000) == "under 1%"
    assert disclosure.rate(disclosure.protect(33), disclosure.protect(998)) == 35.0
    assert disclosure.rate(None, 100) is None


def test_a_lone_hidden_count_takes_the_next_smallest_of_its_row_and_column_with_it():
    table = disclosure.protect_table({"north": [3, 50, 900], "south": [80, 60, 700], "west": [40, 90, 800]})
    # 3 is hidden; then 50 in its row, 40 in its column; then north's 50 needs 60 below it, and south's row and west's row follow
    assert table["north"][:2] == [None, None]
    assert table["west"][0] is None
    for line in [*table.values(), *zip(*table.values(), strict=True)]:
        assert list(line).count(None) != 1


def test_zero_is_shown_and_a_line_with_nothing_else_to_hide_is_left():
    assert disclosure.protect_table({"a": [5, 0, 0]}) == {"a": [None, 0, 0]}


@given(
    st.integers(1, 5).flatmap(
        lambda width: st.lists(st.lists(st.integers(0, 40), min_size=width, max_size=width), min_size=1, max_size=5)
    )
)
def test_no_hidden_count_follows_from_the_totals_and_the_other_counts(cells):
    table = disclosure.protect_table({str(row): counts for row, counts in enumerate(cells)})
    lines = [(cells[int(row)], counts) for row, counts in table.items()]
    if len(cells) > 1:
        lines += [
            ([row[c] for row in cells], [table[str(r)][c] for r in range(len(cells))]) for c in range(len(cells[0]))
        ]
    for true, shown in lines:
        assert all(value is None for value, count in zip(shown, true, strict=True) if 1 <= count <= 7)
        assert all(value is None or abs(value - count) <= 2 for value, count in zip(shown, true, strict=True))
        if shown.count(None) == 1 and len(shown) > 1:
            assert sum(true) <= 7  # the total is hidden too


def test_a_zero_is_hidden_only_where_there_is_nothing_else():
    assert disclosure.protect_table({"a": [1, 50], "b": [8, 0]}) == {"a": [None, None], "b": [None, None]}
