"""Every statistic, in every window and for any events, agrees with the plain-Python oracle."""

from __future__ import annotations

import datetime as dt
import pickle

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.features import declare
from pipeline.features.counting import Memory, count
from pipeline.features.declare import Declaration
from pipeline.features.kernel import CODES
from pipeline.features.plan import AT_ONCE, plan
from tests.spec import oracle
from tests.spec.counted import compute, compute_all, event_frame, feature_set

WINDOWS = (None, 1, 7, 30)
STATISTICS = sorted(oracle.STATISTICS)
FEATURES: dict[str, Declaration] = {
    f"{statistic}_{over}_{'_'.join(concepts)}": Declaration(statistic, "test", missing, concepts, over)
    for statistic in STATISTICS
    for over in (WINDOWS if statistic != "days_since_first" else [None])
    for concepts, missing in ((("a",), None), (("a", "b"), -1.0))
}
AS_OFS = (dt.date(2024, 3, 1), dt.date(2023, 3, 1), dt.date(2024, 2, 29))
HISTORY = 40
VALUES = st.one_of(
    st.none(), st.sampled_from([0.0, 1.0, -2.5, 3.25, 1e6]), st.integers(-(10**6), 10**6).map(lambda n: n / 1024)
)
"""Values are summed as whole multiples of 1/2^20."""


@st.composite
def events(draw):
    """Events around an as-of date: on the edges of windows, on it, after it, known late, several a day."""
    as_of = draw(st.sampled_from(AS_OFS))
    days = st.one_of(st.integers(-3, 45), st.sampled_from([0, 1, 7, 8, 15, 16, 30, 31, 40, 41]))
    found = [
        oracle.Event(
            person=draw(st.integers(0, 3)),
            happened=as_of - dt.timedelta(days=draw(days)),
            known=as_of - dt.timedelta(days=draw(days)),
            concept=draw(st.sampled_from("abc")),
            value=draw(VALUES),
        )
        for _ in range(draw(st.integers(0, 25)))
    ]
    return as_of, found


def test_every_statistic_has_an_oracle():
    assert {*STATISTICS, "fact", "score"} == set(declare.STATISTICS)
    assert set(STATISTICS) == set(CODES)


@settings(max_examples=150)
@given(events())
def test_the_compiled_pass(drawn):
    as_of, found = drawn
    computed = compute(FEATURES, found, [0, 1, 2], as_of, HISTORY)
    for name, feature in FEATURES.items():
        for person in (0, 1, 2):
            expected = oracle.value(feature, found, person, as_of, HISTORY)
            assert computed[name][person] == (None if expected is None else float(np.float32(expected))), (name, person)


@settings(max_examples=50)
@given(events())
def test_several_dates_in_one_pass(drawn):
    as_of, found = drawn
    dates = [as_of, as_of - dt.timedelta(days=1), as_of - dt.timedelta(days=9)]
    computed = compute_all(FEATURES, found, [0, 1, 2], dates, HISTORY)
    for date, matrix in zip(dates, computed, strict=True):
        assert matrix == compute(FEATURES, found, [0, 1, 2], date, HISTORY)


def test_more_dates_than_a_processor_works_out_at_once():
    as_of = AS_OFS[0]
    days = [as_of - dt.timedelta(days=n) for n in range(45)]
    found = [oracle.Event(n % 3, day, day, "ab"[n % 2], float(n % 5)) for n, day in enumerate(days)]
    dates = days[: AT_ONCE + 3]
    for date, matrix in zip(dates, compute_all(FEATURES, found, [0, 2], dates, HISTORY), strict=True):
        assert matrix == compute(FEATURES, found, [0, 2], date, HISTORY)


def test_what_is_for_one_date_is_seen_by_no_other():
    as_of = AS_OFS[0]
    declared = feature_set({"a": Declaration("count", "test", 0, ("a",))})
    stay = oracle.Event(0, as_of - dt.timedelta(days=20), as_of - dt.timedelta(days=20), "a", None)
    asked = plan(declared.features, declared.concepts, (as_of, as_of - dt.timedelta(days=10)), HISTORY)
    frame = event_frame([stay], declared.concepts)
    stays = frame.with_columns(first=pl.lit(1, pl.Int8), end=pl.lit(2, pl.Int8))
    found = count(asked, frame.clear(), [np.array([0], np.int32)] * 2, stays)
    assert [matrix[0, 0] for matrix in found] == [0, 1]


def test_nothing_is_left_in_memory_that_is_used_again():
    as_of, memory = AS_OFS[0], Memory()
    declared = feature_set(FEATURES)
    asked = plan(declared.features, declared.concepts, (as_of, as_of - dt.timedelta(days=5)), HISTORY)
    day = as_of - dt.timedelta(days=7)
    for people, concept in ((40, "a"), (3, "b"), (40, "b"), (200, "a")):
        persons = [np.arange(people, dtype=np.int32)] * 2
        log = event_frame(
            [oracle.Event(n, day, day, concept, float(n)) for n in range(0, people, 2)], declared.concepts
        )
        again, new = count(asked, log, persons, memory=memory), count(asked, log, persons)
        assert all(np.array_equal(*pair, equal_nan=True) for pair in zip(again, new, strict=True))


def test_memory_is_not_sent_to_another_process():
    declared = feature_set(FEATURES)
    asked = plan(declared.features, declared.concepts, (AS_OFS[0],), HISTORY)
    memory, log = Memory(), event_frame([], declared.concepts)
    here = count(asked, log, [np.arange(9, dtype=np.int32)], memory=memory)
    there = count(asked, log, [np.arange(9, dtype=np.int32)], memory=pickle.loads(pickle.dumps(memory)))
    assert np.array_equal(here[0], there[0], equal_nan=True)
    assert not np.shares_memory(here[0], there[0])
