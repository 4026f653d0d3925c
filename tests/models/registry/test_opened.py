"""MLflow's users can open the champion from their own program, in their own folder."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pandas as pd

from models import registry, storage

PROGRAM = """
import sys, warnings
import models
assert models.MINE
with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of MLflow's own parts
    import mlflow
    import pandas as pd
    mlflow.set_tracking_uri(sys.argv[1])
    opened = mlflow.pyfunc.load_model(f"models:/{sys.argv[2]}@champion")
    risks = opened.predict(pd.read_parquet("people.parquet"))
from models.mine import MORE
assert MORE and models.MINE
pd.DataFrame(risks).to_csv(sys.stdout, index=False, header=False)
"""


def test_beside_a_package_called_models_with_float64_and_more_columns_than_the_model_uses(site, tmp_path):
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "__init__.py").write_text("MINE = True\n")
    (tmp_path / "models" / "mine.py").write_text("MORE = True\n")
    model = storage.load(site.model.path)
    people = pd.DataFrame(np.random.default_rng(1).integers(0, 80, (5, len(model.feature_names))) / 2)
    people.columns = model.feature_names
    people.assign(practice="A12345", surplus=1.5)[["surplus", *model.feature_names[::-1], "practice"]].to_parquet(
        tmp_path / "people.parquet"
    )
    (tmp_path / "program.py").write_text(PROGRAM)
    where = f"sqlite:///{site.store.parent / 'mlflow.db'}"
    environment = os.environ | {"MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false", "PYTHONWARNINGS": "ignore"}
    done = subprocess.run(
        [sys.executable, "program.py", where, site.model.registered_name],
        cwd=tmp_path, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    output = [line for line in done.stderr.splitlines() if "alembic" not in line and "store.db" not in line]
    assert output == []
    risks = np.array([line.split(",") for line in done.stdout.split()], float)
    assert np.allclose(risks, model.predict_proba(people), atol=1e-6)


def test_nothing_in_the_artifacts_names_the_folder_that_they_lie_in(site):
    with registry.quiet():
        artifacts = site.store.parent / "mlartifacts"
    naming = [path for path in artifacts.rglob("*") if path.is_file() and str(artifacts).encode() in path.read_bytes()]
    assert [path for path in artifacts.rglob("MLmodel") if path.is_file()]
    assert naming == []
