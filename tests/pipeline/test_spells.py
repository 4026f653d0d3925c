"""Spells against hand-worked stays and a slow union-find of the contract's sentence."""

from __future__ import annotations

import datetime as dt
from itertools import combinations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.spells import known_before, number_spells, spells

START = dt.date(2024, 1, 1)
SCHEMA = {
    "person": pl.Int32,
    "provider_code": pl.String,
    "admission_date": pl.Date,
    "discharge_date": pl.Date,
    "episode_start": pl.Date,
    "episode_end": pl.Date,
    "episode_order": pl.Int64,
    "admission_method": pl.String,
    "discharge_method": pl.String,
    "diag_01": pl.String,
}


def day(number: int | None) -> dt.date | None:
    return None if number is None else START + dt.timedelta(days=number - 1)


def stay(admitted, discharged=None, **columns):
    row = {"person": 1, "admission_date": day(admitted), "discharge_date": day(discharged), "admission_method": "21"}
    for end in ("episode_start", "episode_end"):
        columns[end] = day(columns.get(end))
    return {"discharge_method": "1"} | row | columns


def table(*rows):
    return pl.DataFrame([{name: row.get(name) for name in SCHEMA} for row in rows], schema=SCHEMA)


def spans(*rows):
    joined = spells(table(*rows)).rows(named=True)
    return [((row["admission_date"] - START).days + 1, row["discharge_date"] and (row["discharge_date"] - START).days + 1)
            for row in joined]  # fmt: skip


def test_stays_apart_are_two_spells():
    assert spans(stay(1, 3), stay(10, 12)) == [(1, 3), (10, 12)]


def test_same_admission_date_is_one_spell():
    assert spans(stay(1, 3), stay(1, 5)) == [(1, 5)]


def test_same_episode_start_is_one_spell():
    assert spans(stay(1, 5, episode_start=5), stay(5, 9, episode_start=5)) == [(1, 9)]


def test_finished_discharge_then_admission_that_day_is_two_spells():
    assert spans(stay(1, 5), stay(5, 9)) == [(1, 5), (5, 9)]


@pytest.mark.parametrize("method", ["8", "9", "", None])
def test_unfinished_discharge_goes_on_in_the_episode_that_starts_when_it_ended(method):
    assert spans(stay(1, 5, discharge_method=method), stay(5, 9)) == [(1, 9)]


def test_unfinished_discharge_does_not_reach_over_a_gap():
    assert spans(stay(1, 5, discharge_method="8"), stay(6, 9)) == [(1, 5), (6, 9)]


def test_overlap_is_one_spell_and_reaches_through_a_long_stay():
    assert spans(stay(1, 20), stay(3, 4), stay(15, 30), stay(29, 31)) == [(1, 31)]


def test_no_discharge_is_still_in_and_takes_what_follows():
    assert spans(stay(1), stay(50, 52)) == [(1, None)]


def test_episodes_without_discharge_end_with_the_episode_before_the_last_has_one():
    episodes = [
        stay(1, None, episode_start=1, episode_end=3, discharge_method="8"),
        stay(1, 6, episode_start=3, episode_end=6),
        stay(40, 41, episode_start=40, episode_end=41),
    ]
    assert spans(*episodes) == [(1, 6), (40, 41)]


def test_an_episode_without_any_end_is_ended_by_the_one_after_it():
    for first, second in (({"episode_order": 1}, {"episode_order": 2}), ({"episode_start": 1}, {"episode_start": 3})):
        episodes = [stay(1, None, discharge_method="8", **first), stay(1, 6, **second), stay(40, 41)]
        assert spans(*episodes) == [(1, 6), (40, 41)]
        assert spans(episodes[0], stay(1, None, **second), episodes[2]) == [(1, None)]
    assert spans(stay(1), stay(1, 6), stay(40, 41)) == [(1, None)]


def test_providers_are_kept_apart_only_where_given():
    assert spans(stay(1, 5, provider_code="A"), stay(2, 6, provider_code="B")) == [(1, 5), (2, 6)]
    assert spans(stay(1, 5, provider_code="A"), stay(2, 6)) == [(1, 6)]
    assert spans(stay(1, 5, provider_code="A"), stay(2, 6, provider_code="B"), stay(3, 4)) == [(1, 6)]


def test_people_are_never_joined():
    assert spans(stay(1, 5), stay(2, 6, person=2)) == [(1, 5), (2, 6)]


def test_first_episode_gives_the_method():
    rows = [
        stay(1, 4, episode_order=2, admission_method="11", episode_start=2, episode_end=4),
        stay(1, None, episode_order=1, admission_method="21", episode_start=1, episode_end=2),
        stay(3, 9, episode_order=1, admission_method="31", diag_01="J44"),
    ]
    assert spells(table(*rows))["admission_method"].to_list() == ["21"]


@pytest.mark.parametrize("order", [1, None])
def test_of_two_stays_that_begin_on_one_day_the_one_that_ends_first_gives_the_method(order):
    admitted = stay(1, 1, episode_order=order, admission_method="2A", diag_01="J44")
    transferred = stay(1, 5, episode_order=order, admission_method="2B", diag_01="I50")
    for rows in (table(admitted, transferred), known_before(table(transferred, admitted), day(3))):
        assert spells(rows)["admission_method", "diagnosis"].rows() == [("2A", "J44")]


