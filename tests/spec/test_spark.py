"""Steps on Spark's workers give the same counts, and the same snapshot and risks byte for byte."""

from __future__ import annotations

import datetime as dt
import random
from functools import partial

import numpy as np
import polars as pl
import pytest

from pipeline import events
from pipeline.engine import Spark
from pipeline.features.counting import count
from pipeline.features.plan import plan
from pipeline.snapshots import take
from tests.pipeline.extracts import AS_OF, ingested, registration, site
from tests.spec import oracle
from tests.spec.counted import event_frame, feature_set
from tests.spec.test_against_oracle import FEATURES, HISTORY

pytestmark = [
    pytest.mark.spark,
    pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas:FutureWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


def random_events(people, seed=7):
    """Draw events on the edges of windows, on and after the as-of date, known late, and several on a day."""
    draw = random.Random(seed)
    days = [*range(-3, 45), 0, 1, 7, 8, 15, 16, 30, 31, 40, 41]
    return [
        oracle.Event(
            person,
            AS_OF - dt.timedelta(days=draw.choice(days)),
            AS_OF - dt.timedelta(days=draw.choice([*days, 20, 20, 20])),
            draw.choice("abc"),
            draw.choice([None, 0.0, -2.5, 3.25, 1e6, draw.randint(-(10**6), 10**6) / 1024]),
        )
        for person in range(people)
        for _ in range(draw.randint(0, 12))
    ]


def count_on_a_worker(plan, log, persons, folder, number):
    """Count on a worker. Returns the matrix of the date with that number, as text."""
    found = count(plan, pl.read_parquet(log), [persons] * len(plan.dates))
    np.save(folder / f"{number}.npy", found[number])
    return str(found[number].shape)


def test_every_statistic_on_the_workers(spark_session, tmp_path):
    """The workers run the compiled pass that `test_against_oracle` compares with plain Python."""
    people, dates = np.arange(60, dtype=np.int32), (AS_OF, AS_OF - dt.timedelta(days=9))
    declared = feature_set(FEATURES)
    asked = plan(declared.features, declared.concepts, dates, HISTORY)
    log = event_frame(random_events(61), declared.concepts).sort("person", "concept", "happened")
    log.write_parquet(tmp_path / "log.parquet")
    step = partial(count_on_a_worker, asked, tmp_path / "log.parquet", people, tmp_path)
    assert Spark().each(step, 2) == [str((len(FEATURES), 60))] * 2
    here = count(asked, log, [people] * 2)
    assert all(np.array_equal(np.load(tmp_path / f"{n}.npy"), here[n], equal_nan=True) for n in (0, 1))


def test_a_step_for_every_number_on_the_workers(spark_session, tmp_path):
    Spark().each(partial(_leave_a_mark, tmp_path), 3)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["0", "1", "2"]


def _leave_a_mark(folder, number):
    (folder / str(number)).write_text("done")


def test_identical_snapshots(spark_session, tmp_path, monkeypatch):
    for module in ("snapshots", "buckets"):
        monkeypatch.setattr(f"pipeline.{module}.BUCKET_PEOPLE", 2)
    codes = {"a": "267076002", "b": "271649006", "c": "38341003"}
    tables = {
        "registrations": [registration(f"p{n}", household_id=f"h{n // 2}") for n in range(5)],
        "gp_events": [
            {"person_id": f"p{e.person}", "event_date": e.happened, "recorded_date": e.known, "code": codes[e.concept], "value": e.value}
            for e in random_events(4)
        ],
        "prescriptions": [
            {"person_id": f"p{e.person}", "issue_date": e.happened, "bnf_code": f"040{e.person}010A0"} for e in random_events(4, seed=8)
        ],
        "admissions": [
            {"person_id": "p1", "admission_date": dt.date(2023, 6, 1), "discharge_date": dt.date(2023, 6, 9), "admission_method": "21",
             "diag_01": "J44"},
            {"person_id": "p3", "admission_date": dt.date(2023, 12, 25), "admission_method": "21", "diag_01": "I50"},
        ],
    }  # fmt: skip
    taken = {}
    for engine in ("polars", "spark"):
        store = tmp_path / engine
        configured = site(tmp_path)
        ingest = ingested(store, **tables)
        log = events.write_log(_concepts(configured), ingest, store, bucket_people=2)
        taken[engine] = take(configured, ingest, log, AS_OF, store, engine=engine)
    assert taken["polars"].fingerprint == taken["spark"].fingerprint
    files = [sorted(path.name for path in (snapshot.folder / "features").iterdir()) for snapshot in taken.values()]
    assert files[0] == files[1] == ["part-0000.arrow", "part-0001.arrow", "part-0002.arrow"]
    for name in files[0]:
        one, other = ((snapshot.folder / "features" / name).read_bytes() for snapshot in taken.values())
        assert one == other


def _concepts(configured):
    from pipeline.features.catalogue import features_of

    return features_of(configured).concepts
