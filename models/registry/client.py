"""Connects to MLflow, without its messages: to the database in the output folder, or to the server that is set."""

from __future__ import annotations

import logging
import os
import threading
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from data_schemas import disk
from data_schemas.errors import ConfigurationError, RunFailed
from data_schemas.memory import keep_what_is_loaded
from data_schemas.servers import refuse_silent
from models.registry.database import ARTIFACTS, DATABASE, SERVER, artifacts, at_home, elsewhere, ready

BATCH = 900
"""Number of metrics in one request. MLflow accepts at most 1000."""
KIND = {"mlflow.experimentKind": "custom_model_development"}
"""The setting that makes MLflow's pages show runs, metrics and registered models rather than traces and prompts."""


def make_early(store: Path) -> None:
    """Start to make MLflow's database in the output folder, which takes seconds, while other work continues. `connect`
    waits for it."""
    if not elsewhere():
        threading.Thread(target=_made, args=(store.parent.resolve(),), daemon=True).start()


def _made(out: Path) -> None:
    with suppress(Exception), quiet():  # `connect` will say what is wrong
        mlflow_module()
        ready(out)


class _Hidden:
    """Whether warnings are hidden. Their filters belong to the process: the first thread hides warnings, the last one
    shows them again."""

    def __init__(self) -> None:
        self.lock, self.threads, self.before = threading.Lock(), 0, warnings.catch_warnings()

    def enter(self) -> None:
        with self.lock:
            if not self.threads:
                self.before = warnings.catch_warnings()
                self.before.__enter__()
                warnings.simplefilter("ignore")
            self.threads += 1

    def leave(self) -> None:
        with self.lock:
            self.threads -= 1
            if not self.threads:
                self.before.__exit__(None, None, None)


_HIDDEN = _Hidden()


@contextmanager
def quiet() -> Iterator[None]:
    """Hide the deprecation warnings of MLflow and its libraries, which users cannot fix."""
    _HIDDEN.enter()
    try:
        yield
    finally:
        _HIDDEN.leave()


def mlflow_module() -> Any:
    """MLflow, without telemetry and messages on import."""
    for name in ("MLFLOW_DISABLE_TELEMETRY", "DO_NOT_TRACK", "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT"):
        os.environ.setdefault(name, "true")
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    with quiet():
        import mlflow
        import mlflow.sklearn
    for logger in ("mlflow", "alembic"):
        logging.getLogger(logger).setLevel(logging.ERROR)
    return mlflow


@quiet()
def warm_up() -> None:
    """Import MLflow, skops and matplotlib, which takes seconds. Call it in a thread, while other work continues."""
    mlflow_module()
    import matplotlib.backends.backend_agg
    import matplotlib.figure  # noqa: F401
    import skops.io  # noqa: F401

    if not elsewhere():
        import mlflow.store.tracking.sqlalchemy_store  # noqa: F401
    keep_what_is_loaded()


def connect(store: Path) -> Any:
    """Connect to the server or database that is set, or else to `<out>/mlflow.db` (`store` is `<out>/store`)."""
    mlflow = mlflow_module()
    server, where = os.environ.get(SERVER), elsewhere()
    _refuse_silent(server, os.environ.get(DATABASE))
    if where.startswith("postgresql") and not find_spec("psycopg2"):
        raise ConfigurationError(
            f"{DATABASE}: PostgreSQL needs one package more; install it with: pip install 'neighbourly[postgres]'"
        )
    mlflow.set_tracking_uri(where or ready(store.parent.resolve()))
    # MLflow records the location of artifacts for each run. Without this, artifacts of a copy of this folder would be
    # written to the original.
    mlflow.tracking._tracking_service.utils._artifact_repos_cache.clear()  # noqa: SLF001 - it offers nothing else
    at_home(store.parent.resolve())
    if server is None:  # MLflow has just set it: the next run in this process would also use this folder
        os.environ.pop(SERVER, None)
    return mlflow.MlflowClient()


@cache
def _refuse_silent(server: str | None, database: str | None) -> None:
    """Ask once whether the server is there. MLflow itself would keep asking for minutes."""
    refuse_silent({SERVER: server, DATABASE: database})


def experiment(client: Any, name: str, store: Path) -> str:
    """Find or create an experiment and return its id. A separate server decides where its artifacts are."""
    known = client.get_experiment_by_name(name)
    if known is not None:
        return str(known.experiment_id)
    place = None if os.environ.get(SERVER) else artifacts(store.parent)
    return str(client.create_experiment(name, artifact_location=place, tags=KIND))


class FilesGone(RunFailed):
    """Error: the files of a model are neither in the store nor among the artifacts."""


def fetch(client: Any, run_id: str, folder: Path, names: Sequence[str]) -> None:
    """Fetch files of a model that the store does not have from the artifacts of its run. Raises `FilesGone` if these
    were deleted too."""
    from mlflow.exceptions import MlflowException

    for name in names:
        if (folder / name).exists():
            continue
        try:
            fetched = Path(client.download_artifacts(run_id, f"neighbourly/{name}")).read_bytes()
        except (MlflowException, OSError):
            if elsewhere():  # if a server fails, its files are not lost
                raise
            fetched = None
        if fetched is None:
            raise FilesGone(
                f"{name} of the model {folder.name} is gone from {folder.parent} and from {ARTIFACTS}; train again: run without --no-train"
            )
        disk.write(folder / name, fetched)


def run_of(run_id: str, store: Path) -> tuple[Any, Any]:
    """Return a client and a run. Raises a ConfigurationError if MLflow does not know the run."""
    from mlflow.exceptions import MlflowException

    client = connect(store)
    try:
        return client, client.get_run(run_id)
    except MlflowException:
        raise ConfigurationError(f"MLflow knows no run {run_id!r}. Its runs page lists them.") from None
