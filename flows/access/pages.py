"""Limits what the pages of a local server may load: only data from their own server, and not its settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.types import Message, Send

ANSWERS: Mapping[str, Mapping[str, Any]] = {
    "/api/admin/settings": {"server": {"analytics_enabled": False, "ui": {"show_promotional_content": False}}}
}
"""GET requests that the gate answers itself. Prefect's pages send usage reports to their makers unless the settings
forbid it, and pages cannot read the private settings."""


def kept_here(send: Send, host: str) -> Send:
    """Add a policy to answers that stops a page from contacting other servers (Content Security Policy,
    `connect-src`)."""
    policy = f"connect-src 'self' ws://{host} wss://{host}"

    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            message.setdefault("headers", [])
            MutableHeaders(scope=message).append("content-security-policy", policy)
        await send(message)

    return sent
