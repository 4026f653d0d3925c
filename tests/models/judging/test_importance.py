"""Importance finds the true drivers, on people whose true risk is known."""

from __future__ import annotations

import datetime as dt

import borough
import numpy as np
import polars as pl
import pytest

from data_schemas.feature_parts import scan_parts
from models import explain, storage
from models.judging import importance


def test_true_drivers_come_first_and_noise_last(site):
    found = [row.meaning for row in importance.importance(site.model.path, site.test[0])]
    assert found[0] == "age"
    assert set(found[:5]) >= {"admissions", "age"}
    assert found.index("admissions") < found.index("carer")
    assert found.index("home") < found.index("carer")


def test_features_of_one_meaning_are_added_up():
    features = [f for f in borough.FEATURES if f.group in {"admissions", "ae"}]
    names, summed = importance.grouped(np.array([[1.0, 2.0, -0.5, 4.0]]), features)
    assert names == ["admissions", "ae"]
    assert summed.tolist() == [[2.5, 4.0]]


def test_risk_rises_with_admissions_and_falls_for_walkers(site):
    asked = ["emergency_admissions_2y", "walks_daily"]
    rising, walking = (row.values for row in importance.partial_dependence(site.model.path, site.test[0], asked))
    assert [row.risk for row in rising] == sorted(row.risk for row in rising)
    assert walking[0].risk > walking[1].risk
    assert sum(row.share for row in walking) == pytest.approx(1)


def test_values_that_few_people_have_are_not_shown(site):
    (rare,) = importance.partial_dependence(site.model.path, site.test[0], ["emergency_admissions_2y"])
    assert min(row.share for row in rare.values) * importance.DEPENDENCE_ROWS >= importance.SMALL_BIN


def test_the_strongest_of_each_sign_are_kept_in_order():
    rows, columns = explain.strongest(np.array([[0.1, -0.5, 0.3, 0.0, -0.2]]), kept=1)
    assert (rows.tolist(), columns.tolist()) == ([0, 0], [1, 2])


def test_replacing_values_stands_in_where_nothing_exact_is_known(site):
    from sklearn.ensemble import HistGradientBoostingClassifier

    from models.learning import sample
    from models.learning.estimators import RiskModel

    learning = sample.load(site.train[:1], sample.varying(site.train), site.plan)
    trees = HistGradientBoostingClassifier(max_iter=30, random_state=0)
    model = RiskModel(trees, feature_names=tuple(f.name for f in learning.features)).fit(learning.X, learning.y)
    given = explain.contribution_matrix(model, learning.X[:300])
    age = [f.name for f in learning.features].index("age")
    assert np.corrcoef(given[:, age], learning.X[:300, age])[0, 1] > 0.5


def test_drivers_of_one_person_follow_their_own_record(site, tmp_path):
    asked = borough.take(tmp_path, dt.date(2025, 1, 1), people=2000)
    features = scan_parts(asked.folder).collect()
    busiest = int(features.sort("emergency_admissions_2y", descending=True)["person"][0])
    found = pl.read_parquet(explain.contributions(site.model, asked, [busiest], site.store))
    top = found.filter(pl.col("contribution") > 0)["feature"].to_list()[:2]
    assert any(name.startswith("emergency_admissions") for name in top)
    assert storage.describe(site.model.path).features[0].name == "age"
