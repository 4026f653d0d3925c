"""Two sites share one server (Prefect on PostgreSQL, a work pool, a process worker), and each run works only on its own
site."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import FlowRunFilter
from prefect.settings import PREFECT_API_AUTH_STRING, PREFECT_API_URL, temporary_settings
from prefect.states import Running

from data_schemas import disk
from flows import sites
from flows.access import ensure
from flows.environment import answers, free_port, start_server
from flows.serve import PLACES
from flows.systemd import escaped
from tests.postgres import cluster

JOINED = (
    "PREFECT_API_URL", "PREFECT_API_AUTH_STRING", "MLFLOW_TRACKING_URI", "MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD",
    "NEIGHBOURLY_SERVER",
)  # fmt: skip
NAMES = ("North & West", "South")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of a Prefect server on PostgreSQL, as `neighbourly serve --only-servers` makes it."""
    folder = tmp_path_factory.mktemp("servers")
    access, port = ensure(folder, {"analyst": ["ana"]}), free_port()
    url = f"http://127.0.0.1:{port}"
    with cluster() as running, pytest.MonkeyPatch.context() as patch:
        environment = {
            "NEIGHBOURLY_SERVER_OUT": str(folder),
            "PREFECT_HOME": str(folder / "prefect"),
            "PREFECT_SERVER_DATABASE_CONNECTION_URL": running.made("prefect", "postgresql+asyncpg"),
        }
        process = start_server("prefect", port, access.service.header, environment)
        disk.write(folder / PLACES, f'{{"prefect": "{url}", "mlflow": "{url}"}}')
        for name in JOINED:
            patch.setenv(name, "")  # restored at the end, whatever `join` sets
        try:
            while not answers(f"{url}/api/health"):
                assert process.poll() is None
                time.sleep(0.2)
            with temporary_settings({PREFECT_API_URL: f"{url}/api", PREFECT_API_AUTH_STRING: access.service.header}):
                yield folder
        finally:
            assert process.stdin is not None
            process.stdin.close()
            process.wait()


@pytest.fixture(scope="module")
def configs(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two sites of the same 200 people."""
    from pipeline.synthetic import generate

    first = tmp_path_factory.mktemp("sites") / "first"
    generate(200, 7, first)
    second = shutil.copytree(first, first.with_name("second"))
    made = [first / "site.toml", second / "site.toml"]
    for config, name in zip(made, NAMES, strict=True):
        text = config.read_text(encoding="utf-8")
        config.write_text(text.replace(text.split('name = "')[1].split('"')[0], name, 1), encoding="utf-8")
    return made


def test_each_site_has_its_own_deployments_and_its_runs_touch_no_other(server: Path, configs: list[Path]) -> None:
    names = [name for config in configs for name in sites.deploy(config, config.parent / "out", server, "pool")]
    assert [name for name in names if name.startswith("check/")] == ["check/north-west-weekly", "check/south-weekly"]
    with get_client(sync_client=True) as client:
        deployment = client.read_deployment_by_name("check/south-weekly")
        run = client.create_flow_run_from_deployment(deployment.id)
        stale = client.create_flow_run_from_deployment(client.read_deployment_by_name("check/north-west-weekly").id)
        client.set_flow_run_state(stale.id, Running(), force=True)
        code = (
            f"from pathlib import Path; from flows.sites import work; work(Path({str(server)!r}), 'pool', 1, once=True)"
        )
        done = subprocess.run([sys.executable, "-c", code], env=os.environ, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        found = {each.id: each for each in client.read_flow_runs(flow_run_filter=FlowRunFilter())}
    assert found[run.id].state.type.value == "COMPLETED", found[run.id].state.message
    assert found[stale.id].state.message == "the server was stopped"
    assert [(config.parent / "out" / "check" / "data-quality.html").exists() for config in configs] == [False, True]


def test_a_server_that_was_not_started_is_reported(tmp_path: Path) -> None:
    from data_schemas.errors import RunFailed

    with pytest.raises(RunFailed, match="start `neighbourly serve --only-servers` first"):
        sites.join(tmp_path)


def test_a_path_means_to_systemd_what_it_is() -> None:
    assert escaped(["neighbourly", "a b/100%", "$x"]) == "neighbourly 'a b/100%%' '$$x'"
