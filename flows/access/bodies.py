"""Reads and changes the body of a request before it is passed on."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.types import Message, Receive, Scope

NO_OBJECT = "the request is not a JSON object, or a part of it that should be one is not"


class Refused(Exception):
    """Error: why a request is refused."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


async def rewritten(scope: Scope, receive: Receive, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Receive:
    """The request with its JSON body changed."""
    return replay(scope, receive, changed(await read(receive), change))


def changed(body: dict[str, Any], change: Callable[[dict[str, Any]], dict[str, Any]]) -> dict[str, Any]:
    """The changed body. Raises `Refused` if it is not an object."""
    try:
        return change(body)
    except (AttributeError, TypeError):  # not an object
        raise Refused(422, NO_OBJECT) from None


async def read(receive: Receive) -> dict[str, Any]:
    """The JSON object in a request."""
    parts, more = [], True
    while more:
        message = await receive()
        parts.append(message.get("body", b""))
        more = message.get("more_body", False)
    try:
        body = json.loads(b"".join(parts) or b"{}")
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise Refused(422, NO_OBJECT)
    return body


def replay(scope: Scope, receive: Receive, body: dict[str, Any]) -> Receive:
    """Make a request that has already been read readable again, with this body."""
    data = json.dumps(body).encode()
    headers = MutableHeaders(scope=scope)
    headers["content-length"], headers["content-type"] = str(len(data)), "application/json"
    sent = False

    async def again() -> Message:
        nonlocal sent
        if sent:
            return await receive()
        sent = True
        return {"type": "http.request", "body": data, "more_body": False}

    return again
