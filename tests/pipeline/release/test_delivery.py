"""Deliveries that fail in part or are stopped in the middle, with any carrier."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from data_schemas.errors import ConfigurationError, RunFailed
from pipeline.ledger import entries
from pipeline.release import approve, audit

AS_OF = dt.date(2026, 4, 1)
TODAY = dt.date(2026, 4, 9)


class Recorded:
    """A carrier that records what it receives, and can fail or be killed."""

    name = "recorded"

    def __init__(self) -> None:
        self.carried, self.unreachable, self.dies = [], set(), False
        self.why = RunFailed("does not answer")

    def carry(self, cluster, run, content, occasion=1):
        if cluster in self.unreachable:
            raise self.why
        self.carried.append((cluster, occasion, content))
        if self.dies:
            raise KeyboardInterrupt


@pytest.fixture
def out(published):
    made = published(people=60).parent
    approve.approve(made, AS_OF, who="B. Lead", why="Checked with practices")
    return made


@pytest.fixture
def release(out, tmp_path):
    people = range(60)
    registered = {
        "person_id": [f"p{n:04d}" for n in people],
        "practice_code": [f"X0000{n % 2 + 1}" for n in people],
        "registered_from": [dt.date(2020, 1, 1)] * 60,
        "registered_to": [None] * 60,
        "death_date": [None] * 60,
    }
    types = {"registered_to": pl.Date, "death_date": pl.Date}
    pl.DataFrame(registered, schema_overrides=types).write_parquet(tmp_path / "registrations.parquet")

    def released(carrier, today=TODAY, **more):
        return approve.release(out, AS_OF, carrier, tables=tmp_path, today=today, who="ops", **more)

    return released


def test_a_cluster_that_cannot_be_reached_does_not_keep_the_others_waiting(out, release):
    carrier = Recorded()
    carrier.unreachable = {"C1"}
    with pytest.raises(RunFailed) as failed:
        release(carrier)
    assert failed.value.problems[0] == "cluster C1: does not answer"
    assert failed.value.problems[1].startswith("1 of 2 clusters have their lists")
    carrier.unreachable = set()
    assert (release(carrier).already_there, [cluster for cluster, *_ in carrier.carried]) == (9, ["C2", "C1"])
    assert audit.verify(out / "audit") == []


@pytest.mark.parametrize("why", [KeyboardInterrupt(), ConfigurationError("a key is wrong")])
def test_stopped_at_the_second_cluster_the_ledger_has_the_list_of_the_first(out, release, why):
    carrier = Recorded()
    carrier.unreachable, carrier.why = {"C2"}, why
    with pytest.raises(type(why)):
        release(carrier)
    assert set(entries.read(out / "store", "releases")["cluster_code"]) == {"C1"}
    carrier.unreachable = set()
    release(carrier)
    assert set(entries.read(out / "store", "releases")["cluster_code"]) == {"C1", "C2"}


def test_stopped_before_it_was_recorded_the_next_day_brings_the_very_same_files(release):
    carrier = Recorded()
    carrier.dies = True
    with pytest.raises(KeyboardInterrupt):
        release(carrier)
    carrier.dies = False
    release(carrier, TODAY + dt.timedelta(days=1))
    first, second, *_ = [content for cluster, _, content in carrier.carried if cluster == "C1"]
    assert first == second


def test_a_list_brought_again_on_purpose_is_another_occasion(release):
    carrier = Recorded()
    release(carrier)
    for _ in range(2):
        release(carrier, again=approve.Again(("C1",), "the mailbox was lost"))
    assert [(cluster, occasion) for cluster, occasion, _ in carrier.carried] == [
        ("C1", 1), ("C2", 1), ("C1", 2), ("C1", 3),
    ]  # fmt: skip
