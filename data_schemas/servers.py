"""Whether the servers that are named answer: asked first, for the libraries that use them try again for minutes."""

from __future__ import annotations

import threading
import urllib.error
import urllib.request
from collections.abc import Mapping
from urllib.parse import urlsplit

from data_schemas.errors import RunFailed

SECONDS = 5
"""How long a server may take to answer."""
PROXY_SAYS_NOBODY = (502, 503, 504)
"""What a proxy on the way answers for a server that is not there."""


def refuse_silent(servers: Mapping[str, str | None]) -> None:
    """Raise `RunFailed` with every server (setting → address) that does not answer; addresses that are not HTTP are not asked."""
    answered: set[str] = set()
    asked = {name: url for name, url in servers.items() if url and urlsplit(url).scheme in ("http", "https")}
    threads = [threading.Thread(target=_ask, args=(name, url, answered), daemon=True) for name, url in asked.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(SECONDS + 1)
    if silent := [name for name in asked if name not in answered]:
        raise RunFailed([_says(name, asked[name]) for name in silent])


def _ask(name: str, url: str, answered: set[str]) -> None:
    """Note the server among the `answered`; any answer will do, a refusal too. Looking up a name knows no time limit, so in a thread."""
    try:
        with urllib.request.urlopen(url, timeout=SECONDS):  # noqa: S310 - its scheme has been looked at
            answered.add(name)
    except urllib.error.HTTPError as error:
        if error.code not in PROXY_SAYS_NOBODY:
            answered.add(name)
    except (OSError, ValueError):
        return


def _says(name: str, url: str) -> str:
    place = urlsplit(url)
    host = f"{place.hostname}:{place.port}" if place.port else place.hostname
    return f"{name}: no server answers at {host}; start it, correct the address, or take {name} out of the environment"
