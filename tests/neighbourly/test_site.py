"""The notebook module returns the right data, gives clear errors, and does not change the store."""

from __future__ import annotations

import doctest
import hashlib
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

import neighbourly
from data_schemas.errors import ConfigurationError
from models.compare import compare
from neighbourly.site import Site

AS_OF = "2024-04-01"


@pytest.fixture
def site(out: Path) -> Site:
    return neighbourly.open(out)


def stored(out: Path) -> dict[str, str]:
    """Every file of the store and its content."""
    files = [path for path in (out / "store").rglob("*") if path.is_file()]
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_the_examples_of_the_documentation_run(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(out.parent)
    found = doctest.testmod(neighbourly)
    assert found.attempted > 8
    assert found.failed == 0


def test_frames_are_pandas_by_pseudonym_and_arrow_on_request(site: Site) -> None:
    features = site.features(AS_OF)
    assert isinstance(features, pd.DataFrame)
    assert features.index.is_unique
    assert (features.dtypes == np.float32).all()
    table = features.arrow()
    assert isinstance(table, pa.Table)
    assert (table.num_rows, table.num_columns) == (len(features), features.shape[1] + 1)
    assert list(site.features(AS_OF, ["lives_alone", "age"]).columns) == ["lives_alone", "age"]


def test_the_champion_gives_the_published_risks(site: Site) -> None:
    risk = site.champion().predict_proba(site.features(AS_OF))[:, 1]
    assert risk == pytest.approx(site.scores(AS_OF).loc[site.features(AS_OF).index, "risk"].to_numpy())


def test_examples_leave_out_those_whose_outcome_is_not_known(site: Site) -> None:
    outcomes = site.outcomes(AS_OF)
    x, y = site.examples(AS_OF)
    assert len(x) == len(y) == int((~outcomes["left"]).sum()) < len(outcomes)
    assert y.sum() == outcomes["event"].sum()
    pooled, _ = site.examples(*site.train_dates)
    assert pooled.index.duplicated().sum() > 0


def test_what_is_not_there_is_named_with_what_is(site: Site, tmp_path: Path) -> None:
    with pytest.raises(
        ConfigurationError,
        match="no features as of 2020-01-01; dates with features: 2023-01-01, 2023-04-01, 2024-04-01",
    ):
        site.features("2020-01-01")
    with pytest.raises(ConfigurationError, match="no run as of 2023-01-01; published runs: 2024-04-01"):
        site.scores("2023-01-01")
    with pytest.raises(ConfigurationError, match="there is no feature 'lives_alon'; nearest: lives_alone"):
        site.features(AS_OF, ["lives_alon"])
    with pytest.raises(ConfigurationError, match="give the folder named with --out"):
        neighbourly.open(tmp_path)


class Unknown(LogisticRegression):
    """A class of which opening a file must not make an object."""


def test_a_model_of_ones_own_is_logged_and_compared_and_the_store_is_left_alone(site: Site, out: Path) -> None:
    before = stored(out)
    x, y = site.examples(*site.train_dates, columns=["age", "emergency_admissions_1y", "systolic"])
    model = make_pipeline(SimpleImputer(), LogisticRegression(max_iter=1000)).fit(x, y)
    run = site.log_model(model, "three features", train=site.train_dates)
    site.champion(), site.outcomes(AS_OF), site.cohort(), site.meanings()
    assert stored(out) == before
    found = compare(run, site.report()["model"]["run_id"], out / "store")
    assert "three features" in found.models[0]
    assert found.unfair == [False, False]
    assert set(found.differences) >= {"auroc", "brier"}


def test_a_model_that_could_run_code_when_opened_is_refused(site: Site) -> None:
    x, y = site.examples(*site.train_dates, columns=["age"])
    with pytest.raises(ConfigurationError, match="could run code when it is opened"):
        site.log_model(Unknown().fit(x, y), "mine", train=site.train_dates)
    with pytest.raises(ConfigurationError, match="fit it on a frame"):
        site.log_model(LogisticRegression().fit(x.to_numpy(), y), "mine", train=site.train_dates)
