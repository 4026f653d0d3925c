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
    # 3 is hidden; then 50 in its row, 40 in its column; then north's 50 needs 60 below it, and south's row and west's
    # row follow
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


def test_a_total_is_the_sum_of_what_is_shown_of_its_parts():
    assert disclosure.total([33, 98, 0], [35, 100, 0]) == 135
    assert disclosure.total([3, 2], [None, None]) is None
    assert disclosure.protect_line({"a": 12, "b": 13, "c": 0}) == ({"a": 10, "b": 15, "c": 0}, 25)
    assert disclosure.protect_line({"a": 12, "b": 90, "c": 400}, few=["a"]) == ({"a": None, "b": None, "c": 400}, 500)


@pytest.mark.parametrize(
    ("counts", "everyone"),
    [
        ([3, 90], 95),
        ([1, 90], 95),
        ([7, 90], 95),
        ([4, 4], 10),
        ([7, 7], 10),
        ([1, 1, 60], 65),
        ([7, 7, 7, 7], 25),
        ([1] * 9, 15),
    ],
)
def test_hidden_counts_never_make_up_a_total_in_one_way_only(counts, everyone):
    assert disclosure.total(counts, [disclosure.protect(count) for count in counts]) == everyone


@given(st.lists(st.integers(0, 30), min_size=2, max_size=6))
def test_a_total_tells_nothing_that_its_parts_do_not(counts):
    shown, everyone = disclosure.protect_line({str(n): count for n, count in enumerate(counts)})
    hidden = [count for count, one in zip(counts, shown.values(), strict=True) if one is None]
    if everyone is not None:
        together = everyone - sum(one for one in shown.values() if one is not None)
        assert together % 5 == 0
        assert (together == 0) == (not hidden)
        assert together > len(hidden) or not hidden


@pytest.mark.parametrize(
    ("people", "printed"),
    [
        (8, "+0"),
        (20, "+20"),
        (30, "+10"),
        (60, "+10"),
        (100, "+10"),
        (200, "+12"),
        (400, "+12"),
        (900, "+12.5"),
        (3000, "+12.3"),
        (40_000, "+12.34"),
    ],
)
def test_rates_are_coarser_the_fewer_the_people(people, printed):
    assert disclosure.per_hundred(12.345, people, sign=True) == printed


@given(st.integers(8, 20_000), st.data())
def test_no_printed_rate_fits_a_single_count(people, data):
    events = data.draw(st.integers(8, people))
    printed = disclosure.per_hundred(100 * events / people, people)
    others = [
        n
        for n in range(max(0, events - 5), min(events + 5, people) + 1)
        if disclosure.per_hundred(100 * n / people, people) == printed
    ]
    assert len(others) > 1
