"""Models on disk: skops files (which cannot run code when opened), a description, and a version that is a hash of the content."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from data_schemas import disk
from models.learning.estimators import RiskModel

TRUSTED = [
    "collections.OrderedDict",
    "lightgbm.basic.Booster",
    "lightgbm.sklearn.LGBMClassifier",
    "models.learning.calibrate.Calibrator",
    "models.learning.elastic_net.ElasticNetLogistic",
    "models.learning.estimators.RiskModel",
    "models.learning.logistic.Logistic",
    "models.learning.own.OwnModel",
    "models.learning.terms.LinearTerms",
    "numpy.dtype",
    "sklearn._loss.link.Interval",
    "sklearn._loss.link.LogitLink",
    "sklearn._loss.loss.HalfBinomialLoss",
    "sklearn.ensemble._hist_gradient_boosting.binning._BinMapper",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
]
"""Every type beyond the defaults of skops that one of our models may hold."""
VERSION_LETTERS = 16


def content_hash(model: RiskModel) -> str:
    """Hash of what the model has learnt: the same for the same content, whatever the file or the process."""
    digest = hashlib.sha256()
    _feed(digest, model)
    return digest.hexdigest()[:VERSION_LETTERS]


def _feed(digest: Any, thing: Any) -> None:
    """Feed any value in an order that does not depend on hashes, addresses or dictionary order."""
    digest.update(type(thing).__name__.encode())
    if isinstance(thing, np.ndarray) and thing.dtype.hasobject:
        _feed(digest, thing.tolist())
    elif isinstance(thing, np.ndarray):
        digest.update(f"{thing.dtype}{thing.shape}".encode() + np.ascontiguousarray(thing).tobytes())
    elif isinstance(thing, Mapping):
        for key in sorted(thing, key=str):
            digest.update(str(key).encode())
            _feed(digest, thing[key])
    elif isinstance(thing, list | tuple):
        for part in thing:
            _feed(digest, part)
    elif hasattr(thing, "model_to_string"):
        digest.update(thing.model_to_string().encode())
    elif hasattr(thing, "__dict__"):
        _feed(digest, vars(thing))
    elif " at 0x" not in (text := repr(thing)):  # an address would be another in every process
        digest.update(text.encode())


def as_json(content: object) -> bytes:
    """JSON for people and programs: indented, dates as text, NaN as null."""
    return (json.dumps(_plain(content), indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode()


def _plain(thing: Any) -> Any:
    if isinstance(thing, Mapping):
        return {str(key): _plain(value) for key, value in thing.items()}
    if isinstance(thing, list | tuple | np.ndarray):
        return [_plain(part) for part in thing]
    if isinstance(thing, np.generic):
        return _plain(thing.item())
    if isinstance(thing, float) and not np.isfinite(thing):
        return None
    return thing if isinstance(thing, str | int | float | bool | None) else str(thing)


def save(model: RiskModel, description: Mapping[str, Any], store: Path) -> tuple[Path, str]:
    """`store/models/<model_version>/` with `model.skops` and `model.json`."""
    import skops.io

    version = content_hash(model)
    folder = store / "models" / version
    disk.write(folder / "model.skops", skops.io.dumps(model))
    disk.write(folder / "model.json", as_json({**description, "model_version": version}))
    return folder, version


def load(folder: str | Path) -> RiskModel:
    """The model of a folder; `skops.io.exceptions.UntrustedTypesFoundException` for anything but our own types."""
    import skops.io

    model: RiskModel = skops.io.load(Path(folder) / "model.skops", trusted=TRUSTED)
    return model


def describe(folder: str | Path) -> dict[str, Any]:
    """What was written beside the model: features, plan, dates, fingerprints."""
    found: dict[str, Any] = json.loads((Path(folder) / "model.json").read_bytes())
    return found
