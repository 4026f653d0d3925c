"""Whether the servers that are named answer: asked first, for the libraries that use them try again for minutes."""

from __future__ import annotations

import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Mapping
from urllib.parse import urlsplit

from data_schemas.errors import ConfigurationError, RunFailed

SECONDS = 5
"""How long a server may take to answer."""
PORTS = {"http": 80, "https": 443, "postgresql": 5432, "postgres": 5432, "mysql": 3306, "mssql": 1433}
"""Kinds of addresses that somebody must answer at, with their usual ports."""
KINDS = frozenset({*PORTS, "sqlite", "file", "databricks", "databricks-uc", "uc"})
HTTP = "http://127.0.0.1:5000"
EXAMPLE = {
    "PREFECT_API_URL": "http://127.0.0.1:4200/api",
    "MLFLOW_TRACKING_URI": f"{HTTP}, postgresql://… or sqlite:///…",
}
PROXY_SAYS_NOBODY = (502, 503, 504)
"""What a proxy on the way answers for a server that is not there."""


def refuse_silent(servers: Mapping[str, str | None]) -> None:
    """Raise `RunFailed` with every server or database (setting → address) that does not answer.

    Raises ConfigurationError for an address of another kind. Files are not asked.
    """
    named = {name: url for name, url in servers.items() if url}
    if unknown := [name for name, url in named.items() if _kind(url) not in KINDS]:
        raise ConfigurationError(
            [f"{name}: is not an address; accepted: such as {EXAMPLE.get(name, HTTP)}" for name in unknown]
        )
    answered: set[str] = set()
    asked = {name: url for name, url in named.items() if _kind(url) in PORTS and urlsplit(url).hostname}
    threads = [threading.Thread(target=_ask, args=(name, url, answered), daemon=True) for name, url in asked.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(SECONDS + 1)
    if silent := [name for name in asked if name not in answered]:
        raise RunFailed([_says(name, asked[name]) for name in silent])


def _ask(name: str, url: str, answered: set[str]) -> None:
    """Note the server among the `answered`; any answer will do, a refusal too. Looking up a name knows no time
    limit, so in a thread."""
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
    """`postgresql` of `postgresql+asyncpg://…`; what has no scheme, or a drive for one, is a file or a name."""
    scheme, colon, _ = url.partition(":")
    return "file" if not colon or len(scheme) == 1 else scheme.partition("+")[0].lower()


def _port(url: str) -> int:
    return urlsplit(url).port or PORTS[_kind(url)]


def _says(name: str, url: str) -> str:
    place = urlsplit(url)
    host = f"{place.hostname}:{place.port}" if place.port else place.hostname
    return f"{name}: no server answers at {host}; start it, correct the address, or take {name} out of the environment"
