"""Registration, look and roll-back over an MLflow server, as where MLFLOW_TRACKING_URI names one."""

from __future__ import annotations

import dataclasses
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from flows.environment import answers
from models import lineage, registry, storage
from models.judging import record
from models.judging.test_dates import load_test
from models.train import write_evaluation

STARTUP_SECONDS = 120


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """The address of an MLflow server with a database and artifacts of its own."""
    folder = tmp_path_factory.mktemp("server")
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    process = subprocess.Popen(
        [str(Path(sys.executable).with_name("mlflow")), "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1",
         "--backend-store-uri", f"sqlite:///{folder / 'mlflow.db'}", "--artifacts-destination", str(folder / "artifacts")],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    address = f"http://127.0.0.1:{port}"
    try:
        wait_for(f"{address}/health")
        yield address
    finally:
        process.terminate()
        process.wait(timeout=20)


def wait_for(address):
    until = time.monotonic() + STARTUP_SECONDS
    while not answers(address):
        assert time.monotonic() < until, "the MLflow server did not start"
        time.sleep(0.3)


def test_a_model_goes_to_the_server_and_comes_back_to_another_machine(site, server, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", server)
    plan = dataclasses.replace(site.plan, site="Served")
    key = lineage.training_key(plan, site.train, site.test)
    here, elsewhere = tmp_path / "here" / "store", tmp_path / "elsewhere" / "store"
    folder = here / "models" / site.model.model_version
    shutil.copytree(site.model.path, folder)
    write_evaluation(folder, key, record.read(site.model.evaluation_path))
    model, before = registry.register(plan, folder, key, load_test(site.test, plan), {}, here)
    assert (model.alias, before) == ("champion", None)

    fetched = registry.known(plan, key, elsewhere)["champion"]
    assert storage.content_hash(storage.load(fetched.path)) == model.model_version
    assert Path(fetched.evaluation_path).read_bytes() == Path(model.evaluation_path).read_bytes()
    with registry.quiet():
        client = registry.connect(here)
        run = client.get_run(model.run_id)
        experiment = client.get_experiment(run.info.experiment_id)
        plots = {Path(artifact.path).name for artifact in client.list_artifacts(model.run_id, "plots")}
        registry.promote(model.registered_name, "1", "Dr A", "as it is", here)
    assert experiment.artifact_location.startswith("mlflow-artifacts:")
    assert {"calibration.png", "subgroups.png", "evaluation.html"} <= plots
    assert run.data.tags["site"] == "Served"
    assert "AUROC" in run.data.tags["mlflow.note.content"]
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", "")
    assert not (here.parent / "mlflow.db").exists()
