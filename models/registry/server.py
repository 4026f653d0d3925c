"""Serves MLflow's pages from the database of an output folder, as an ASGI application."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from models.registry.client import mlflow_module, quiet
from models.registry.database import artifacts, database, ready


@quiet()
def application(out: Path) -> Any:
    """Make the server for the database and artifacts that are set, or else for `<out>/mlflow.db` and
    `<out>/mlartifacts`.

    It adds no security measures to MLflow's.
    """
    mlflow_module()
    from mlflow.server import constants
    from mlflow.server.handlers import initialize_backend_stores

    where, destination = database() or ready(out), artifacts(out)
    os.environ[constants.BACKEND_STORE_URI_ENV_VAR] = where
    os.environ[constants.ARTIFACTS_DESTINATION_ENV_VAR] = destination
    os.environ[constants.ARTIFACT_ROOT_ENV_VAR] = "mlflow-artifacts:/"
    os.environ[constants.SERVE_ARTIFACTS_ENV_VAR] = "true"
    initialize_backend_stores(where, None, "mlflow-artifacts:/")
    from mlflow.server.fastapi_app import app

    return app
