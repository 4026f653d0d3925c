"""Spells agree with examples worked out by hand and with a slow union-find that follows the contract."""

from __future__ import annotations

import datetime as dt
from itertools import permutations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.spells import OpenStays, known_before, number_spells, open_stays, spells

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


def test_same_episode_start_is_one_spell_while_the_stay_is_unfinished():
    first = stay(1, 5, episode_start=5)
    assert spans(first, stay(5, 9, episode_start=5)) == [(1, 5), (5, 9)]
    assert spans(first | {"discharge_method": "8"}, stay(5, 9, episode_start=5)) == [(1, 9)]
    assert spans(stay(1, None, discharge_method="8", episode_start=5), stay(5, 9, episode_start=5)) == [(1, 9)]


def test_a_new_admission_after_a_finished_discharge_of_the_same_day_is_a_new_spell():
    episodes = {"episode_order": 1, "episode_start": 1}
    assert spans(stay(1, 1), stay(1, 4)) == [(1, 1), (1, 4)]
    assert spans(stay(1, 1, episode_end=1, **episodes), stay(1, 1, episode_end=1, **episodes)) == [(1, 1), (1, 1)]
    assert spans(stay(1, 1, episode_order=1), stay(1, 1, episode_order=2)) == [(1, 1)]
    assert spans(stay(1, None, discharge_method="8", episode_end=1, **episodes), stay(1, 1, episode_order=2)) == [
        (1, 1)
    ]


def test_only_the_last_episode_of_a_stay_says_whether_it_is_finished():
    first = [stay(1, None, episode_order=1, episode_start=1, episode_end=5, discharge_method="8"),
             stay(1, 5, episode_order=2, episode_start=5, episode_end=5)]  # fmt: skip
    assert spans(*first, stay(5, 9, episode_order=1, episode_start=5)) == [(1, 5), (5, 9)]
    no_order = [row | {"episode_order": None} for row in first]
    assert spans(*no_order, stay(5, 9)) == [(1, 5), (5, 9)]


@pytest.mark.parametrize("method", ["2B", "81"])
def test_a_transfer_goes_on_in_the_same_spell_unless_it_is_to_another_provider(method):
    assert spans(stay(1, 5), stay(5, 9, admission_method=method)) == [(1, 9)]
    assert spans(stay(1, 1), stay(1, 9, admission_method=method)) == [(1, 9)]
    there = stay(5, 9, admission_method=method, provider_code="B")
    assert spans(stay(1, 5, provider_code="A"), there) == [(1, 5), (5, 9)]


def test_finished_discharge_then_admission_that_day_is_two_spells():
    assert spans(stay(1, 5), stay(5, 9)) == [(1, 5), (5, 9)]


@pytest.mark.parametrize("method", ["8", "9", "", None])
def test_unfinished_discharge_goes_on_in_the_episode_that_starts_when_it_ended(method):
    assert spans(stay(1, 5, discharge_method=method), stay(5, 9)) == [(1, 9)]


def test_unfinished_discharge_does_not_reach_over_a_gap():
    assert spans(stay(1, 5, discharge_method="8"), stay(6, 9)) == [(1, 5), (6, 9)]


def test_overlap_is_one_spell_and_reaches_through_a_long_stay():
    assert spans(stay(1, 20), stay(3, 4), stay(15, 30), stay(29, 31)) == [(1, 31)]


def test_a_stay_without_a_discharge_ends_at_the_next_admission_wherever():
    assert spans(stay(1)) == [(1, None)]
    assert spans(stay(1), stay(50, 52)) == [(1, 50), (50, 52)]
    assert spans(stay(1, provider_code="A"), stay(50, 52, provider_code="B"), stay(60)) == [
        (1, 50),
        (50, 52),
        (60, None),
    ]
    assert spans(stay(1, discharge_method=None), stay(50, discharge_method="8"), stay(60, 61)) == [
        (1, 50),
        (50, 60),
        (60, 61),
    ]


def test_a_stay_without_a_discharge_ends_by_the_longest_stay_of_the_site():
    rows = table(stay(1), stay(50)).with_columns(latest_end=pl.lit(day(31)))
    ends = [(row["admission_date"], row["discharge_date"]) for row in spells(rows[:1]).rows(named=True)]
    assert ends == [(day(1), day(31))]
    assert spells(known_before(rows[:1], day(31)))["discharge_date"].to_list() == [None]
    assert spells(known_before(rows[:1], day(32)))["discharge_date"].to_list() == [day(31)]


def test_open_stays_are_counted_by_what_ends_them():
    rows = table(stay(1), stay(50, 52), stay(60), stay(1, person=2), stay(1, None, episode_end=4, person=3))
    rows = rows.with_columns(latest_end=pl.when(person=2).then(day(31)))
    assert open_stays(rows.lazy(), day(400)) == OpenStays(by_next_admission=1, by_longest_stay=1, still_in=1)
    assert open_stays(rows.lazy(), day(20)) == OpenStays(by_next_admission=1, by_longest_stay=0, still_in=2)
    assert open_stays(table(stay(1, 2)).lazy(), day(9)) == OpenStays(0, 0, 0)


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
        assert spans(episodes[0], stay(1, None, **second), episodes[2]) == [(1, 40), (40, 41)]
    assert spans(stay(1), stay(1, 6), stay(40, 41)) == [(1, 6), (40, 41)]


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


@pytest.mark.parametrize("method", ["1", "8"])
def test_a_recorded_discharge_counts_before_one_assumed_for_the_same_day(method):
    recorded, assumed = stay(1, 3, discharge_method="1"), stay(2, discharge_method=method)
    for rows in permutations([recorded, assumed, stay(3, 9)]):
        first = spells(table(*rows)).row(0, named=True)
        assert (first["discharge_date"], first["assumed"], first["discharge_method"]) == (day(3), None, "1")


