"""Sets up the process environment of a run: without noise, private, and with its own Prefect server if none is
configured."""

from __future__ import annotations

import atexit
import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Self, cast

from data_schemas import disk
from data_schemas.errors import RunFailed
from data_schemas.servers import refuse_silent
from flows.places import writable

QUIET = {
    "DO_NOT_TRACK": "true",
    # If a command is killed, its other processes end with it. Python would report the locks that they shared.
    "PYTHONWARNINGS": "ignore:resource_tracker",
    # Waiting threads must not use the processor that another library's threads need. OpenMP reads this when it is
    # loaded.
    "OMP_WAIT_POLICY": "passive",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    # If a server stops during a run, report it after 15 seconds, not after minutes.
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "3",
    "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_LOGGING_LEVEL": "INFO",
    "PREFECT_CLI_PROMPT": "false",
    # We print errors in the terminal once; the log is on the flow run's page.
    "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "CRITICAL",
    # Tasks may run outside a flow (steps in a notebook). This does not need a warning.
    "PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW": "ignore",
}
STARTUP_SECONDS = 180
DID_NOT_START = (
    "look whether another program locks its folder (PREFECT_HOME) or its database, and whether the disk is full"
)
DATABASES = ("PREFECT_API_DATABASE_CONNECTION_URL", "PREFECT_SERVER_DATABASE_CONNECTION_URL")
"""Environment variables that name Prefect's database, if this is not Prefect's own file."""
HERE = ("localhost", "127.0.0.1")
"""Names of this machine."""


def prepare() -> None:
    """Set what Prefect and MLflow read at import (the analyst's own settings take precedence), and make written files
    private to their owner."""
    os.umask(disk.OTHERS)
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    _reach_this_machine()


def _reach_this_machine() -> None:
    """Make sure that servers on this machine are reached without a proxy."""
    for name in ("NO_PROXY", "no_proxy"):
        given = [host.strip() for host in os.environ.get(name, "").split(",") if host.strip()]
        os.environ[name] = ",".join([*given, *(host for host in HERE if host not in given)])


def free_port(preferred: int = 0) -> int:
    """A free port on this machine, the preferred one if it is free."""
    for port in (preferred, 0):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
            # A port is also free just after another server on it has ended.
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                listener.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(listener.getsockname()[1])
    raise RunFailed("no free port on this machine for the Prefect server; close other servers and run again")


def start_server(kind: str, port: int, secret: str, more: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """Start `flows.server` as a process that ends with this one. `secret` is the service's `name:password`.

    A `prefect-later` server only imports its libraries until a line is written to its standard input.

    It has its own session. Otherwise Ctrl-C in the terminal would also reach it, and it would print a long traceback.
    """
    return subprocess.Popen(  # noqa: S603 - our own interpreter, fixed arguments
        [sys.executable, "-P", "-m", "flows.server", kind],
        env={
            **os.environ,
            "PREFECT__SERVER_FINAL": "1",
            "PREFECT_SERVER_API_AUTH_STRING": secret,
            # Only the server's own pages may read its answers. `flows.access.gate` refuses others before that.
            "PREFECT_SERVER_CORS_ALLOWED_ORIGINS": f"http://127.0.0.1:{port}",
            "NEIGHBOURLY_SERVER_PORT": str(port),
            **more,
        },
        stdin=subprocess.PIPE,  # when it closes, the server knows that this process has ended
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def refuse_unusable_prefect() -> None:
    """Raise `RunFailed` if a Prefect server could not start, because its folder is not writable or its database does
    not answer.
    """
    writable(Path(os.environ.get("PREFECT_HOME", "~/.prefect")), "PREFECT_HOME")
    refuse_silent({name: os.environ.get(name) for name in DATABASES})


class TemporaryServer:
    """A Prefect server for one command. Its process imports its libraries in the background, because this takes
    seconds, and serves after `start`. It stops at the end of a `with` block.

    Prefect's own temporary server would import the whole server into this process as well (4 s) and start only at the
    first flow run. Its password lasts as long as the server, so that nobody else on the machine can use it.
    """

    def __init__(self) -> None:
        self.port = free_port()
        self.secret = f"service:{secrets.token_urlsafe(24)}"
        own = {"PREFECT_UI_ENABLED": "0", "PREFECT__SERVER_EPHEMERAL": "1"}
        self.process = start_server("prefect-later", self.port, self.secret, own)
        self.started = False
        atexit.register(self.stop)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def api(self) -> str:
        return f"http://127.0.0.1:{self.port}/api"

    def start(self) -> None:
        """Open the database and serve, unless it already does. Raises `RunFailed` if it cannot."""
        if self.started:
            return
        refuse_unusable_prefect()
        if answers(self._health):
            raise RunFailed(f"another program has taken port {self.port} of the Prefect server; run again")
        with suppress(OSError):  # if the process has ended, `wait` reports it
            self._input.write(b"start\n")
            self._input.flush()
        self.started = True

    def wait(self) -> None:
        """Return when the server answers. Raises `RunFailed` if it does not start."""
        give_up = time.monotonic() + STARTUP_SECONDS
        # If the process has ended, another program answers at its port.
        while self.process.poll() is None and time.monotonic() < give_up:
            if answers(self._health):
                return
            time.sleep(0.1)
        raise RunFailed(f"the Prefect server did not start: {DID_NOT_START}, or set PREFECT_API_URL to a running one")

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
        with suppress(OSError):  # it still holds what a process that had ended did not take
            self._input.close()

    @property
    def _health(self) -> str:
        return f"{self.api}/health"

    @property
    def _input(self) -> IO[bytes]:
        return cast("IO[bytes]", self.process.stdin)


def answers(url: str) -> bool:
    """Whether a server on this machine answers at this address with success."""
    try:
        with urllib.request.urlopen(url, timeout=2) as response:  # noqa: S310 - our own http address
            return bool(response.status == 200)  # noqa: PLR2004
    except (urllib.error.URLError, OSError):
        return False


@contextmanager
def early_server() -> Iterator[TemporaryServer | None]:
    """Begin with a server for the block, as the first thing that a command does. None if the environment names one."""
    prepare()
    if os.environ.get("PREFECT_API_URL"):
        yield None
        return
    with TemporaryServer() as server:
        yield server


def open_early(early: TemporaryServer | None) -> None:
    """Let the early server open its database while other work continues, if it is the one that will be used."""
    from prefect import settings

    if early is not None and not settings.PREFECT_API_URL.value():
        early.start()


@contextmanager
def prefect_server(early: TemporaryServer | None) -> Iterator[Callable[[], None]]:
    """Run flows in the block with the configured Prefect server, or else with the early one.

    Yields a function that waits until the server answers, so that other work can continue meanwhile.
    """
    from prefect import settings  # it also reads the address from Prefect's own settings files

    if url := settings.PREFECT_API_URL.value():
        if early is not None:
            early.stop()
        refuse_silent({"PREFECT_API_URL": url})
        yield lambda: None
        return
    with early or TemporaryServer() as server:
        server.start()
        chosen = {
            settings.PREFECT_API_URL: server.api,
            settings.PREFECT_API_AUTH_STRING: server.secret,
            # Nobody looks for heartbeats here, and the flow would wait up to a second for the last one.
            settings.PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None,
        }
        try:
            with settings.temporary_settings(chosen):
                yield server.wait
        finally:
            flush_logs()


def flush_logs() -> None:
    """Send the log entries that Prefect still holds before its server stops."""
    from prefect.logging.handlers import APILogHandler

    APILogHandler().flush()
