"""When the model works."""

from __future__ import annotations

import datetime as dt

import borough
import numpy as np
import pytest
from scipy.stats import poisson

from models import ablate, rolling, sample, storage
from models.candidates import AGE_SEX, LOGISTIC
from models.judge import load_test


def test_every_date_is_judged_by_what_could_be_known_then(site):
    rows = rolling.rolling_origin([*site.test, *site.train], site.plan, [LOGISTIC])
    assert [(row["test"], row["train"]) for row in rows] == [("2024-04-01", ["2023-01-01", "2023-04-01"])]
    assert rows[0]["auroc_low"] < rows[0]["auroc"] < rows[0]["auroc_high"]


def test_an_old_score_is_that_of_its_own_date(site):
    model, test = storage.load(site.model.path), load_test(site.test, site.plan)
    found = rolling.staleness(
        model, site.train[0], site.test[0], rolling.fitted_on(site.train, site.plan, [AGE_SEX]), site.plan
    )
    assert set(found) == {"old_score", "refreshed", "retrained"}
    assert found["refreshed"]["n"] == found["old_score"]["n"] == len(test.y)
    assert found["refreshed"]["auroc"] > found["retrained"]["auroc"]
    old = rolling.old_scores(model, site.train[0], test)
    names = list(model.feature_names)
    expected = model.predict_proba(sample.matrix(site.train[0], names, test.person))[:, 1]
    assert old == pytest.approx(expected)


def test_months_add_up_to_the_year(site):
    test = load_test(site.test, site.plan)
    p = test.risks(storage.load(site.model.path))
    rows = rolling.by_month(test, p)
    assert sum(row["observed"] for row in rows) == test.y.sum()
    assert sum(row["expected"] for row in rows) == pytest.approx(p.sum())


def test_outcomes_that_fade_show_in_the_months(site, tmp_path):
    test = load_test([borough.take(tmp_path, dt.date(2024, 4, 1), shift=-1.5)], site.plan)
    rows = rolling.by_month(test, test.risks(storage.load(site.model.path)), months=2)
    assert all(row["observed_expected_high"] < 0.8 for row in rows)


def test_the_interval_of_a_count_covers_it():
    low, high = rolling.poisson_interval(10)
    assert poisson.sf(9, low) == pytest.approx(0.025)
    assert poisson.cdf(10, high) == pytest.approx(0.025)
    assert rolling.poisson_interval(0)[0] == 0


def test_what_a_family_is_worth(site):
    found = {row.name: row for row in ablate.ablate(site.plan, site.train, site.test, "logistic")}
    assert {"everything", "without use_of_care", "without demographic", "without anything social"} <= set(found)
    whole, without = found["everything"], found["without demographic"]
    assert without.features == whole.features - 2
    assert without.differences["auroc"]["low"] > 0
    assert without.differences["auroc"]["difference"] == pytest.approx(
        whole.figures["auroc"] - without.figures["auroc"]
    )
    assert set(found["without anything social"].left_out) == {"social", "loneliness", "strength"}
    assert np.isfinite(found["without anything social"].differences["auroc"]["high"])
