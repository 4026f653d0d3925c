"""Runs several sites on one server: each puts its deployments into a Prefect work pool, and one worker does their
runs."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path
from typing import Any

from data_schemas.errors import ConfigurationError, RunFailed
from data_schemas.servers import refuse_silent
from data_schemas.site_names import slug
from flows import alerts
from flows.access import SHARED, read
from flows.environment import prepare
from flows.parameters import RunParameters
from flows.places import CONFIG, OUT
from flows.serve import PLACES, deployments, release_slots

POOL = "neighbourly"
KIND = "process"


def join(folder: Path | None) -> None:
    """Connect to the servers of a folder (`neighbourly serve --only-servers`) as their service, or to servers in the
    environment."""
    prepare()
    if folder is None:
        if not os.environ.get("PREFECT_API_URL"):
            raise ConfigurationError(
                "--server is missing, and PREFECT_API_URL is not set: name the folder of the servers"
            )
        return
    folder = folder.resolve()
    try:
        places = json.loads((folder / PLACES).read_bytes())
    except (OSError, ValueError):
        raise RunFailed(f"{folder / PLACES}: is not there; start `neighbourly serve --only-servers` first") from None
    service = read(folder).service
    os.environ |= {
        "PREFECT_API_URL": f"{places['prefect']}/api", "PREFECT_API_AUTH_STRING": service.header,
        "MLFLOW_TRACKING_URI": places["mlflow"], "MLFLOW_TRACKING_USERNAME": service.name,
        "MLFLOW_TRACKING_PASSWORD": service.password, SHARED: str(folder),
    }  # fmt: skip
    refuse_silent(
        {"PREFECT_API_URL": f"{places['prefect']}/api/health", "MLFLOW_TRACKING_URI": f"{places['mlflow']}/health"}
    )


def deploy(config: Path, out: Path, server: Path | None, pool: str) -> list[str]:
    """Put a site's deployments into a work pool, which is created if necessary. Returns their names."""
    parameters = RunParameters(config=str(config.resolve()), out=str(out.resolve()))
    site = slug(parameters.settings().site.name)
    join(server)
    _make_pool(pool)
    environment = {CONFIG: parameters.config, OUT: parameters.out}
    variables = {"env": environment, "working_dir": str(config.resolve().parent)}
    made = deployments(site, work_pool_name=pool, job_variables=variables)
    alerts.ensure(parameters.settings().alerts, {each.name: each.apply() for each in made}, site)
    return [f"{each.flow_name}/{each.name}" for each in made]


def _make_pool(name: str) -> None:
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.actions import WorkPoolCreate
    from prefect.exceptions import ObjectNotFound

    with get_client(sync_client=True) as client:
        try:
            pool = client.read_work_pool(name)
        except ObjectNotFound:
            from prefect.workers.process import ProcessWorker

            template: dict[str, Any] = ProcessWorker.get_default_base_job_template()
            client.create_work_pool(WorkPoolCreate(name=name, type=KIND, base_job_template=template))
            return
    if pool.type != KIND:
        raise ConfigurationError(
            f"--pool: {name} is a work pool of type {pool.type}; accepted: one of type {KIND}, or a new name"
        )


def work(server: Path | None, pool: str, limit: int, *, once: bool = False) -> None:
    """Do the runs of a pool, `limit` at a time, until interrupted. Flow runs that an earlier worker left marked as
    running are ended first."""
    join(server)
    _make_pool(pool)
    release_slots(_in(pool))
    from prefect.workers.process import ProcessWorker

    asyncio.run(ProcessWorker(work_pool_name=pool, limit=limit).start(run_once=once, with_healthcheck=False))


def _in(pool: str) -> list[str]:
    """List the deployments of a pool, as `flow/name`."""
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import WorkPoolFilter, WorkPoolFilterName

    with get_client(sync_client=True) as client:
        own = WorkPoolFilter(name=WorkPoolFilterName(any_=[pool]))
        flows = {flow.id: flow.name for flow in client.read_flows(work_pool_filter=own)}
        return [f"{flows[each.flow_id]}/{each.name}" for each in client.read_deployments(work_pool_filter=own)]
