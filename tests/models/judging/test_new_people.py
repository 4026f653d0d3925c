"""Person-disjoint figures: no model scores people on whom it was trained, and ages are those of new people."""

from __future__ import annotations

import datetime as dt

import borough
import numpy as np
import pytest

from models.judging import new_people
from models.judging.test_dates import load_test
from models.learning import sample
from models.learning.candidates import SMALL_BOOSTING
from models.learning.estimators import Crossed
from models.learning.fit import fit


@pytest.fixture(scope="module")
def found(site):
    return fit(sample.load(site.train, sample.varying(site.train), site.plan), site.plan.seed, [SMALL_BOOSTING])


@pytest.fixture(scope="module")
def tested(site, tmp_path_factory):
    """A test date with a thousand people who registered after training."""
    taken = borough.take(tmp_path_factory.mktemp("later"), dt.date(2024, 4, 1), first_person=1000)
    return load_test([taken], site.plan)


def test_a_person_in_no_fold_has_no_model():
    crossed = Crossed([], np.array([2, 5, 9], np.int32), np.array([0, 1, 0], np.int8))
    assert crossed.fold_of(np.array([1, 2, 5, 7, 9, 12], np.int32)).tolist() == [-1, 0, 1, -1, 0, -1]


def test_everybody_is_judged_by_the_model_that_had_not_seen_them(found, tested):
    risk = new_people.disjoint_risks(tested, found)
    trained = np.isin(tested.person, found.crossed.person)
    assert (np.isfinite(risk) == trained).all()
    names = list(found.model.feature_names)
    rows = np.flatnonzero(found.crossed.fold_of(tested.person) == 2)[:50]
    values = tested.columns_at(names, rows)
    margin = found.crossed.models[2](values) + found.model.newcomers_.of(values)
    assert risk[rows] == pytest.approx(found.model.calibrator_.predict(margin))


def test_figures_of_everybody_and_at_the_ages_of_the_new(found, tested):
    risk = new_people.disjoint_risks(tested, found)
    whole, same = new_people.person_disjoint(tested, found.crossed.person, risk)
    covered = np.isfinite(risk)
    assert whole.n == same.n == covered.sum()
    assert whole.observed_expected.value == pytest.approx(tested.y[covered].sum() / risk[covered].sum())
    assert same.auroc.low < same.auroc.value < same.auroc.high
    assert new_people.person_disjoint(tested, found.crossed.person, None) == (None, None)


def test_weights_give_the_ages_wanted():
    wanted, age = np.array([18, 18, 18, 70]), np.array([18, 30, 30, 66, 71])
    weight = new_people.to_ages_of(wanted, age, np.ones(5))
    assert weight.tolist() == pytest.approx([3.75, 0, 0, 0.625, 0.625])


def test_who_is_new(found, tested):
    result = new_people.who_is_new(tested, found.crossed.person)
    age = tested.cohort("age")["age"].to_numpy()[~np.isin(tested.person, found.crossed.person)]
    assert sum(result.ages.values()) == len(age)
    assert result.ages["75 and over"] == (age >= 75).sum()
    assert result.median_age == np.median(age)
