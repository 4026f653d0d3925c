"""Connects to MESH and reports its errors in plain words."""

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
GO_ON = "nothing is lost and nothing is sent twice: release again to continue"
REFUSED = (401, 403)
UNKNOWN = "MESH does not know the mailbox, its password or its shared key; check [delivery] mailbox and secrets"
NOT_FOUND, SEVERAL = 404, 300
PAUSE_SECONDS = 0.5
"""Seconds before the second attempt, doubled before the third."""
LONGEST = 120


@contextlib.contextmanager
def connected(options: Options) -> Iterator[MeshClient]:
    """A MESH client. Errors inside the block become RunFailed; faults in its files become ConfigurationError."""
    try:
        import requests
        import urllib3
        from mesh_client import MeshClient
    except ImportError:
        raise ConfigurationError(EXTRA) from None
    password, shared_key = _secrets(Path(options.secrets))
    try:
        client = MeshClient(
            options.url, options.mailbox, password, shared_key=shared_key.encode(), cert=(options.certificate, options.private_key),
            verify=options.authority, timeout=120, application_name="Neighbourly",
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
            raise RunFailed(f"{_what(error, urlsplit(options.url).hostname)}; {GO_ON}") from None


def _what(error: Exception, host: str | None) -> str:
    """What happened, without the error text, which contains addresses and headers."""
    import requests

    if isinstance(error, requests.exceptions.SSLError):
        return (
            f"{host} and this site do not trust each other's certificates; check [delivery] certificate and authority"
        )
    status = getattr(getattr(error, "response", None), "status_code", None)
    if status in REFUSED:
        return UNKNOWN
    if status is not None:
        return f"MESH answered with error {status}"
    return f"{host} did not answer; is this machine allowed to reach it?"


def _secrets(path: Path) -> tuple[str, str]:
    """Read the password and shared key. Raises ConfigurationError if the file lacks them or others can read it."""
    wanted = f"{path}: must be a TOML file with password and shared_key that only its owner can read (chmod 600)"
    try:
        is_open = os.name == "posix" and path.stat().st_mode & disk.OTHERS
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise ConfigurationError(wanted) from None
    values = [content.get(name) for name in ("password", "shared_key")]
    if is_open or not all(isinstance(each, str) and each for each in values):
        raise ConfigurationError(wanted)
    return str(values[0]), str(values[1])


def by_local_id(client: MeshClient, local_id: str) -> str:
    """The id of a message that may have been made; empty if there is none. Raises RunFailed if there are several."""
    url = f"{client.mailbox_url}/outbox/tracking/{quote(local_id)}"
    answer = client._session.get(url, timeout=60)  # noqa: SLF001 - MESH offers this query, the client does not
    if answer.status_code == NOT_FOUND:
        return ""
    if answer.status_code == SEVERAL:
        raise RunFailed(f"MESH has several messages with the local id {local_id}; ask the recipient which one arrived")
    answer.raise_for_status()
    return str(answer.json()["messageId"])


def refusal(status: int, reply: dict[str, Any]) -> str:
    """Why MESH refused a message, in its own words, and what to do."""
    if status in REFUSED:
        return f"{UNKNOWN}; {AGAIN}"
    detail = reply.get("detail") or [{}]
    reason = reply.get("errorDescription") or (detail[0].get("msg") if isinstance(detail, list) else detail)
    return f"MESH refused the message: {str(reason or status)[:LONGEST]}; correct [delivery] in site.toml, then {AGAIN}"
