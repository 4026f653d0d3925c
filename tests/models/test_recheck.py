"""A known model is checked again: alarms appear and disappear, people accept them, and people's decisions stay."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import shutil
from pathlib import Path
from types import SimpleNamespace

import borough
import pytest

from data_schemas.receipts import Notice
from models import recheck, registry
from models.judging import record
from models.train import train

TABLES = ["attendances", "admissions"]
MONTH = dt.date(2025, 4, 1)
OF_TEST_DATES = Notice("drift", "of the test dates")


@pytest.fixture
def own(site, tmp_path):
    """A copy of the store and of the registry, which a test can change."""
    shutil.copytree(site.store.parent, tmp_path / "out")
    return tmp_path / "out" / "store"


@pytest.fixture(scope="module")
def taken(tmp_path_factory):
    """The next month's snapshots: complete, and with a table that has stopped arriving."""
    whole, broken = (tmp_path_factory.mktemp(name) for name in ("whole", "broken"))
    return SimpleNamespace(
        whole=borough.take(whole, MONTH), broken=borough.take(broken, MONTH, empty=("ae_attendances_1y",))
    )


def again(site, store, current, **more):
    return train(site.plan, site.train, site.test, store, current=current, tables=TABLES, **more)


def names(model):
    return [alarm.name for alarm in record.read(model.evaluation_path).alarms]


def in_mlflow(model, store):
    with registry.quiet():
        client = registry.connect(store)
        run = client.get_run(model.run_id)
        version = client.get_model_version(model.registered_name, model.registered_version)
    return run, version.tags


def test_a_table_that_stops_arriving_alarms_in_the_report_and_in_mlflow_but_the_champion_stays(site, own, taken):
    model = again(site, own, taken.broken)
    assert model.alias == "champion"
    assert names(model) == ["empty_join"]
    evaluation = json.loads(Path(model.evaluation_path).read_bytes())
    assert evaluation["drift"]["as_of"] == str(MONTH)
    assert evaluation["drift"]["features"][0]["feature"] == "ae_attendances_1y"
    run, tags = in_mlflow(model, own)
    assert (run.data.tags["alarms"], run.data.tags["looked_at"]) == ("empty_join", str(MONTH))
    assert run.data.metrics["alarms/standing"] == 1
    assert run.data.metrics["drift/features_marked"] == evaluation["drift"]["marked"] > 0
    assert tags["neighbourly.alarms"] == "empty_join"


def test_the_alarm_goes_when_the_table_is_back(site, own, taken):
    again(site, own, taken.broken)
    model = again(site, own, taken.whole)
    assert names(model) == []
    run, tags = in_mlflow(model, own)
    assert run.data.tags["alarms"] == tags["neighbourly.alarms"] == "none"


def test_the_alarms_of_training_and_test_outlast_every_look(site, own, taken):
    model = again(site, own, taken.whole)
    path = Path(model.evaluation_path)
    record.write(path, dataclasses.replace(record.read(path), alarms=[Notice("drift", "of the test dates")]))
    assert names(again(site, own, taken.broken)) == ["drift", "empty_join"]
    assert names(again(site, own, taken.whole)) == ["drift"]


def test_a_look_that_finds_nothing_new_changes_nothing(site, own, taken):
    path = Path(again(site, own, taken.broken).evaluation_path)
    before = path.stat().st_mtime_ns
    again(site, own, taken.broken)
    assert path.stat().st_mtime_ns == before


def test_the_snapshot_to_be_scored_holds_the_release_and_not_the_model(site, own, taken):
    model = _registered(site._replace(plan=dataclasses.replace(site.plan, site="Another")), own, taken.broken)
    assert (model.alias, names(model)) == ("champion", ["empty_join"])
    _, tags = in_mlflow(model, own)
    assert tags["neighbourly.gate"] == "no alarms, and no champion before it"


@pytest.fixture
def held_back(site, own, taken):
    """A first model, which alarms on the test dates have held back."""
    held = site._replace(plan=dataclasses.replace(site.plan, site="Held Back"))
    model = _registered(held, own, taken.whole, alarms=[OF_TEST_DATES])
    assert (model.alias, names(model)) == ("challenger", ["drift"])
    return held


def _registered(site, store, current, alarms=()):
    """Register the trained model under another site's name, without training it again."""
    from models import lineage
    from models.judging.test_dates import load_test
    from models.train import write_evaluation

    key = lineage.training_key(site.plan, site.train, site.test)
    evaluation = record.read(site.model.evaluation_path)
    look = recheck.evaluation.look([*site.train, *site.test], current, TABLES)
    folder = store / "models" / site.model.model_version
    write_evaluation(folder, key, dataclasses.replace(evaluation, look=look, alarms=[*alarms, *look.alarms]))
    return registry.register(site.plan, folder, key, load_test(site.test, site.plan), {}, store)[0]


def test_an_accepted_alarm_stands_but_no_longer_holds_back(held_back, own, taken):
    assert again(held_back, own, taken.whole).alias == "challenger"
    model = again(held_back, own, taken.whole, accept={"drift": "Dr A: the unit has closed"})
    assert (model.alias, names(model)) == ("champion", ["drift"])
    _, tags = in_mlflow(model, own)
    assert tags["neighbourly.gate"] == "alarms accepted: drift, and no champion before it"
    with registry.quiet():
        version = registry.connect(own).get_model_version(model.registered_name, model.registered_version)
    assert version.description == "Gate: alarms accepted: drift, and no champion before it. Alarms: drift."
    assert tags["neighbourly.accepted.drift"] == "Dr A: the unit has closed"


def test_a_model_that_a_person_rolled_back_does_not_come_back_by_itself(site, own):
    name, first = site.model.registered_name, site.model.registered_version
    with registry.quiet():
        client = registry.connect(own)
        held = client.get_model_version(name, first)
        second = client.create_model_version(name, held.source, held.run_id, tags=held.tags)
        registry.promote(name, second.version, "Dr A", "to be tried", own)
        registry.roll_back(name, "Dr B", "complaints", own)
        assert "rolled back by Dr B (complaints)" in registry.refused_before(client, name, site.model.model_version)
        registry.promote(name, second.version, "Dr C", "cleared up", own)
        assert registry.refused_before(client, name, site.model.model_version) == ""
        assert registry.refused_before(client, name, "another content") == ""
