"""Registration, checks and roll-back work with an MLflow server that MLFLOW_TRACKING_URI names."""

from __future__ import annotations

import dataclasses
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from data_schemas.errors import RunFailed
from data_schemas.receipts import plain
from flows.environment import answers
from models import lineage, registry, storage
from models.judging import record
from models.judging.shown import shown
from models.judging.test_dates import load_test
from models.registry import client as client_module
from models.registry.database import ready
from models.train import write_evaluation
from tests.postgres import cluster

STARTUP_SECONDS = 120


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """The address of an MLflow server with its own database and artifacts."""
    folder = tmp_path_factory.mktemp("server")
    ready(folder)
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


@pytest.fixture(scope="module")
def bucket():
    """An S3-compatible store on this machine with an empty bucket, configured like any other by the environment."""
    import boto3

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    server = [str(Path(sys.executable).with_name("moto_server")), "-H", "127.0.0.1", "-p", str(port)]
    environment = {
        "MLFLOW_S3_ENDPOINT_URL": f"http://127.0.0.1:{port}", "AWS_ACCESS_KEY_ID": "site", "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_DEFAULT_REGION": "eu-west-2",
    }  # fmt: skip
    with (
        pytest.MonkeyPatch.context() as patch,
        subprocess.Popen(server, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process,
    ):
        for name, value in environment.items():
            patch.setenv(name, value)
        wait_for(environment["MLFLOW_S3_ENDPOINT_URL"])
        store = boto3.client("s3", endpoint_url=environment["MLFLOW_S3_ENDPOINT_URL"])
        store.create_bucket(Bucket="models", CreateBucketConfiguration={"LocationConstraint": "eu-west-2"})
        try:
            yield store
        finally:
            store.close()
            process.terminate()


@pytest.fixture(scope="module")
def database():
    """The address of an empty PostgreSQL database, in the form that people write."""
    with cluster() as running:
        yield running.made("mlflow", "postgresql")


def put(site, folder, name):
    """Register a model from one store. Also returns its plan and training key."""
    plan = dataclasses.replace(site.plan, site=name)
    key = lineage.training_key(plan, site.train, site.test)
    here = folder / "here" / "store"
    model_folder = here / "models" / site.model.model_version
    shutil.copytree(site.model.path, model_folder)
    write_evaluation(model_folder, key, record.read(site.model.evaluation_path))
    model, before = registry.register(plan, model_folder, key, load_test(site.test, plan), {}, here)
    assert (model.alias, before) == ("champion", None)
    return model, here, plan, key


def registered(site, folder, name):
    """Register a model in one place, and fetch it to another that has none of its files."""
    model, here, plan, key = put(site, folder, name)
    fetched = registry.known(plan, key, folder / "elsewhere" / "store")["champion"]
    assert storage.content_hash(storage.load(fetched.path)) == model.model_version
    held, exact = record.read(fetched.evaluation_path), record.read(model.evaluation_path)
    assert plain(held) == plain(shown(exact))  # counts as they may leave the folder
    assert not (here.parent / "mlflow.db").exists()
    return model, here


def test_a_model_goes_to_the_server_and_comes_back_to_another_machine(site, server, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", server)
    model, here = registered(site, tmp_path, "Served")
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
    printed = capsys.readouterr()
    assert (printed.out, printed.err) == ("", "")


@pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning")
def test_postgresql_keeps_the_records_and_s3_the_files_without_a_server(site, database, bucket, tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_BACKEND_STORE_URI", database)
    monkeypatch.setenv("MLFLOW_ARTIFACTS_DESTINATION", "s3://models/neighbourly")
    model, here = registered(site, tmp_path, "Kept apart")
    assert not (here.parent / "mlartifacts").exists()
    there = [each["Key"] for each in bucket.list_objects_v2(Bucket="models")["Contents"]]
    assert {f"neighbourly/{model.run_id}/artifacts/plots/calibration.png"} <= set(there)


@pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning")
def test_with_records_on_postgresql_a_copy_uses_its_own_files_and_a_moved_folder_goes_on(
    site, database, tmp_path, monkeypatch
):
    monkeypatch.setenv("MLFLOW_BACKEND_STORE_URI", database)
    model, here, plan, key = put(site, tmp_path, "Moved")
    first = here.parent
    before = content(first)
    for place, bring in (("copy", shutil.copytree), ("moved", shutil.move)):
        out = tmp_path / place
        bring(first, out)
        shutil.rmtree(out / "store" / "models")
        fetched = registry.known(plan, key, out / "store")["champion"]
        assert storage.content_hash(storage.load(fetched.path)) == model.model_version
        card = tmp_path / f"{place}.md"
        card.write_text(place)
        registry.attach(model.run_id, card, out / "store")
        [written] = (out / "mlartifacts").rglob(card.name)
        with registry.quiet():
            client = registry.connect(out / "store")
            run = client.create_run(client_module.experiment(client, "neighbourly/Moved", out / "store"))
            client.log_text(run.info.run_id, place, "new.md")
        assert written.read_text() == next((out / "mlartifacts").rglob("new.md")).read_text() == place
        assert place == "moved" or content(first) == before
    assert not first.exists()


def content(folder):
    """Every file of a folder, with the time when it was written."""
    return {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.rglob("*") if path.is_file()}


def test_a_database_that_is_away_is_reported_quickly_without_its_password(tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_BACKEND_STORE_URI", "postgresql://site:secret@127.0.0.1:9/mlflow")
    with pytest.raises(RunFailed, match=r"MLFLOW_BACKEND_STORE_URI: no server answers at 127\.0\.0\.1:9") as raised:
        registry.connect(tmp_path / "store")
    assert "secret" not in str(raised.value)
