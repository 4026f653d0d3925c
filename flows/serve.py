"""`neighbourly serve`: Prefect server, MLflow server and the scheduled deployments in one terminal."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import yaml

from data_schemas.errors import RunFailed
from flows.environment import STARTUP_SECONDS, answers, free_port, prepare
from flows.parameters import RunParameters

DEPLOYMENTS = Path(__file__).with_name("prefect.yaml")


def serve(config: Path, out: Path, prefect_port: int, mlflow_port: int) -> None:
    """Start the servers, serve the deployments of prefect.yaml until interrupted, then stop what was started."""
    parameters = RunParameters(config=str(config.resolve()), out=str(out.resolve()))
    parameters.settings()
    prepare()
    started: list[subprocess.Popen[bytes]] = []
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    try:
        _prefect(started, free_port(prefect_port))
        _mlflow(started, parameters.folder, free_port(mlflow_port))
        _serve_deployments(parameters)
    except KeyboardInterrupt:
        return
    finally:
        for process in started:
            process.terminate()
        for process in started:
            process.wait(timeout=20)


def _prefect(started: list[subprocess.Popen[bytes]], port: int) -> None:
    """The Prefect server with its pages; later imports and child processes use it."""
    url = f"http://127.0.0.1:{port}"
    # The pages ask the API at Prefect's usual port unless they are told where it is.
    os.environ["PREFECT_SERVER_UI_API_URL"] = f"{url}/api"
    _start(started, "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port), "--log-level", "WARNING")
    _wait(f"{url}/api/health", started[-1], "Prefect server")
    os.environ["PREFECT_API_URL"] = f"{url}/api"
    print(f"Prefect: {url}", flush=True)  # noqa: T201 - the command's own output


def _mlflow(started: list[subprocess.Popen[bytes]], out: Path, port: int) -> None:
    """The MLflow server over the run's own store, unless MLFLOW_TRACKING_URI names another."""
    elsewhere = os.environ.get("MLFLOW_TRACKING_URI")
    if elsewhere:
        print(f"MLflow: {elsewhere} (from MLFLOW_TRACKING_URI)", flush=True)  # noqa: T201
        return
    out.mkdir(parents=True, exist_ok=True)
    url = f"http://127.0.0.1:{port}"
    _start(
        started,
        "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1",
        "--backend-store-uri", f"sqlite:///{out / 'mlflow.db'}", "--artifacts-destination", str(out / "mlartifacts"),
    )  # fmt: skip
    _wait(f"{url}/health", started[-1], "MLflow server")
    print(f"MLflow: {url}", flush=True)  # noqa: T201


def _start(started: list[subprocess.Popen[bytes]], *command: str) -> None:
    """Start a server and note it at once, so that it is stopped whatever happens next.

    In a session of its own: Ctrl-C in the terminal would otherwise reach it too, and it would end with a page of traceback.
    """
    program = Path(sys.executable).with_name(command[0])
    started.append(
        subprocess.Popen([str(program), *command[1:]], stdout=subprocess.DEVNULL, start_new_session=True)  # noqa: S603 - fixed arguments
    )


def _wait(url: str, process: subprocess.Popen[bytes], name: str) -> None:
    give_up = time.monotonic() + STARTUP_SECONDS
    while not answers(url):
        if process.poll() is not None or time.monotonic() > give_up:
            raise RunFailed(f"the {name} did not start; its own messages above say why")
        time.sleep(0.2)


def deployments(parameters: RunParameters) -> list[Any]:
    """The deployments of prefect.yaml for this site: the same flows, schedules and limits that `prefect deploy` would make."""
    from importlib import import_module

    from prefect.schedules import Cron
    from prefect.types.entrypoint import EntrypointType

    made, ours = [], parameters.model_dump(mode="json")
    for declared in yaml.safe_load(DEPLOYMENTS.read_text())["deployments"]:
        path, _, name = declared["entrypoint"].partition(":")
        flow = getattr(import_module(path.removesuffix(".py").replace("/", ".")), name)
        schedules = [Cron(s["cron"], timezone=s["timezone"], active=s["active"]) for s in declared["schedules"]]
        made.append(
            flow.to_deployment(
                declared["name"],
                description=declared["description"],
                parameters={"parameters": {key: ours[key] for key in declared["parameters"]["parameters"]}},
                schedules=schedules,
                concurrency_limit=declared["concurrency_limit"],
                tags=declared["tags"],
                entrypoint_type=EntrypointType.MODULE_PATH,
            )
        )
    return made


def _serve_deployments(parameters: RunParameters) -> None:
    from prefect import serve as serve_flows

    serve_flows(*deployments(parameters), limit=1)
