"""Models on disk: skops files (which cannot run code when opened), a description, and a version that is a hash of
the content."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from data_schemas import disk
from data_schemas.errors import RunFailed
from data_schemas.receipts import Feature, SnapshotReference, TrainingPlan
from data_schemas.sealed import opened, sealed
from models.learning import STORED_AS
from models.learning.estimators import RiskModel

TRUSTED = [
    "collections.OrderedDict",
    "lightgbm.basic.Booster",
    "lightgbm.sklearn.LGBMClassifier",
    *(
        f"{STORED_AS}.{name}"
        for name in ("Calibrator", "LinearTerms", "Logistic", "Newcomers", "OwnModel", "RiskModel")
    ),
    "numpy.dtype",
    "sklearn._loss.link.Interval",
    "sklearn._loss.link.LogitLink",
    "sklearn._loss.loss.HalfBinomialLoss",
    "sklearn.ensemble._hist_gradient_boosting.binning._BinMapper",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
]
"""Every type that one of our models may hold in addition to skops' defaults."""
VERSION_LETTERS = 16
SCHEMA = "schema.json"
"""In a skops file: the structure of the model, with the dotted path of every type."""
MOVED = [
    *(f"models.{name}" for name in ("calibrate", "estimators", "terms")),
    *(f"models.learning.{name}" for name in ("calibrate", "estimators", "logistic", "own", "terms")),
]
"""Module names in models that were saved by release 0.1, or before types had their own name."""
CHANGED = (
    "{folder}: the model is not the one that its version names: it was changed or damaged. Delete the folder and run again: it is fetched "
    "from MLflow, or trained again"
)


def content_hash(model: RiskModel) -> str:
    """Hash of what the model has learned: the same for the same content, whatever the file or the process."""
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


@dataclass(frozen=True)
class Bins:
    """Edges of bins of a value, and the share of people in each. The last share is of those without a value."""

    edges: list[float]
    shares: list[float]


@dataclass(frozen=True)
class Reference:
    """The distribution of features and risks in training."""

    features: dict[str, Bins]
    risk: Bins


@dataclass(frozen=True)
class Moved:
    """By how much risks were recalibrated (`by`, in log-odds), from which version, and by which outcomes."""

    version: str
    by: float
    outcomes_after: str
    observed_expected: str


@dataclass(frozen=True)
class Description:
    """The description stored with a model: what it was trained on and how, without a row."""

    candidate: str
    calibration: str
    plan: TrainingPlan
    features: list[Feature]
    feature_set: str
    train: list[SnapshotReference]
    rows: int
    """This and the three counts below are rounded, because a model goes where counts of people may not."""
    people: int
    events: int
    stands_for: int
    reference: Reference
    code: str
    model_version: str = ""
    looked_at: int = 0
    """Features that vary, where a first look chose among them; else 0."""
    recalibrated: Moved | None = None

    @property
    def parameters(self) -> int:
        """Features that training has looked at."""
        return self.looked_at or len(self.features)


def save(model: RiskModel, description: Description, store: Path) -> tuple[Path, str]:
    """`store/models/<model_version>/` with `model.skops` and `model.json`."""
    import skops.io

    version = content_hash(model)
    folder = store / "models" / version
    disk.write(folder / "model.skops", skops.io.dumps(model))
    disk.write(folder / "model.json", sealed(replace(description, model_version=version)))
    return folder, version


def load(folder: str | Path) -> RiskModel:
    """The model in a folder, checked against its version. Each caller gets a copy; a process opens it once.

    Raises `skops.io.exceptions.UntrustedTypesFoundException` for anything but our own types, RunFailed for a model that
    was changed.
    """
    model, version = _opened(_where_modules_are_now(Path(folder) / "model.skops"))
    if version != describe(folder).model_version:
        raise RunFailed(CHANGED.format(folder=folder))
    return copy(model)


@lru_cache(maxsize=2)  # the champion and its challenger
def _opened(content: bytes) -> tuple[RiskModel, str]:
    """The model in a skops file, and the version computed from its content."""
    import skops.io

    model: RiskModel = skops.io.loads(content, trusted=TRUSTED)
    return model, content_hash(model)


def is_as_saved(folder: Path) -> bool:
    """Whether a folder holds a model that opens and matches its version."""
    try:
        load(folder)
    except Exception:  # noqa: BLE001 - a damaged file fails in any way that zip, JSON, skops and numpy know
        return False
    return folder.name == describe(folder).model_version


def _where_modules_are_now(path: Path) -> bytes:
    """The bytes of a skops file. In one saved before our modules were moved, the module names are updated."""
    with zipfile.ZipFile(path) as saved:
        schema = saved.read(SCHEMA).decode()
        named = schema
        for before in MOVED:
            named = named.replace(f'"__module__": "{before}"', f'"__module__": "{STORED_AS}"')
        if named == schema:
            return path.read_bytes()
        with io.BytesIO() as buffer:
            with zipfile.ZipFile(buffer, "w") as renamed:
                for name in saved.namelist():
                    renamed.writestr(name, named if name == SCHEMA else saved.read(name))
            return buffer.getvalue()


def describe(folder: str | Path) -> Description:
    """The description stored with a model. Raises `data_schemas.sealed.Changed` if it was changed."""
    return opened(Description, Path(folder) / "model.json")
