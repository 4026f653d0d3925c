"""Recalibration in the large: only when recent outcomes are clear, never silently, and the alarms stay."""

from __future__ import annotations

import dataclasses
import datetime as dt
import shutil

import borough
import numpy as np
import polars as pl
import pytest

from models import metrics, registry, storage
from models.documents.card import model_card
from models.judging.test_dates import load_test
from models.learning.calibrate import in_the_large, shifted
from models.recalibrate import DONE, NOT_DONE, recalibrated
from models.score import score

RNG = np.random.default_rng(8)
RISK = metrics.expit(RNG.normal(-2, 1, 20_000))


def test_recent_outcomes_put_the_total_right():
    y = (RNG.random(20_000) < shifted(RISK, -0.6)).astype(int)
    shift = in_the_large(RISK, y)
    assert shift == pytest.approx(-0.6, abs=0.05)
    assert shifted(RISK, shift).sum() == pytest.approx(y.sum(), rel=0.01)


def test_a_handful_of_outcomes_moves_nobody():
    few = np.zeros(40, int)
    few[0] = 1
    assert abs(in_the_large(np.full(40, 0.05), few)) < 0.3
    assert in_the_large(np.full(10, 0.05), np.zeros(10, int)) == 0


@pytest.fixture
def store(site, tmp_path):
    """A copy of the store and the registry."""
    shutil.copytree(site.store.parent, tmp_path / "out")
    return tmp_path / "out" / "store"


def test_outcomes_that_are_clearly_fewer_lower_every_risk_and_say_so(site, store, tmp_path):
    fewer = borough.take(tmp_path / "fewer", dt.date(2024, 4, 1), shift=-1.0)
    moved, notice = recalibrated(site.model, [fewer], site.plan, store)
    assert notice.name == DONE
    assert moved.model_version != site.model.model_version
    plain = pl.read_parquet(score(site.model, fewer, tmp_path))["risk"].to_numpy()
    lower = pl.read_parquet(score(moved, fewer, tmp_path))["risk"].to_numpy()
    by = storage.describe(moved.path).recalibrated.by
    assert metrics.logit(lower) == pytest.approx(metrics.logit(plain) + by)
    assert by == pytest.approx(-1.0, abs=0.25)
    test = load_test([fewer], site.plan)
    assert test.risks(storage.load(moved.path)).sum() == pytest.approx(test.y.sum(), rel=0.02)
    with registry.quiet():
        tags = registry.connect(store).get_run(site.model.run_id).data.tags
    assert moved.model_version in tags["recalibrated"]
    assert "the odds of every risk were multiplied by" in model_card(moved)
    assert (moved.evaluation_path, moved.alias) == (site.model.evaluation_path, site.model.alias)


def test_recalibrating_twice_gives_the_same_version(site, store, tmp_path):
    fewer = borough.take(tmp_path, dt.date(2024, 4, 1), shift=-1.0)
    first, second = (recalibrated(site.model, [fewer], site.plan, store)[0] for _ in range(2))
    assert first == second


def test_outcomes_as_foreseen_move_nothing(site, store, tmp_path):
    same = borough.take(tmp_path, dt.date(2024, 4, 1), seed=3)
    model, notice = recalibrated(site.model, [same], site.plan, store)
    assert (model, notice.name) == (site.model, NOT_DONE)


def test_outcomes_that_the_model_was_trained_on_are_not_used(site, store):
    model, notice = recalibrated(site.model, site.train, site.plan, store)
    assert model == site.model
    assert "trained on outcomes after 2023-04-01" in notice.detail


def test_without_any_event_nothing_is_moved(site, store, tmp_path):
    nobody = borough.take(tmp_path, dt.date(2024, 4, 1), people=300, shift=-30)
    plan = dataclasses.replace(site.plan)
    assert recalibrated(site.model, [nobody], plan, store)[1].name in {DONE, NOT_DONE}
