"""Stores models on disk: skops files (which cannot run code when opened), a description, and a version, which is a hash
of the content."""

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
"""All types that our models may contain in addition to skops' defaults."""
VERSION_LETTERS = 16
SCHEMA = "schema.json"
"""The member of a skops file with the structure of the model and the dotted path of every type."""
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
    """Hash of a model's content. The same content gives the same hash in every file and process."""
    digest = hashlib.sha256()
    _feed(digest, model)
    return digest.hexdigest()[:VERSION_LETTERS]


def _feed(digest: Any, thing: Any) -> None:
    """Add any value to the hash, in an order that does not depend on hashes, addresses or dictionary order."""
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
    elif " at 0x" not in (text := repr(thing)):  # an address differs between processes
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
    """How much risks were recalibrated (`by`, in log-odds), from which version, and using which outcomes."""

    version: str
    by: float
    outcomes_after: str
    observed_expected: str


@dataclass(frozen=True)
class Description:
    """The description stored with a model: its training data and how it was trained. It contains no rows of data."""

    candidate: str
    calibration: str
    plan: TrainingPlan
    features: list[Feature]
    feature_set: str
    train: list[SnapshotReference]
    rows: int
    """This and the three counts below are rounded, because a model can leave the place where exact counts must stay."""
    people: int
    events: int
    stands_for: int
    reference: Reference
    code: str
    model_version: str = ""
    looked_at: int = 0
    """Number of features that vary, if a first look chose among them; otherwise 0."""
    recalibrated: Moved | None = None

    @property
    def parameters(self) -> int:
        """Number of features that training considered."""
        return self.looked_at or len(self.features)


def save(model: RiskModel, description: Description, store: Path) -> tuple[Path, str]:
    """Write a model to `store/models/<model_version>/`, as `model.skops` and `model.json`."""
    import skops.io

    version = content_hash(model)
    folder = store / "models" / version
    disk.write(folder / "model.skops", skops.io.dumps(model))
    disk.write(folder / "model.json", sealed(replace(description, model_version=version)))
    return folder, version


def load(folder: str | Path) -> RiskModel:
    """Open the model in a folder and check it against its version. Each caller gets a copy. A process opens a file
    once.

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
    """Whether a folder has a model that opens and matches its version."""
    try:
        load(folder)
    except Exception:  # noqa: BLE001 - a damaged file fails in any way that zip, JSON, skops and numpy know
        return False
    return folder.name == describe(folder).model_version


def _where_modules_are_now(path: Path) -> bytes:
    """Read the bytes of a skops file. Updates module names in files saved before our modules were moved."""
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
    """Read the description stored with a model. Raises `data_schemas.sealed.Changed` if somebody changed it."""
    return opened(Description, Path(folder) / "model.json")
