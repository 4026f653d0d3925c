"""Models on disk: those saved before modules moved still load."""

from __future__ import annotations

import io
import re
import zipfile

import numpy as np
import pytest
import skops.io

from models import storage
from models.learning import sample


def saved_before_the_move(content: bytes) -> bytes:
    """The same file in the form that release 0.1 would have written."""
    written = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as now, zipfile.ZipFile(written, "w") as before:
        for name in now.namelist():
            part = now.read(name)
            before.writestr(name, as_named_before(part.decode()) if name == storage.SCHEMA else part)
    return written.getvalue()


def as_named_before(schema: str) -> str:
    """Give our types the names of their old modules. Newer types have none."""
    for name, old in (("RiskModel", "estimators"), ("Calibrator", "calibrate"), ("LinearTerms", "terms")):
        ours = rf'("__class__": "{name}",\s*"__module__": )"{re.escape(storage.STORED_AS)}"'
        schema = re.sub(ours, rf'\1"models.{old}"', schema)
    return schema


def test_a_model_saved_before_modules_moved_gives_the_same_risks(site, tmp_path):
    old = saved_before_the_move((storage.Path(site.model.path) / "model.skops").read_bytes())
    assert b"models.calibrate" in zipfile.ZipFile(io.BytesIO(old)).read(storage.SCHEMA)
    (tmp_path / "model.skops").write_bytes(old)
    (tmp_path / "model.json").write_bytes((storage.Path(site.model.path) / "model.json").read_bytes())
    model = storage.load(tmp_path)
    values = sample.matrix(site.test[0], list(model.feature_names), np.arange(50, dtype=np.int32))
    assert (model.predict_proba(values) == storage.load(site.model.path).predict_proba(values)).all()
    assert storage.content_hash(model) == site.model.model_version


def test_a_type_that_is_not_ours_is_not_loaded(tmp_path):
    from sklearn.base import BaseEstimator

    class Foreign(BaseEstimator):
        """A class from elsewhere."""

    (tmp_path / "model.skops").write_bytes(skops.io.dumps(Foreign()))
    with pytest.raises(skops.io.exceptions.UntrustedTypesFoundException):
        storage.load(tmp_path)


def test_each_caller_has_a_model_of_its_own_and_a_changed_file_is_noticed(site, tmp_path):
    first, second = storage.load(site.model.path), storage.load(site.model.path)
    first.calibrator_ = first.calibrator_.moved(1.0)
    assert storage.content_hash(second) == site.model.model_version
    folder = tmp_path / "changed"
    storage.save(first, storage.describe(site.model.path), tmp_path)
    moved = next((tmp_path / "models").iterdir())
    folder.mkdir()
    (folder / "model.skops").write_bytes((moved / "model.skops").read_bytes())
    (folder / "model.json").write_bytes((storage.Path(site.model.path) / "model.json").read_bytes())
    with pytest.raises(storage.RunFailed, match="changed or damaged"):
        storage.load(folder)
