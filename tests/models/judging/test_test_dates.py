"""Figures in addition to the headline: the true risks, and people who were not in training."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from models import metrics
from models.judging import test_dates
from models.judging.test_dates import load_test


def test_a_truth_that_finds_nobody_at_the_top_is_no_error(site, tmp_path):
    test = load_test(site.test, site.plan)
    event = pl.read_parquet(site.test[0].folder / "outcomes")["event"]
    rest = pl.Series(np.random.default_rng(0).choice([0.05, 0.9], len(event)))
    middling = pl.read_parquet(site.truth).with_columns(risk=pl.when(event).then(0.1).otherwise(rest))
    middling.write_parquet(tmp_path / "truth.parquet")
    found = test_dates.oracle(test, np.linspace(0.1, 0.2, len(test.y)), tmp_path / "truth.parquet")
    assert found.ppv_at_5_percent == 0
    assert found.model_share_of_ppv_at_5_percent is None


def test_the_share_of_what_the_truth_achieves_by_hand(site):
    test = load_test(site.test, site.plan)
    true = test_dates.true_risks(test, site.truth)
    found = test_dates.oracle(test, true, site.truth)
    best = np.argsort(-true, kind="stable")[: int(metrics.top_size(0.05, len(true)))]
    assert found.ppv_at_5_percent == pytest.approx(test.y[best].mean())
    assert found.model_share_of_ppv_at_5_percent == 1
