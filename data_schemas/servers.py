"""Checks that configured servers answer. This is checked first, because libraries retry for minutes."""

from __future__ import annotations

import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Mapping
from urllib.parse import urlsplit

from data_schemas.errors import ConfigurationError, RunFailed

SECONDS = 5
"""Seconds that a server may take to answer."""
PORTS = {"http": 80, "https": 443, "postgresql": 5432, "postgres": 5432, "mysql": 3306, "mssql": 1433}
"""Kinds of addresses that a server must answer at, with their usual ports."""
KINDS = frozenset({*PORTS, "sqlite", "file", "databricks", "databricks-uc", "uc"})
HTTP = "http://127.0.0.1:5000"
EXAMPLE = {
    "PREFECT_API_URL": "http://127.0.0.1:4200/api",
    "MLFLOW_TRACKING_URI": f"{HTTP}, postgresql://… or sqlite:///…",
}
PROXY_SAYS_NOBODY = (502, 503, 504)
"""HTTP statuses that a proxy gives for a server that is not running."""


def refuse_silent(servers: Mapping[str, str | None]) -> None:
    """Raise `RunFailed` with every server or database (setting → address) that does not answer.

    Raises ConfigurationError for an address of another kind. Files are not checked.
    """
    named = {name: url for name, url in servers.items() if url}
    if unknown := [name for name, url in named.items() if _kind(url) not in KINDS]:
        raise ConfigurationError(
            [f"{name}: is not an address; accepted: for example {EXAMPLE.get(name, HTTP)}" for name in unknown]
        )
    answered: set[str] = set()
    asked = {name: url for name, url in named.items() if _kind(url) in PORTS and urlsplit(url).hostname}
    threads = [threading.Thread(target=_ask, args=(name, url, answered), daemon=True) for name, url in asked.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(SECONDS + 1)
    if silent := [name for name in asked if name not in answered]:
        raise RunFailed([_no_answer(name, asked[name]) for name in silent])


def _ask(name: str, url: str, answered: set[str]) -> None:
    """Add the server to `answered`; any answer counts, even a refusal. This runs in a thread, because name look-up has
    no time limit.
    """
    try:
        if not _kind(url).startswith("http"):
            socket.create_connection((str(urlsplit(url).hostname), _port(url)), SECONDS).close()
            answered.add(name)
            return
        with urllib.request.urlopen(url, timeout=SECONDS):  # noqa: S310 - its scheme has been looked at
            answered.add(name)
    except urllib.error.HTTPError as error:
        if error.code not in PROXY_SAYS_NOBODY:
            answered.add(name)
    except (OSError, ValueError):
        return


def _kind(url: str) -> str:
    """`postgresql` of `postgresql+asyncpg://…`. An address without a scheme, or with a drive letter, is a file or a
    name.
    """
    scheme, colon, _ = url.partition(":")
    return "file" if not colon or len(scheme) == 1 else scheme.partition("+")[0].lower()


def _port(url: str) -> int:
    return urlsplit(url).port or PORTS[_kind(url)]


def _no_answer(name: str, url: str) -> str:
    place = urlsplit(url)
    host = f"{place.hostname}:{place.port}" if place.port else place.hostname
    return f"{name}: no server answers at {host}; start it, correct the address or remove {name} from the environment"
