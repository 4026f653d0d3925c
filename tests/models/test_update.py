"""The champion is updated with the newest outcomes only if necessary, and the update passes the gate like a
training."""

from __future__ import annotations

import datetime as dt
import shutil

import borough
import pytest

from models import registry, storage
from models.judging import record
from models.judging.test_dates import load_test
from models.metrics import observed_expected
from models.update import Given, choose, in_words, moved, newest_outcomes


@pytest.fixture
def store(site, tmp_path):
    """A copy of the store and the registry."""
    shutil.copytree(site.store.parent, tmp_path / "out")
    return tmp_path / "out" / "store"


def test_outcomes_as_predicted_keep_the_champion(site, store):
    given = Given(site.plan, site.train, site.test, store)
    choice = choose(site.model, newest_outcomes(site.model, given), given)
    assert choice.update == "keep"
    assert "do not speak against the model" in in_words(choice)


def test_outcomes_that_the_champion_was_trained_on_update_nothing(site, store):
    assert newest_outcomes(site.model, Given(site.plan, site.train, site.train, store)) is None


def test_fewer_outcomes_shift_the_champion_which_is_registered_and_gated(site, store, tmp_path):
    fewer = borough.take(tmp_path / "fewer", dt.date(2024, 4, 1), shift=-0.7)
    given = Given(site.plan, site.train, [fewer], store)
    choice = choose(site.model, newest_outcomes(site.model, given), given)
    assert (choice.update, choice.slope) == ("intercept", 1.0)
    model = moved(site.model, choice, given, {})
    assert model.model_version != site.model.model_version
    assert model.alias == registry.CHAMPION
    test = load_test([fewer], site.plan)
    assert observed_expected(test.y, test.risks(storage.load(model.path))) == pytest.approx(1, abs=0.01)
    values = {notice.name: notice.detail for notice in record.read(model.evaluation_path).notices}
    assert f"this was version {site.model.model_version}" in values["updated"]
