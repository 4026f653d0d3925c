"""One score is explained: its parts, other facts within the range of the training data, and refused questions."""

from __future__ import annotations

import numpy as np
import pytest

from data_schemas.errors import ConfigurationError
from models import storage
from models.ask import ask
from models.learning import sample


@pytest.fixture(scope="module")
def asked(site):
    described = storage.describe(site.model.path)

    def about(person, **what_if):
        return ask(storage.load(site.model.path), described.features, site.test[0], person, what_if, site.train)

    return about


def test_the_answer_is_the_score_and_its_strongest_parts(site, asked):
    found = asked(7)
    names = [feature.name for feature in storage.describe(site.model.path).features]
    values = sample.matrix(site.test[0], names, np.array([7], np.int32))
    assert found.risk == pytest.approx(storage.load(site.model.path).predict_proba(values)[0, 1])
    sizes = [part.adds for part in found.raises]
    assert sizes == sorted(sizes, reverse=True)
    assert all(part.adds < 0 for part in found.lowers)
    assert (found.what_if, found.risk_if) == ({}, None)
    assert "not what causes" in found.warning


def test_another_fact_changes_the_risk(asked):
    person = next(
        number for number in range(200) if any(p.means.startswith("lives alone") for p in asked(number).raises)
    )
    found = asked(person, lives_alone=0)
    assert found.risk_if < found.risk


def test_what_cannot_be_asked_is_reported_together(asked):
    with pytest.raises(ConfigurationError) as refused:
        asked(7, age=40, lives_alon=1, lives_alone=3)
    age, name, beyond = refused.value.problems
    assert "cannot be changed" in age
    assert "nearest: lives_alone" in name
    assert "trained on 0 to 1" in beyond
