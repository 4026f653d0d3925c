"""Promotion, roll-back, comparison and nested runs, and the gate between champion and challenger."""

from __future__ import annotations

import datetime as dt
import json
import shutil
import warnings
from pathlib import Path
from threading import Event, Thread

import borough
import numpy as np
import pytest

from data_schemas.errors import ConfigurationError, RunFailed
from data_schemas.receipts import SnapshotReference, plain
from data_schemas.sealed import SEAL
from data_schemas.small_numbers import rounded
from models import lineage, registry, storage
from models.compare import Comparison, compare, in_words, paired, snapshots_in, verdict
from models.judging import gate, record
from models.judging.drift import references
from models.judging.figures import Difference
from models.judging.shown import shown
from models.judging.test_dates import load_test
from models.learning import sample
from models.learning.candidates import AGE_SEX
from models.learning.fit import fit
from models.registry.client import connect, experiment, mlflow_module, quiet
from models.registry.runs import _log_model
from models.train import describe, train


@pytest.fixture(scope="module")
def weak(site):
    """A model of age and sex only, stored but not registered."""
    learning = sample.load(site.train, sample.varying(site.train), site.plan)
    found = fit(learning, site.plan.seed, [AGE_SEX])
    return storage.save(
        found.model, describe(site.plan, site.train, learning, found, references(learning, site.plan.seed)), site.store
    )[0]


def test_a_worse_model_is_held_back_and_a_like_one_is_not(site, weak):
    test = load_test(site.test, site.plan)
    verdict = gate.decide(weak, site.model, test, [])
    assert not verdict.promoted
    assert verdict.reason.startswith("worse than the champion")
    assert gate.decide(Path(site.model.path), site.model, test, []).promoted


def test_a_champion_trained_on_the_test_dates_is_not_compared_with(site, weak):
    test = load_test(site.train[:1], site.plan)
    verdict = gate.decide(weak, site.model, test, [])
    assert verdict.promoted
    assert "overlap the test dates" in verdict.reason


def test_the_paired_difference_of_two_models(site, weak):
    found = paired(Path(site.model.path), weak, site.test, site.plan)
    gain = found.differences["auroc"]
    assert 0 < gain.low < gain.difference < gain.high
    same = paired(weak, weak, site.test, site.plan).differences["auroc"]
    assert (same.low, same.high) == (0, 0)
    first, second = found.figures
    assert first["auroc"] - second["auroc"] == pytest.approx(gain.difference)


def test_a_comparison_in_words(site, weak):
    found = vars(paired(Path(site.model.path), weak, site.test, site.plan))
    more = {"runs": [], "models": ["one", "two"], "test": lineage.references(site.test), "unfair": [False, False]}
    text = in_words(Comparison(**found, **more))
    assert "no fair comparison" not in text
    assert text["first and second"][0].startswith("AUROC: 0.")
    assert text["first and second"][0].endswith("the first is higher")
    assert [verdict(Difference(low + 0.5, low, low + 1)) for low in (-2, -0.5, 1)] == [
        "the second is higher", "no clear difference", "the first is higher",
    ]  # fmt: skip


def test_a_run_that_was_trained_on_the_other_s_test_outcomes_is_reported(site, tmp_path):
    store = tmp_path / "out" / "store"
    days = [dt.date(year, 4, 1) for year in (2023, 2024, 2025)]
    early, middle, late = (borough.take(store / "snapshots", day, people=2000) for day in days)
    first, second = (train(site.plan, [before], [after], store) for before, after in ((early, middle), (middle, late)))
    found = compare(first.run_id, second.run_id, store)
    assert found.unfair == [False, True]
    assert in_words(found)["no fair comparison"].startswith("the second was trained")
    assert compare(second.run_id, first.run_id, store).unfair == [False, False]


