"""Runs `neighbourly serve`: Prefect server, MLflow server and the scheduled deployments in one terminal."""

from __future__ import annotations

import json
import os
import subprocess
import time
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from data_schemas import disk
from data_schemas.errors import RunFailed
from data_schemas.servers import refuse_silent
from data_schemas.site_names import slug
from flows import alerts
from flows.access import FILE, Access, ensure
from flows.environment import (
    DID_NOT_START,
    STARTUP_SECONDS,
    answers,
    free_port,
    prepare,
    refuse_unusable_prefect,
    start_server,
)
from flows.parameters import RunParameters
from flows.places import CONFIG, OUT, folder, writable
from pipeline.settings import Access as SaidAccess
from pipeline.settings import load_access

PLACES = "servers.json"
"""The addresses of a folder's servers, stored next to their accounts."""
ADDRESSES = ("MLFLOW_BACKEND_STORE_URI", "MLFLOW_TRACKING_URI")
"""Environment variables that show where MLflow keeps its records, or that its server is already running."""
DEPLOYMENTS = Path(__file__).with_name("prefect.yaml")


def serve(config: Path, out: Path, prefect_port: int, mlflow_port: int) -> None:
    """Start the servers, serve the deployments of prefect.yaml until interrupted, then stop what was started."""
    parameters = RunParameters(config=str(config.resolve()), out=str(out.resolve()))
    settings = parameters.settings()
    site = slug(settings.site.name)
    form = {"NEIGHBOURLY_SERVER_CONFIG": parameters.config, "NEIGHBOURLY_SERVER_SITE": site}
    _started = start(parameters.folder, settings.access, prefect_port, mlflow_port, form)
    _serve_deployments(parameters, site)


def servers(config: Path, out: Path, prefect_port: int, mlflow_port: int) -> None:
    """Run only the servers, for several sites. `deploy` and `work` (`flows.sites`) find them by their folder."""
    started = start(out.resolve(), load_access(config), prefect_port, mlflow_port)
    while all(process.poll() is None for process in started):
        time.sleep(1)
    raise RunFailed("a server ended by itself; look at its database and its port, and start again")


def start(
    out: Path, access_section: SaidAccess, prefect_port: int, mlflow_port: int, form: Mapping[str, str] | None = None
) -> list[subprocess.Popen[bytes]]:
    """Start both servers of an output folder and store their addresses. They end with this process, however it ends.

    `form` names the site whose forms are checked before a run starts. Sites of a work pool bring their own.
    """
    prepare()
    refuse_silent({name: os.environ.get(name) for name in ADDRESSES})
    refuse_unusable_prefect()
    writable(folder(out))
    access = ensure(out, access_section.people)
    started: list[subprocess.Popen[bytes]] = []
    environment = {"NEIGHBOURLY_SERVER_OUT": str(out), "NEIGHBOURLY_SERVER_HOSTS": " ".join(access_section.hosts)}
    places = {
        "prefect": _prefect(started, environment | dict(form or {}), access, free_port(prefect_port)),
        "mlflow": _mlflow(started, environment, access, free_port(mlflow_port)),
    }
    disk.write(out / PLACES, json.dumps(places))
    print(f"Sign in as name:password of {out / FILE}", flush=True)  # noqa: T201
    return started


def _prefect(started: list[subprocess.Popen[bytes]], environment: Mapping[str, str], access: Access, port: int) -> str:
    """Start the Prefect server with its pages. Later imports and child processes use it."""
    url = f"http://127.0.0.1:{port}"
    # Without this address, the pages call the API at Prefect's usual port.
    pages = {"PREFECT_SERVER_UI_API_URL": "/api", **environment}
    started.append(start_server("prefect", port, access.service.header, pages))
    _wait(f"{url}/api/health", started[-1], "Prefect server")
    os.environ["PREFECT_API_URL"], os.environ["PREFECT_API_AUTH_STRING"] = f"{url}/api", access.service.header
    print(f"Prefect: {url}", flush=True)  # noqa: T201 - the command's own output
    return url


