"""Runs a local server in its own process. The server ends when the command that started it ends, in whatever way."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from threading import Event, Thread
from typing import Any

from data_schemas.memory import collect_seldom, keep_what_is_loaded
from flows.access import SERVICE, Access, Account, Role, read
from flows.access.forms import Forms
from flows.access.gate import Gate
from flows.access.rules import MLFLOW, PREFECT

OUT, HOSTS, PORT = "NEIGHBOURLY_SERVER_OUT", "NEIGHBOURLY_SERVER_HOSTS", "NEIGHBOURLY_SERVER_PORT"
"""Environment variables that the process reads: the output folder, host names other than this machine's own, and the
port."""
CONFIG, SITE = "NEIGHBOURLY_SERVER_CONFIG", "NEIGHBOURLY_SERVER_SITE"
"""Environment variables: the site.toml whose deployments it serves, and the site's part of their names."""
GRACE_SECONDS = 2


def prefect() -> Gate:
    """Make Prefect's API and pages, behind the gate. Without an output folder, only the command that started them can
    use them."""
    from prefect.server.api.server import create_app

    return Gate(create_app(), _accounts(), PREFECT, hosts(), forms=_forms())


def mlflow() -> Gate:
    """Make MLflow's server for an output folder, behind the gate."""
    from models.registry.server import application

    return Gate(application(Path(os.environ[OUT])), _accounts(), MLFLOW, hosts(), asks=True)


def _forms() -> Forms:
    """The forms of the site, if the server has only one. Forms of a work pool name their own site."""
    return Forms(*(os.environ.get(name, "") for name in (CONFIG, OUT, SITE)))


def hosts() -> frozenset[str]:
    """The host names under which the server answers."""
    own = [f"{name}:{os.environ[PORT]}" for name in ("127.0.0.1", "localhost")]
    return frozenset([*own, *os.environ.get(HOSTS, "").split()])


def _accounts() -> Callable[[], Access]:
    """Read the accounts. A change to the file takes effect at the next request."""
    if OUT not in os.environ:
        _, _, secret = os.environ["PREFECT_SERVER_API_AUTH_STRING"].partition(":")
        alone = Access((Account(SERVICE, secret, Role.SERVICE),))
        return lambda: alone
    out = Path(os.environ[OUT])

    @cache
    def as_of(_changed: int) -> Access:
        return read(out)

    from flows.access import FILE

    return lambda: as_of((out / FILE).stat().st_mtime_ns)


def follow_the_command(needed: Event) -> None:
    """Set `needed` when a line comes from the command, and end this process when standard input ends. The command has
    its other end, which also closes if the command is killed."""
    if sys.stdin.buffer.readline():
        needed.set()
        sys.stdin.buffer.read()
    os._exit(0)


def import_until(needed: Event) -> None:
    """Import what Prefect's server needs, and wait. Until it is needed, nothing is opened or written."""
    import prefect.server.api.server  # noqa: F401

    keep_what_is_loaded()  # Prefect looks through all objects when it starts to serve
    needed.wait()


def main() -> None:
    """Serve `prefect` or `mlflow`, the first argument, on this machine. `prefect-later` waits until it is needed."""
    collect_seldom()
    kind, _, later = sys.argv[1].partition("-")
    needed = Event()
    Thread(target=follow_the_command, args=(needed,), daemon=True).start()
    if later:
        import_until(needed)
    import uvicorn

    made: dict[str, Callable[[], Any]] = {"prefect": prefect, "mlflow": mlflow}
    uvicorn.run(
        made[kind], factory=True, host="127.0.0.1", port=int(os.environ[PORT]), log_level="critical",
        timeout_graceful_shutdown=GRACE_SECONDS, server_header=False,
    )  # fmt: skip


if __name__ == "__main__":
    main()