def test_the_figures_of_a_run_are_those_of_its_model(site):
    client = connect(site.store)
    with quiet():
        run = client.get_run(site.model.run_id)
        [logged] = run.outputs.model_outputs
        found = {metric.key: metric.value for metric in client.get_logged_model(logged.model_id).metrics}
    followed = {name for name in run.data.metrics if name.startswith(("month/", "rolling/", "staleness/"))}
    assert followed
    assert found == {name: value for name, value in run.data.metrics.items() if name not in followed}


def test_runs_are_compared_on_snapshots_found_by_fingerprint(site):
    (site.store / "snapshots").mkdir(exist_ok=True)
    copied = site.store / "snapshots" / "copied"
    if not copied.exists():
        shutil.copytree(site.test[0].folder, copied)
    found = compare(site.model.run_id, site.model.run_id, site.store)
    assert found.n > 3000
    assert found.differences["brier"].difference == 0
    with pytest.raises(ConfigurationError, match="holds no snapshot of 2031-01-01"):
        snapshots_in(site.store, [SnapshotReference("2031-01-01", "?", "", 0)])
    with pytest.raises(ConfigurationError, match="knows no run"):
        compare("nothing", site.model.run_id, site.store)


def test_people_promote_and_roll_back_and_both_are_written_down(site):
    client, name = registry.connect(site.store), site.model.registered_name
    with registry.quiet():
        first = client.get_model_version_by_alias(name, "champion")
        second = client.create_model_version(name, first.source, first.run_id, tags=first.tags)
        registry.promote(name, second.version, "Dr A", "better for carers", site.store)
        now = client.get_model_version_by_alias(name, "champion")
        assert now.version == second.version
        assert json.loads(now.tags["neighbourly.promoted"])["why"] == "better for carers"
        assert registry.roll_back(name, "Dr B", "complaint", site.store) == str(first.version)
        assert client.get_model_version_by_alias(name, "champion").version == first.version
        rolled_back = client.get_model_version(name, second.version)
        assert json.loads(rolled_back.tags["neighbourly.rolled_back"])["by"] == "Dr B"
        assert client.get_model_version_by_alias(name, "challenger").version == second.version
        client.delete_model_version(name, second.version)


def test_decisions_need_a_name_a_reason_and_a_version(site):
    name = site.model.registered_name
    with pytest.raises(ConfigurationError, match="Say who decides and why"):
        registry.promote(name, "1", " ", "because", site.store)
    with pytest.raises(ConfigurationError, match=f"called 'nobody'. There are: {name}"):
        registry.promote("nobody", "1", "A", "because", site.store)
    with pytest.raises(ConfigurationError, match="has no version 99"):
        registry.promote(name, "99", "A", "because", site.store)
    with pytest.raises(ConfigurationError, match="no champion before"):
        registry.roll_back("nobody", "A", "because", site.store)


def test_a_version_under_alarms_is_promoted_only_when_each_is_accepted_by_name(site):
    name = site.model.registered_name
    with registry.quiet():
        client = registry.connect(site.store)
        first = client.get_model_version(name, site.model.registered_version)
        tags = first.tags | {"neighbourly.alarms": "calibration, drift"}
        alarmed = client.create_model_version(name, first.source, first.run_id, tags=tags).version
        with pytest.raises(ConfigurationError, match="--accept drift"):
            registry.promote(name, alarmed, "Dr A", "known and fixed", site.store, ["calibration"])
        registry.promote(name, alarmed, "Dr A", "known and fixed", site.store, ["calibration", "drift"])
        assert client.get_model_version(name, alarmed).tags["neighbourly.accepted.drift"] == "Dr A: known and fixed"
        registry.roll_back(name, "Dr A", "only a test", site.store)
        client.delete_model_version(name, alarmed)


def test_one_does_not_roll_back_to_what_was_rolled_back(site):
    name = site.model.registered_name
    with registry.quiet():
        client = registry.connect(site.store)
        first = client.get_model_version(name, site.model.registered_version)
        tags = {key: value for key, value in first.tags.items() if key != "neighbourly.model_version"}
        second = client.create_model_version(name, first.source, first.run_id, tags=tags).version
        for version in (second, first.version):
            registry.promote(name, version, "Dr A", "to be tried", site.store)
        registry.roll_back(name, "Dr B", "complaints", site.store)
        with pytest.raises(ConfigurationError, match=r"rolled back by Dr B \(complaints\)"):
            registry.roll_back(name, "Dr B", "once more", site.store)
        registry.promote(name, first.version, "Dr A", "cleared up", site.store)
        client.delete_model_version(name, second)