def test_columns_an_extract_does_not_have_may_be_left_out():
    rows = pl.DataFrame({"person": [1, 1], "admission_date": [day(1), day(9)], "admission_method": ["21", "21"]})
    assert spells(rows)["discharge_date"].to_list() == [day(9), None]


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


class Row:
    """One row joined to one of the person's providers, as the module's docstring says."""

    def __init__(self, number, row, provider):
        self.number, self.person, self.provider = number, row["person"], provider
        self.admitted, self.order, self.episode = row["admission_date"], row["episode_order"], row["episode_start"]
        begun = max(self.admitted, self.episode or self.admitted)
        self.ends = row["discharge_date"] or (max(row["episode_end"], begun) if row["episode_end"] else None)
        self.starts = min(begun, self.ends) if self.ends else begun
        left = row["episode_end"] or row["discharge_date"]
        self.left = min(max(left, self.starts), self.ends) if left else None
        self.finished = row["discharge_method"] not in (None, "", "8", "9")
        self.closes = self.finished and row["discharge_date"] == self.admitted
        self.transferred = row["admission_method"] in ("2B", "81")


def cut(rows):
    """The stays of one admission date, in order."""

    def place(row):
        alone = row.closes and row.order == 1
        return (
            row.ends or dt.date.max,
            0 if alone else 2 if row.closes else 1,
            row.order or 99,
            row.starts,
            row.number,
        )

    stays, before = [], None
    for row in sorted(rows, key=place):
        ordered = before is not None and before.order is not None and row.order is not None
        first = row.order <= before.order if ordered else row.order in (None, 1)
        if before is None or (before.closes and first and not row.transferred):
            stays.append([])
        stays[-1].append(row)
        before = row
    return stays


def is_passed(row, stay):
    if row.order is not None:
        later = row.order < max(r.order for r in stay if r.order is not None)
    else:
        later = row.episode is not None and any(r.starts > row.starts for r in stay if r.episode)
    closing = max((r.ends for r in stay if r.finished and r.ends), default=None)
    return later or (closing is not None and (row.ends is None or (not row.finished and row.ends <= closing)))


def touches(earlier, later):
    """Whether a stay continues in a later one that begins as it ends."""
    links = set()
    for row in earlier:
        open_row = not row.finished and not row.passed
        links |= {("starts", row.left)} if open_row else set()
        links |= {("episode", row.starts)} if open_row and row.episode and row.starts <= row.ended else set()
        links |= {("unfinished", row.starts)} if row.starts <= row.ended else set()
        links |= {("transfer", row.ends)}
    day = later[0].admitted
    found = set()
    for row in later:
        found |= {("starts", day)} if row.starts == day else set()
        found |= {("episode", day)} if row.episode and row.starts == day else set()
        found |= {("unfinished", day)} if not row.finished and not row.passed and row.left == day else set()
        found |= {("transfer", day)} if row.transferred else set()
    return earlier[0].admitted < day and bool(links & found)


def stays_of(rows):
    """Every stay at every provider, with `nth` and the ends of its rows."""
    placed = []
    for number, row in enumerate(rows):
        there = {other["provider_code"] for other in rows if other["person"] == row["person"]} - {None}
        beside = [row["provider_code"]] if row["provider_code"] else sorted(there) or [None]
        placed += [Row(number, row, provider) for provider in beside]
    groups = {}
    for row in placed:
        groups.setdefault((row.person, row.provider, row.admitted), []).append(row)
    found = [(nth, stay) for group in groups.values() for nth, stay in enumerate(cut(group))]
    for _, stay in found:
        for row in stay:
            row.passed = is_passed(row, stay)
    for row in placed:
        passed = any(other.passed for other in placed if other.number == row.number)
        later = [other.admitted for other in placed if other.person == row.person and other.admitted > row.admitted]
        row.ended = row.ends or (row.starts if passed else min(later, default=dt.date.max))
    return found


def oracle(rows):
    parent = list(range(len(rows)))

    def root(i):
        while parent[i] != i:
            i = parent[i]
        return i

    def join(a, b):
        parent[root(a.number)] = root(b.number)

    stays = stays_of(rows)
    for _, stay in stays:
        for row in stay:
            join(row, stay[0])
    for (_, a), (nth, b) in permutations(stays, 2):
        if (a[0].person, a[0].provider) == (b[0].person, b[0].provider):
            overlaps = a[0].admitted < b[0].admitted < max(row.ended for row in a)
            if overlaps or (nth == 0 and touches(a, b)):
                join(a[0], b[0])
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
        admission_method=draw(st.sampled_from(["21", "21", "2B"])),
        discharge_method=draw(st.sampled_from(["1", "1", "8", "", None])),
        diag_01=draw(st.sampled_from(["J44", "I50", None])),
    )


@settings(max_examples=250)
@given(st.lists(episodes(), max_size=8))
def test_spells_are_those_of_the_oracle(rows):
    numbered = number_spells(table(*rows).with_columns(position=pl.int_range(pl.len())))
    found = {frozenset(group) for group in numbered.group_by("spell").agg("position")["position"].to_list()}
    assert found == oracle([dict(row) for row in rows])


@settings(max_examples=100)
@given(st.lists(episodes(), max_size=8), st.randoms())
def test_the_order_of_rows_does_not_matter(rows, random):
    shuffled = random.sample(rows, len(rows))
    assert spells(table(*rows)).drop("spell").equals(spells(table(*shuffled)).drop("spell"))