def test_columns_an_extract_does_not_have_may_be_left_out():
    rows = pl.DataFrame({"person": [1, 1], "admission_date": [day(1), day(9)], "admission_method": ["21", "21"]})
    assert spells(rows)["discharge_date"].to_list() == [None]


def test_a_discharge_on_the_as_of_date_looks_like_an_open_stay():
    rows = table(stay(1, 10, discharge_method="1", diag_01="J44"), stay(10, 12))
    known = spells(known_before(rows, day(10)))
    still_in = spells(known_before(table(stay(1, None, discharge_method=None)), day(10)))
    assert known.drop("diagnosis").equals(still_in.drop("diagnosis"))


def test_an_episode_that_begins_later_is_not_known():
    rows = table(
        stay(1, None, episode_start=1, episode_end=4, discharge_method="8"),
        stay(1, 9, episode_start=4, episode_end=9, discharge_method="1"),
    )
    assert known_before(rows, day(4)).height == 1
    assert known_before(rows, day(5)).height == 2
    assert spells(known_before(rows, day(5)))["discharge_date"].to_list() == [None]


# ---- against a slow oracle -------------------------------------------------------------------------------------------


def is_passed(row, rows):
    """Whether a later episode of the same stay tells how it went on."""
    if row["discharge_date"] or row["episode_end"]:
        return False
    stay_of = lambda r: (r["person"], r["provider_code"], r["admission_date"])  # noqa: E731
    siblings = [other for other in rows if stay_of(other) == stay_of(row)]
    key = "episode_start" if row["episode_order"] is None else "episode_order"
    return row[key] is not None and any(other[key] and other[key] > row[key] for other in siblings)


def span_of(row):
    """(admitted, starts, unfinished on, ends) as the module's docstring has them; ends is None for an open stay."""
    admitted, discharged = row["admission_date"], row["discharge_date"]
    begun = max(admitted, row["episode_start"] or admitted)
    ends = discharged or (max(row["episode_end"], begun) if row["episode_end"] else None)
    if row.get("passed"):
        ends = begun
    starts = min(begun, ends) if ends else begun
    finished = row["episode_end"] or discharged
    if finished:
        finished = min(max(finished, starts), ends)
    unfinished = finished if row["discharge_method"] in (None, "", "8", "9") else None
    return admitted, starts, unfinished, ends or dt.date.max


def linked(a, b):
    if a["person"] != b["person"]:
        return False
    if a["provider_code"] and b["provider_code"] and a["provider_code"] != b["provider_code"]:
        return False
    (admitted_a, starts_a, unfinished_a, ends_a), (admitted_b, starts_b, unfinished_b, ends_b) = span_of(a), span_of(b)
    same_start = a["episode_start"] and b["episode_start"] and starts_a == starts_b
    follows = unfinished_a == starts_b or unfinished_b == starts_a
    first, second = sorted([(admitted_a, ends_a), (admitted_b, ends_b)])
    overlaps = first[0] < second[0] < first[1]
    return admitted_a == admitted_b or same_start or follows or overlaps


def oracle(rows):
    rows = [row | {"passed": is_passed(row, rows)} for row in rows]
    parent = list(range(len(rows)))

    def root(i):
        while parent[i] != i:
            i = parent[i]
        return i

    for i, j in combinations(range(len(rows)), 2):
        if linked(rows[i], rows[j]):
            parent[root(i)] = root(j)
    groups = {}
    for i in range(len(rows)):
        groups.setdefault(root(i), set()).add(i)
    return {frozenset(group) for group in groups.values()}


@st.composite
def episodes(draw):
    admitted = draw(st.integers(1, 12))
    a, b, c = sorted(draw(st.lists(st.integers(admitted, 14), min_size=3, max_size=3)))
    if draw(st.integers(0, 9)) == 0:
        a, b = b, a  # dates in an order that should not be
    some = lambda value: draw(st.sampled_from([value, value, None]))  # noqa: E731
    return stay(
        admitted,
        some(c),
        person=draw(st.integers(1, 2)),
        provider_code=draw(st.sampled_from(["A", "A", "B", None])),
        episode_start=some(a),
        episode_end=some(b),
        episode_order=draw(st.sampled_from([1, 2, None])),
        discharge_method=draw(st.sampled_from(["1", "1", "8", "", None])),
    )


@settings(max_examples=400, deadline=None)
@given(st.lists(episodes(), max_size=8))
def test_spells_are_those_of_the_oracle(rows):
    numbered = number_spells(table(*rows).with_columns(position=pl.int_range(pl.len())))
    found = {frozenset(group) for group in numbered.group_by("spell").agg("position")["position"].to_list()}
    assert found == oracle([dict(row) for row in rows])


@settings(max_examples=100, deadline=None)
@given(st.lists(episodes(), max_size=8), st.randoms())
def test_the_order_of_rows_does_not_matter(rows, random):
    shuffled = random.sample(rows, len(rows))
    assert spells(table(*rows)).drop("spell").equals(spells(table(*shuffled)).drop("spell"))