def test_nested_runs_hang_under_their_training(site):
    row = registry.Nested("without social", {"left_out": "social"}, {"test": {"auroc": 0.7, "brier": None}})
    (run,) = registry.log_nested(site.model.run_id, "ablation", [row], site.store)
    with registry.quiet():
        data = registry.connect(site.store).get_run(run).data
    assert data.tags["mlflow.parentRunId"] == site.model.run_id
    assert (data.tags["kind"], data.tags["site"]) == ("ablation", site.plan.site)
    assert (data.metrics, data.params) == ({"test/auroc": 0.7}, {"left_out": "social"})


def test_every_grouping_of_people_is_a_run_under_its_training(site):
    with registry.quiet():
        client = registry.connect(site.store)
        experiment = client.get_run(site.model.run_id).info.experiment_id
        asked = f"tags.kind = 'group' and tags.`mlflow.parentRunId` = '{site.model.run_id}'"
        runs = {run.info.run_name: run.data.metrics for run in client.search_runs([experiment], asked)}
    (sex,) = (metrics for name, metrics in runs.items() if name == "group: sex")
    rows = {row["value"]: row for row in json.loads(Path(site.model.evaluation_path).read_bytes())["subgroups"]
            if row["group"] == "sex"}  # fmt: skip
    assert sex["observed_expected/female"] == pytest.approx(rows["female"]["observed_expected"], rel=1e-3)
    assert (sex["n/female"], sex["events/female"]) == tuple(rounded(rows["female"][name]) for name in ("n", "events"))
    assert "auroc/85 and over" in runs["group: age band"]


def test_the_run_holds_figures_fingerprints_and_pictures(site):
    with registry.quiet():
        run = registry.connect(site.store).get_run(site.model.run_id)
        pictures = registry.connect(site.store).list_artifacts(site.model.run_id, "plots")
    test = json.loads(Path(site.model.evaluation_path).read_bytes())["metrics"]["test"]
    assert run.data.metrics["test/auroc"] == pytest.approx(test["auroc"], abs=1e-4)
    assert run.data.metrics["test/n"] == rounded(test["n"])
    assert int(run.data.params["people"]) % 5 == 0
    assert {"test/ppv_at/0.05", "age_sex/auroc", "oracle/auroc"} <= set(run.data.metrics)
    assert {d.dataset.digest for d in run.inputs.dataset_inputs} == {
        s.fingerprint[:32] for s in [*site.train, *site.test]
    }
    assert run.data.tags["alarms"] == "none"
    assert any(picture.path.endswith("evaluation.html") for picture in pictures)


def test_a_model_is_logged_without_a_search_of_all_installed_packages(tmp_path, weak, monkeypatch):
    mlflow = mlflow_module()
    from mlflow.utils import requirements_utils

    searched = []
    monkeypatch.setattr(requirements_utils, "_MODULES_TO_PACKAGES", None)
    monkeypatch.setattr(
        requirements_utils.importlib_metadata, "packages_distributions", lambda: searched.append("all") or {}
    )
    where = experiment(connect(tmp_path / "store"), "weak", tmp_path / "store")
    with quiet(), mlflow.start_run(experiment_id=where):
        _log_model(mlflow, weak, storage.describe(weak))
    assert not searched
    assert requirements_utils._MODULES_TO_PACKAGES is None, "MLflow can still search for other models of the process"


