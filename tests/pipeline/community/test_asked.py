"""Questions to everyone: the same answers from one bucket or several, asked once, and again if the question under a
name changes.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path

import polars as pl

from pipeline.community.asked import together
from pipeline.community.recorded import ever, latest, times, total, within
from pipeline.events import BUCKET_PEOPLE, bucket_path
from tests.pipeline.community.sites import AS_OF, days, person, records, stay

PEOPLE = (0, 1, BUCKET_PEOPLE, BUCKET_PEOPLE + 1, 2 * BUCKET_PEOPLE)
ASKED = {
    "ill": ever("condition.diabetes"),
    "lately": within("condition.diabetes", 100),
    "kidneys": latest("measure.egfr"),
    "stays": times("admission.unplanned"),
    "nights": total("admission.unplanned"),
}


def site(folder: Path):
    events = [(n, "condition.diabetes", days(30 * (at + 1)), None) for at, n in enumerate(PEOPLE[1:])]
    events += [(PEOPLE[2], "measure.egfr", days(9), 40.0), (PEOPLE[2], "measure.egfr", days(9), 50.0)]
    events += [(PEOPLE[2], "measure.egfr", days(90), 99.0), (PEOPLE[3], "measure.egfr", AS_OF, 10.0)]
    stays = [stay(PEOPLE[3], days(50)), stay(PEOPLE[3], days(20), nights=4), stay(PEOPLE[4], days(500))]
    return records(folder, [person(n) for n in PEOPLE], events, stays)


def test_answers_by_hand(tmp_path: Path) -> None:
    result = site(tmp_path).answers(AS_OF, ASKED)
    assert result["person"].to_list() == list(PEOPLE)
    assert result["ill"].to_list() == [False, True, True, True, True]
    assert result["lately"].to_list() == [False, True, True, True, False]
    assert result["kidneys"].to_list() == [None, None, 50.0, None, None]
    assert result["stays"].to_list() == [0, 0, 0, 2, 0]
    assert result["nights"].to_list() == [0, 0, 0, 6, 2]


def test_several_buckets_answer_like_one(tmp_path: Path) -> None:
    whole = site(tmp_path)
    rows = pl.read_parquet(bucket_path(whole.log.path, 0))
    for bucket in range(3):
        own = rows.filter(pl.col("person") // BUCKET_PEOPLE == bucket)
        own.write_parquet(bucket_path(tmp_path / "apart", bucket), mkdir=True)
    apart = dataclasses.replace(whole, log=dataclasses.replace(whole.log, path=str(tmp_path / "apart"), buckets=3))
    asked = together({AS_OF: ASKED}, {days(365): {"ill": ever("condition.diabetes")}})
    for each in (whole, apart):
        each.read(asked)
    for day, questions in asked.items():
        assert apart.answers(day, questions).equals(whole.answers(day, questions))


def test_another_question_of_the_same_name_is_asked_again(tmp_path: Path) -> None:
    known = site(tmp_path)
    assert known.answers(AS_OF, {"ill": ever("condition.diabetes")})["ill"].sum() == 4
    assert known.answers(AS_OF, {"ill": ever("condition.copd")})["ill"].sum() == 0
