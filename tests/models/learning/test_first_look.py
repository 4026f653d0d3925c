"""The features that a large site's model is trained on."""

from __future__ import annotations

import numpy as np
import pytest

from models.documents.evidence import first_chosen
from models.judging.drift import references
from models.learning import candidates, first_look, sample, selection
from models.learning.candidates import PRIOR_ADMISSIONS
from models.train import describe, learn


@pytest.fixture
def large(monkeypatch):
    """Treat a site of 4,000 rows as large, with a first look of few splits."""
    monkeypatch.setattr(selection, "VALIDATION_ROWS", 2000)
    monkeypatch.setattr(candidates, "LARGE_ROWS", 4000)
    monkeypatch.setattr(first_look, "TREES", 1)


def names(found):
    return [feature.name for feature in found.features]


def test_a_small_site_has_every_feature_that_varies(site):
    found = first_look.load(site.train, site.plan)
    assert names(found) == [feature.name for feature in sample.varying(site.train)]
    assert (found.looked_at, found.declared) == (None, 0)


@pytest.mark.usefixtures("large")
def test_a_large_one_has_those_that_are_of_use_and_those_asked_for_by_name(site):
    varying, found = sample.varying(site.train), first_look.load(site.train, site.plan)
    asked = [feature.name for feature in varying if feature.name in first_look.needed()]
    assert set(asked) < set(names(found)) < {feature.name for feature in varying}
    assert found.declared == len(varying)
    assert names(first_look.load(site.train, site.plan)) == names(found)
    every = sample.load(site.train, varying, site.plan)
    places = [feature.name for feature in varying].index("age"), names(found).index("age")
    assert found.X[:, places[1]].tolist() == every.X[:, places[0]].tolist()
    assert found.y.tolist() == every.y.tolist()


@pytest.mark.usefixtures("large")
def test_candidates_are_compared_on_people_who_took_no_part_in_it(site):
    found = first_look.load(site.train, site.plan)
    assert 0.15 < np.isin(np.unique(found.person), found.looked_at).mean() < 0.25
    compared = selection.select(found, [PRIOR_ADMISSIONS], site.plan.seed).rows
    unseen = selection.HELD_OUT + (1 - selection.HELD_OUT) * selection.OTHERS
    assert len(compared) / len(found) == pytest.approx(0.8 * unseen, rel=0.15)
    assert not np.isin(found.person[compared], found.looked_at).any()


@pytest.mark.usefixtures("large")
def test_who_reads_of_the_model_learns_of_it(site, tmp_path):
    found = first_look.load(site.train, site.plan)
    features = references(found, site.plan.seed)
    *_, fitted = learn(site.plan, site.train, found, tmp_path, "key", 0, lambda: features)
    described = describe(site.plan, site.train, found, fitted, features)
    assert described.parameters == len(sample.varying(site.train))
    assert first_chosen(described).startswith(f"{len(found.features)} of the {described.parameters} declared features")