def test_the_evaluation_in_mlflow_has_no_exact_count(site):
    exact = record.read(site.model.evaluation_path)
    with registry.quiet():
        client = registry.connect(site.store)
        name = f"neighbourly/{Path(site.model.evaluation_path).name}"
        held = json.loads(Path(client.download_artifacts(site.model.run_id, name)).read_text(encoding="utf-8"))
    del held[SEAL]
    assert held == plain(shown(exact))
    assert all(row["n"] % 5 == 0 and row["events"] % 5 == 0 for row in [held["metrics"]["test"], *held["subgroups"]])
    assert held["metrics"]["test"]["n"] != exact.metrics.test.n or exact.metrics.test.n % 5 == 0


def test_files_that_the_store_has_lost_come_back_from_mlflow(site, tmp_path):
    folder = Path(site.model.path)
    moved = tmp_path / "kept"
    shutil.move(folder, moved)
    try:
        key = lineage.training_key(site.plan, site.train, site.test)
        assert registry.known(site.plan, key, site.store) == {"champion": site.model}
        assert storage.content_hash(storage.load(folder)) == site.model.model_version
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        shutil.move(moved, folder)


def test_a_model_whose_files_are_gone_everywhere_is_trained_again(site, tmp_path):
    gone = {Path(site.model.path): tmp_path / "model", site.store.parent / "mlartifacts": tmp_path / "artifacts"}
    for place, aside in gone.items():
        shutil.move(place, aside)
    try:
        key = lineage.training_key(site.plan, site.train, site.test)
        assert registry.known(site.plan, key, site.store) == {}
        with pytest.raises(RunFailed, match="run without --no-train"):
            registry.standing(site.plan, site.store)
    finally:
        for place, aside in gone.items():
            shutil.rmtree(place, ignore_errors=True)
            shutil.move(aside, place)


def test_an_emptied_store_does_not_change_the_version_of_a_model(site):
    learning = sample.load(site.train, sample.varying(site.train), site.plan)
    first, second = (fit(learning, 3, [AGE_SEX]).model for _ in range(2))
    assert storage.content_hash(first) == storage.content_hash(second)
    assert np.array_equal(first.predict_proba(learning.X), second.predict_proba(learning.X))


def test_a_registry_that_fails_is_not_one_without_a_champion(tmp_path):
    from mlflow.exceptions import MlflowException

    class Down:
        """A client whose server is not working."""

        def get_model_version_by_alias(self, name, alias):
            raise MlflowException("no answer")

    with pytest.raises(MlflowException):
        registry.version_of(Down(), "model", "champion")
    assert registry.version_of(registry.connect(tmp_path / "store"), "no-such-model", "champion") is None


@pytest.mark.parametrize("name", ["model.json", "model.skops"])
def test_an_edited_model_or_description_is_fetched_again(site, name):
    path = Path(site.model.path) / name
    before = path.read_bytes()
    path.write_bytes(before.replace(b'"rows": ', b'"rows": 1', 1) if name == "model.json" else before[:-40] + b"}" * 40)
    found = registry.standing(site.plan, site.store)
    assert found.model_version == site.model.model_version
    assert path.read_bytes() == before


def test_an_edited_evaluation_is_made_again_or_fetched_where_nothing_is_trained(site):
    path, key = Path(site.model.evaluation_path), lineage.training_key(site.plan, site.train, site.test)
    before, judged = path.read_bytes(), record.read(path)
    path.write_bytes(before.replace(b'"auroc"', b'"aurok"', 1))
    try:
        assert registry.known(site.plan, key, site.store) == {}
        registry.standing(site.plan, site.store)
        found, was = record.read(path).metrics.test.auroc.value, judged.metrics.test.auroc.value
        assert found == pytest.approx(was, abs=1e-3)  # as MLflow is given it
    finally:
        path.write_bytes(before)


def test_warnings_stay_hidden_until_the_last_thread_has_ended_and_are_shown_again():
    begun, going_on = Event(), Event()

    def beside():
        with quiet():
            begun.set()
            assert going_on.wait(60)

    before, other = list(warnings.filters), Thread(target=beside)
    other.start()
    assert begun.wait(60)
    with quiet():
        going_on.set()
        other.join()
        warnings.warn("an error in our tests", stacklevel=1)
    assert warnings.filters == before
