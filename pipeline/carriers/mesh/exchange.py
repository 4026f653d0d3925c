"""Speaking with MESH: connecting, and its errors in plain words."""

from __future__ import annotations

import contextlib
import os
import ssl
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from data_schemas import disk
from data_schemas.errors import ConfigurationError, RunFailed
from pipeline.carriers.mesh import Options
from pipeline.carriers.mesh.sealed import EXTRA

if TYPE_CHECKING:
    from mesh_client import MeshClient

AGAIN = "release again with --config site.toml"
GO_ON = "nothing is lost and nothing goes twice: release again and it goes on from here"
REFUSED = (401, 403)
UNKNOWN = "MESH does not know the mailbox, its password or its shared key; look at [delivery] mailbox and secrets"
NOT_FOUND, SEVERAL = 404, 300
PAUSE_SECONDS = 0.5
"""Before the second attempt; twice as long before the third."""
LONGEST = 120


@contextlib.contextmanager
def connected(said: Options) -> Iterator[MeshClient]:
    """A client of MESH; what goes wrong with it inside the block is RunFailed, what is wrong with its files
    ConfigurationError."""
    try:
        import requests
        import urllib3
        from mesh_client import MeshClient
    except ImportError:
        raise ConfigurationError(EXTRA) from None
    password, shared_key = _secrets(Path(said.secrets))
    try:
        client = MeshClient(
            said.url, said.mailbox, password, shared_key=shared_key.encode(), cert=(said.certificate, said.private_key),
            verify=said.authority, timeout=120, application_name="Neighbourly",
            retry_backoff_factor=PAUSE_SECONDS,
        )  # fmt: skip
    except (OSError, ssl.SSLError):
        raise ConfigurationError(
            "delivery.certificate, private_key or authority: cannot be used; each is a PEM file, and the key belongs to the certificate"
        ) from None
    with client:
        try:
            yield client
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            raise RunFailed(f"{_what(error, urlsplit(said.url).hostname)}; {GO_ON}") from None


def _what(error: Exception, host: str | None) -> str:
    """What happened, without the text of the error, which names addresses and headers."""
    import requests

    if isinstance(error, requests.exceptions.SSLError):
        return (
            f"{host} and this site do not trust each other's certificates; look at [delivery] certificate and authority"
        )
    status = getattr(getattr(error, "response", None), "status_code", None)
    if status in REFUSED:
        return UNKNOWN
    if status is not None:
        return f"MESH answered with error {status}"
    return f"{host} did not answer; is this machine allowed to reach it?"


def _secrets(path: Path) -> tuple[str, str]:
    """Password and shared key; ConfigurationError where the file does not give them, or not to its owner alone."""
    wanted = f"{path}: must be a TOML file of its owner alone (chmod 600) with password and shared_key"
    try:
        is_open = os.name == "posix" and path.stat().st_mode & disk.OTHERS
        said = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise ConfigurationError(wanted) from None
    found = [said.get(name) for name in ("password", "shared_key")]
    if is_open or not all(isinstance(each, str) and each for each in found):
        raise ConfigurationError(wanted)
    return str(found[0]), str(found[1])


def by_local_id(client: MeshClient, local_id: str) -> str:
    """The message id of a message that may have been made; empty where there is none. RunFailed where there are
    several."""
    url = f"{client.mailbox_url}/outbox/tracking/{quote(local_id)}"
    answer = client._session.get(url, timeout=60)  # noqa: SLF001 - MESH has this question, the client does not
    if answer.status_code == NOT_FOUND:
        return ""
    if answer.status_code == SEVERAL:
        raise RunFailed(f"MESH has several messages with the local id {local_id}; ask the recipient which one arrived")
    answer.raise_for_status()
    return str(answer.json()["messageId"])


def refusal(status: int, said: dict[str, Any]) -> str:
    """Why a message was refused, as MESH says it, and what to do."""
    if status in REFUSED:
        return f"{UNKNOWN}; {AGAIN}"
    detail = said.get("detail") or [{}]
    told = said.get("errorDescription") or (detail[0].get("msg") if isinstance(detail, list) else detail)
    return f"MESH refused the message: {str(told or status)[:LONGEST]}; correct [delivery] in site.toml, then {AGAIN}"
