"""From snapshots to a registered model, its scores and its reasons."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from pathlib import Path
from types import SimpleNamespace

import borough
import numpy as np
import polars as pl
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from data_schemas.errors import DataRefused
from data_schemas.feature_parts import scan_parts
from models import explain, lineage, registry, storage
from models import train as training
from models.learning import sample
from models.score import score
from models.train import train


def test_the_model_beats_the_rivals_and_comes_near_the_truth(site):
    found = json.loads(Path(site.model.evaluation_path).read_bytes())
    auroc = found["metrics"]["test"]["auroc"]
    assert auroc > max(rival["auroc"] for rival in found["baselines"].values())
    oracle = found["metrics"]["oracle"]
    assert oracle["auroc"] - auroc < 0.02
    assert oracle["auroc_ratio"] == pytest.approx(oracle["model_auroc"] / oracle["auroc"])
    assert oracle["log_odds_correlation"] < 1
    assert 0.5 < oracle["rank_correlation"] < 1
    assert 0.8 < found["metrics"]["test"]["calibration_slope"] < 1.25
    assert [trial["candidate"] for trial in found["selection"] if trial["chosen"]] == [site.model.candidate]
    assert set(found["baselines"]) == {"age_sex", "prior_admissions", "parr30", "parr30_published"}


def test_features_that_do_not_vary_are_dropped_by_the_model(site):
    names = [feature.name for feature in storage.describe(site.model.path).features]
    assert "never_happens" not in names
    assert "recorded_lonely" in names


def test_the_same_training_gives_the_same_model_and_scores_even_if_other_work_fails_meanwhile(site, tmp_path):
    asked = []

    def meanwhile():
        asked.append("meanwhile")
        raise MemoryError

    again = train(site.plan, site.train, site.test, tmp_path / "out" / "store", truth=site.truth, meanwhile=meanwhile)
    assert asked == ["meanwhile"]
    assert again.model_version == site.model.model_version
    assert Path(again.evaluation_path).read_bytes() == Path(site.model.evaluation_path).read_bytes()
    first, second = score(site.model, site.test[0], site.store), score(again, site.test[0], tmp_path / "store")
    assert first.read_bytes() == second.read_bytes()


def test_the_model_and_its_rivals_calculate_with_one_thread_whichever_ends_first(monkeypatch):
    def threads(*_):
        return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}

    def learn(*given):
        return threads(), given[-1]()  # what `references` found

    monkeypatch.setattr(training, "rival_risks", threads)
    monkeypatch.setattr(training, "learn", learn)
    monkeypatch.setattr(training.drift, "references", threads)
    with threadpool_limits(2, "blas"):
        assert training.learn_with_rivals(SimpleNamespace(seed=1), *[None] * 6) == (({1}, {1}), {1})


def test_those_left_out_of_a_draw_do_not_pass_for_new_people(site, tmp_path, monkeypatch):
    monkeypatch.setattr(sample.load, "__defaults__", (20_000, None))
    drawn = train(site.plan, site.train, site.test, tmp_path / "out" / "store")
    assert storage.describe(drawn.path).rows < 3000
    new, whole = (
        json.loads(Path(model.evaluation_path).read_bytes())["metrics"]["new_people"] for model in (drawn, site.model)
    )
    assert (new["n"], new["events"]) == (whole["n"], whole["events"])


def test_scores_are_of_everyone_in_person_order(site):
    found = pl.read_parquet(score(site.model, site.test[0], site.store))
    assert found.schema == {"person": pl.Int32, "risk": pl.Float64}
    assert found["person"].to_list() == list(range(4000))
    assert found["risk"].is_between(0, 1, closed="none").all()


def test_few_events_are_refused(site, tmp_path):
    tiny = [borough.take(tmp_path, dt.date(2023, 1, 1), people=300)]
    with pytest.raises(DataRefused, match="at least 50 are needed"):
        train(site.plan, tiny, site.test, tmp_path / "store")
    assert not (tmp_path / "store").exists()


def test_a_test_window_without_events_is_refused(site, tmp_path):
    nobody = [borough.take(tmp_path, dt.date(2024, 6, 1), people=500, shift=-30)]
    with pytest.raises(DataRefused, match="could not be tested"):
        train(site.plan, site.train, nobody, tmp_path / "store")


def test_leavers_can_be_weighted_for(site, tmp_path):
    plan = dataclasses.replace(site.plan, leavers="weight")
    model = train(plan, site.train, site.test, tmp_path / "store")
    found = json.loads(Path(model.evaluation_path).read_bytes())["metrics"]
    assert found["test"] == found["leavers_weighted"]
    assert found["test"]["auroc"] == pytest.approx(found["leavers_excluded"]["auroc"], abs=0.02)
    assert found["test"]["observed_expected"] != found["leavers_excluded"]["observed_expected"]


def test_the_champion_is_reused_while_nothing_changes(site):
    assert train(site.plan, site.train, site.test, site.store) == site.model
    other = lineage.training_key(dataclasses.replace(site.plan, seed=8), site.train, site.test)
    assert registry.known(site.plan, other, site.store) == {}


def test_no_person_reaches_mlflow(site):
    kept = list((site.store.parent / "mlartifacts").rglob("*"))
    assert any(path.name == "model.skops" for path in kept)
    assert not [path for path in kept if path.suffix in {".parquet", ".csv"}]


def test_a_data_scientist_can_load_and_use_the_registered_model(site):
    import mlflow

    registry.connect(site.store)
    whole = scan_parts(site.test[0].folder).collect().to_pandas()
    with registry.quiet():
        loaded = mlflow.pyfunc.load_model(f"models:/{site.model.registered_name}@champion")
        given = loaded.predict(whole)
    expected = pl.read_parquet(score(site.model, site.test[0], site.store))["risk"].to_numpy()
    assert np.allclose(given[:, 1], expected)


def test_reasons_add_up_to_the_log_odds(site):
    model = storage.load(site.model.path)
    values = sample.matrix(site.test[0], list(model.feature_names), np.arange(200, dtype=np.int32))
    given = explain.contribution_matrix(model, values)
    margin = model.margin(values) * model.calibrator_.slope()
    assert np.ptp(margin - given.sum(axis=1)) < 1e-4


def test_contributions_are_written_for_the_people_asked_for(site):
    found = pl.read_parquet(explain.contributions(site.model, site.test[0], [7, 3, 999_999], site.store))
    assert found["person"].unique().sort().to_list() == [3, 7]
    assert found.schema == {"person": pl.Int32, "feature": pl.String, "value": pl.Float32, "contribution": pl.Float64}
