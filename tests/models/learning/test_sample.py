"""Snapshots as numbers, and sampling that changes no rate."""

from __future__ import annotations

import datetime as dt

import borough
import numpy as np
import polars as pl
import pytest

from data_schemas.errors import RunFailed
from data_schemas.feature_parts import scan_parts
from data_schemas.receipts import TrainingPlan
from models import metrics
from models.judging.test_dates import load_test
from models.learning import known_outcomes, sample
from models.learning.candidates import LOGISTIC, boosting
from models.learning.estimators import fitted


def test_rows_are_people_with_a_known_outcome_in_order(site):
    found = sample.load(site.train, sample.varying(site.train), site.plan)
    assert "never_happens" not in {feature.name for feature in found.features}
    first = known_outcomes.outcomes(site.train[0], "unplanned_admission", 365).filter(~pl.col("left"))
    rows = found.as_of == known_outcomes.day_number(site.train[0].as_of)
    assert found.person[rows].tolist() == first["person"].to_list()
    assert found.y[rows].astype(bool).tolist() == first["event"].to_list()
    ages = scan_parts(site.train[0].folder).collect()["age"].to_numpy()
    column = [feature.name for feature in found.features].index("age")
    assert found.X[rows, column].tolist() == ages[found.person[rows]].tolist()


def test_missing_values_are_not_numbers(site):
    found = sample.load(site.test, sample.varying(site.test), site.plan)
    column = [feature.name for feature in found.features].index("systolic")
    assert 0.2 < np.isnan(found.X[:, column]).mean() < 0.4


def test_an_outcome_that_was_not_made_is_reported(site):
    with pytest.raises(RunFailed, match="'ae_attendance' over 30 days"):
        known_outcomes.outcomes(site.test[0], "ae_attendance", 30)


def test_sampling_keeps_events_and_weighs_the_others(site):
    features = sample.varying(site.train)
    whole = sample.load(site.train, features, site.plan)
    part = sample.load(site.train, features, site.plan, cells=3000 * len(features))
    assert part.events == whole.events
    assert len(part) == pytest.approx(3000, abs=150)
    assert part.weight.sum() == pytest.approx(len(whole), rel=0.03)
    assert np.average(part.y, weights=part.weight) == pytest.approx(whole.y.mean(), rel=0.03)


def test_sampled_shares_by_hand():
    known = [
        known_outcomes.KnownOutcomes(
            np.arange(10, dtype=np.int32),
            np.array([1, 1] + [0] * 8, np.int8),
            np.zeros(10, np.int32),
            np.ones(10),
            np.ones(10),
        )
    ]
    assert sample.sampled_shares(known, 10) == (1.0, 1.0)
    assert sample.sampled_shares(known, 6) == (0.5, 1.0)
    assert sample.sampled_shares(known, 2) == (1 / 8, 0.5)


@pytest.mark.parametrize("build", [LOGISTIC.build, boosting], ids=["logistic", "boosting"])
def test_a_sampled_fit_ranks_and_calibrates_like_the_whole(site, build):
    features, test = sample.varying(site.train), load_test(site.test, site.plan)
    values = test.columns([feature.name for feature in features])
    risks = []
    for cells in (10**9, 4000 * len(features)):
        learning = sample.load(site.train, features, site.plan, cells=cells)
        risks.append(fitted(build(features, 0), learning.X, learning.y, learning.weight).predict_proba(values)[:, 1])
    whole, part = (metrics.auroc(test.y, risk) for risk in risks)
    assert part == pytest.approx(whole, abs=0.02)
    assert risks[1].mean() == pytest.approx(risks[0].mean(), rel=0.06)


def test_people_whom_a_list_reached_are_left_out_counted_in_part_or_ignored(tmp_path):
    snapshot = borough.take(tmp_path / "snapshots", dt.date(2024, 1, 1), people=600)
    raw = known_outcomes.outcomes(snapshot, "unplanned_admission", 365).filter(~pl.col("left"))
    reached = raw.filter(~pl.col("event"))["person"][:50]
    flags = dict.fromkeys(("listed_lately", "reached_before", "seen_before"), False)
    rows = pl.DataFrame({"person": reached, "listed": True, "reached_in": 0, "seen_in": 0, "risk": 0.3}).with_columns(
        **{n: pl.lit(v) for n, v in flags.items()}
    )
    path = snapshot.folder.parents[1] / "influence" / "2024-01-01-365.parquet"
    path.parent.mkdir()
    rows.write_parquet(path)
    plans = {mode: TrainingPlan("S", influenced=mode) for mode in ("ignore", "exclude", "weight")}
    known = {mode: known_outcomes.learning_outcomes(snapshot, plan) for mode, plan in plans.items()}
    assert {mode: len(rows.y) for mode, rows in known.items()} == {
        "ignore": raw.height,
        "exclude": raw.height - 50,
        "weight": raw.height + 50,
    }
    assert not np.isin(reached.to_numpy(), known["exclude"].person).any()
    assert known["exclude"].weight(plans["exclude"]) is None
    weight, both = known["weight"].weight(plans["weight"]), np.isin(known["weight"].person, reached.to_numpy())
    assert weight.sum() == pytest.approx(raw.height)
    assert weight[both & (known["weight"].y == 1)] == pytest.approx(0.3)
    # Only people whose own outcome is known are tested.
    assert len(known_outcomes.known_outcomes(snapshot, plans["weight"]).y) == raw.height - 50
    features = sample.features_of(snapshot)[:3]
    loaded = sample.load([snapshot], features, plans["weight"])
    twins = loaded.X[loaded.person == reached[0]]
    assert len(twins) == 2
    np.testing.assert_array_equal(*twins)
    # No list reached anybody in the window of an earlier date: its rows count once.
    earlier = borough.take(tmp_path / "snapshots", dt.date(2023, 1, 1), people=600)
    pooled = sample.load([earlier, snapshot], features, plans["weight"])
    first = pooled.as_of < known_outcomes.day_number(snapshot.as_of)
    assert (pooled.weight[first] == 1).all()
    np.testing.assert_array_equal(pooled.weight[~first], loaded.weight)
    # 50 people with a risk of 0.3 count as 15 events, and once each.
    assert (loaded.events, loaded.person_dates) == (raw["event"].sum() + 15, raw.height)