def _mlflow(started: list[subprocess.Popen[bytes]], environment: Mapping[str, str], access: Access, port: int) -> str:
    """Start the MLflow server, unless MLFLOW_TRACKING_URI names another."""
    elsewhere = os.environ.get("MLFLOW_TRACKING_URI")
    if elsewhere:
        print(f"MLflow: {elsewhere} (from MLFLOW_TRACKING_URI)", flush=True)  # noqa: T201
        return elsewhere
    url = f"http://127.0.0.1:{port}"
    started.append(start_server("mlflow", port, access.service.header, environment))
    _wait(f"{url}/health", started[-1], "MLflow server")
    print(f"MLflow: {url}", flush=True)  # noqa: T201
    return url


def _wait(url: str, process: subprocess.Popen[bytes], name: str) -> None:
    give_up = time.monotonic() + STARTUP_SECONDS
    while not answers(url):
        if process.poll() is not None or time.monotonic() > give_up:
            raise RunFailed(f"the {name} did not start: {DID_NOT_START}")
        time.sleep(0.2)


def deployments(site: str, **more: Any) -> list[Any]:
    """The deployments of prefect.yaml: the same flows, schedules and limits that `prefect deploy` would make.

    The site is part of their names, because a server may have several sites. `more` has settings of where they run.
    """
    from importlib import import_module

    from prefect.schedules import Cron
    from prefect.types.entrypoint import EntrypointType

    made = []
    for declared in yaml.safe_load(DEPLOYMENTS.read_text(encoding="utf-8"))["deployments"]:
        path, _, name = declared["entrypoint"].partition(":")
        flow = getattr(import_module(path.removesuffix(".py").replace("/", ".")), name)
        schedules = [Cron(s["cron"], timezone=s["timezone"], active=s["active"]) for s in declared["schedules"]]
        made.append(
            flow.to_deployment(
                f"{site}-{declared['name']}",
                description=declared["description"],
                parameters={"parameters": {}},
                schedules=schedules,
                concurrency_limit=declared["concurrency_limit"],
                tags=[*declared["tags"], site],
                **more,
                entrypoint_type=EntrypointType.MODULE_PATH,
            )
        )
    return made


def _serve_deployments(parameters: RunParameters, site: str) -> None:
    """Serve flow runs of this site only, whatever site a flow run requests. The site is in their environment, not among
    their parameters."""
    os.environ[CONFIG], os.environ[OUT] = parameters.config, parameters.out
    from prefect import serve as serve_flows

    made = deployments(site)
    alerts.ensure(parameters.settings().alerts, {each.name: each.apply() for each in made})
    release_slots([f"{each.flow_name}/{each.name}" for each in made])
    # SIGTERM ends the process immediately (`flows.stopping`), while Prefect is still stopping its flow runs.
    warnings.filterwarnings("ignore", message="coroutine 'Runner.astop' was never awaited")
    serve_flows(*made, limit=1)


def release_slots(names: Sequence[str]) -> None:
    """End the flow runs that a stopped server left marked as running, and free their slots, because each deployment has
    only one.

    A flow run ends with the server that started it (`flows.parameters.pinned`), so none of these is really running.
    """
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.actions import GlobalConcurrencyLimitUpdate
    from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterId, FlowRunFilter
    from prefect.exceptions import ObjectNotFound
    from prefect.states import Crashed

    with get_client(sync_client=True) as client:
        for name in names:
            try:
                deployment = client.read_deployment_by_name(name)
            except ObjectNotFound:
                continue
            own = DeploymentFilter(id=DeploymentFilterId(any_=[deployment.id]))
            active = FlowRunFilter.model_validate({"state": {"type": {"any_": ["PENDING", "RUNNING", "CANCELLING"]}}})
            for run in client.read_flow_runs(deployment_filter=own, flow_run_filter=active):
                client.set_flow_run_state(run.id, Crashed(message="the server was stopped"), force=True)
            if limit := deployment.global_concurrency_limit:
                client.update_global_concurrency_limit(limit.name, GlobalConcurrencyLimitUpdate(active_slots=0))
