"""Checks every request to a local server: host name, page of origin, account, and what the account may do."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from flows.access import Access, Account, Role
from flows.access.bodies import Refused, changed, read, replay, rewritten
from flows.access.forms import Forms
from flows.access.pages import ANSWERS, kept_here
from flows.access.rules import LOOKING, Rules

CREATE, CANCEL = "/create_flow_run", "/set_state"
CHOSEN = frozenset({"parameters", "name", "tags", "idempotency_key", "state", "labels"})
"""What people may set for a flow run that they start. The deployment decides the rest."""
PLACES = frozenset({"job_variables", "infrastructure_document_id", "work_queue_name"})
"""Settings of where and how a flow run works: commands, folders, environments."""
STATES = frozenset({"CANCELLING", "CANCELLED"})


@dataclass(frozen=True)
class Gate:
    """ASGI middleware. It accepts only its own host names and origin, needs an account for everything that is not
    public, and checks roles."""

    app: ASGIApp
    access: Callable[[], Access]
    rules: Rules
    hosts: frozenset[str]
    """`host:port` as browsers send it."""
    asks: bool = field(default=False)
    """Whether browsers must ask for the password, because the pages have no form for it."""
    forms: Forms | None = field(default=None)
    """The checks that flow runs of this server's own site must pass before they start."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._socket(scope, receive, send)
        else:
            await self._request(scope, receive, send)

    async def _request(self, scope: Scope, receive: Receive, send: Send) -> None:
        send = kept_here(send, Headers(scope=scope).get("host", ""))
        try:
            self._same_site(scope)
            account = self._account(scope)
            if account:
                receive = await self._checked(scope, receive, account)
                MutableHeaders(scope=scope)["authorization"] = _basic(self.access().service)
        except Refused as refused:
            await self._refusal(refused)(scope, receive, send)
            return
        if account and _is_answered(scope, account):
            await JSONResponse(ANSWERS[scope["path"]])(scope, receive, send)
            return
        await self.app(scope, receive, send)

    def _refusal(self, refused: Refused) -> JSONResponse:
        """Answer with a refusal. Prefect's forms show `detail`, its other programs `exception_message`."""
        asked = {"WWW-Authenticate": 'Basic realm="Neighbourly"'} if self.asks and refused.status == 401 else {}  # noqa: PLR2004
        return JSONResponse({"detail": str(refused), "exception_message": str(refused)}, refused.status, headers=asked)

    def _same_site(self, scope: Scope) -> None:
        """Refuse a host name that is not this server's (DNS rebinding) and any request from another page (CSRF)."""
        headers = Headers(scope=scope)
        host, origin = headers.get("host", "").lower(), headers.get("origin")
        if host not in self.hosts:
            raise Refused(400, "this server does not answer under that name")
        if origin is not None and origin.lower() not in {f"http://{host}", f"https://{host}"}:
            raise Refused(403, "requests from other pages are not accepted")
        is_link = headers.get("sec-fetch-mode") == "navigate" and scope.get("method") == "GET"
        if headers.get("sec-fetch-site", "none") not in {"none", "same-origin"} and not is_link:
            raise Refused(403, "requests from other pages are not accepted")

    def _account(self, scope: Scope) -> Account | None:
        """The account of a request. None if the request does not need an account."""
        method, path = scope["method"], scope["path"]
        if method in LOOKING and self.rules.open_to_all.fullmatch(path):
            return None
        account = self.access().of(_given(Headers(scope=scope).get("authorization", "")))
        if account is None:
            raise Refused(401, "sign in with an account of access.json, as name:password")
        if not (_is_answered(scope, account) or self.rules.allows(account.role, method, path)):
            raise Refused(403, f"the role {account.role.value} does not allow this")
        return account

    async def _checked(self, scope: Scope, receive: Receive, account: Account) -> Receive:
        """Prepare a request to be passed on: limit a request that starts a flow run, and sign an answer with the name
        of the account."""
        path = scope["path"].rstrip("/")
        if scope["method"] in LOOKING:
            return receive
        if path.endswith(CREATE):
            body = await read(receive)
            body = body if account.role is Role.SERVICE else changed(body, lambda content: _started(content, account))
            await self._refuse_early(path.split("/")[-2], body)
            return replay(scope, receive, body)
        if account.role is Role.SERVICE:
            return receive
        if path.endswith(CANCEL):
            return await rewritten(scope, receive, _cancelled)
        if self.rules.releases.fullmatch(path):
            flow_run = path.split("/")[-2]
            return await rewritten(scope, receive, lambda body: self._signed(body, flow_run, account))
        return receive

    async def _refuse_early(self, deployment: str, body: dict[str, Any]) -> None:
        """Refuse a flow run that would fail immediately, with its reasons."""
        header = _basic(self.access().service)
        problems = await self.forms.problems(self.app, deployment, body, header) if self.forms else []
        if problems:
            raise Refused(422, "; ".join(problems))

    def _signed(self, body: dict[str, Any], flow_run: str, account: Account) -> dict[str, Any]:
        """Sign an answer with the name of the person who signed in, whatever name it contained."""
        given = body.get("run_input") or {}
        release, reason, accept = given.get("release", False), given.get("reason", ""), given.get("accept", [])
        texts = isinstance(accept, list) and all(isinstance(each, str) for each in [reason, *accept])
        if not (isinstance(release, bool) and texts):
            raise Refused(422, "an answer has release (true or false), reason (a text) and accept (names of alarms)")
        seal = self.access().seal(flow_run, account.name, release=release, reason=reason, accept=accept)
        signed = {"release": release, "reason": reason, "accept": accept, "who": account.name, "seal": seal}
        return {"run_input": signed}

    async def _socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check a web socket. Prefect's authenticate in their first message."""
        try:
            self._same_site(scope)
        except Refused:
            await send({"type": "websocket.close", "code": 1008})
            return
        is_first = True

        async def known() -> Message:
            nonlocal is_first
            message = await receive()
            if message["type"] == "websocket.receive" and is_first:
                is_first = False
                return self._introduced(message, scope["path"])
            return message

        await self.app(scope, known, send)

    def _introduced(self, message: Message, path: str) -> Message:
        """Put the service's token into the first message if the account may listen here. Otherwise act as if the client
        had disconnected."""
        try:
            first = json.loads(message.get("text") or message.get("bytes") or b"")
            account = self.access().of(str(first.get("token", "")))
        except (ValueError, AttributeError):
            account = None
        if account is None or not (account.role is Role.SERVICE or self.rules.sockets.fullmatch(path)):
            return {"type": "websocket.disconnect", "code": 1008}
        token = self.access().service.header
        return {"type": "websocket.receive", "text": json.dumps({"type": "auth", "token": token})}


def _is_answered(scope: Scope, account: Account) -> bool:
    """Whether the gate itself answers a request."""
    return scope["method"] == "GET" and scope["path"] in ANSWERS and account.role is not Role.SERVICE


def _given(header: str) -> str:
    """Read `name:password` from an Authorization header. Empty if there is none."""
    scheme, _, encoded = header.partition(" ")
    try:
        return base64.b64decode(encoded, validate=True).decode() if scheme.lower() == "basic" else ""
    except (binascii.Error, UnicodeDecodeError):
        return ""


def _basic(account: Account) -> str:
    return f"Basic {base64.b64encode(account.header.encode()).decode()}"


def _started(body: dict[str, Any], account: Account) -> dict[str, Any]:
    """Prepare a flow run that a person starts: check parameters, accept alarms only in their own name, and allow no
    environment or command."""
    other = sorted(key for key in PLACES if body.get(key))
    if other:
        raise Refused(403, f"only the service may set {', '.join(other)}")
    state = body.get("state")
    if state and state.get("type") != "SCHEDULED":
        raise Refused(403, "a flow run can only be scheduled")
    for accepted in ((body.get("parameters") or {}).get("parameters") or {}).get("accept") or []:
        accepted["by"] = account.name
    return {key: value for key, value in body.items() if key in CHOSEN}


def _cancelled(body: dict[str, Any]) -> dict[str, Any]:
    if (body.get("state") or {}).get("type") not in STATES:
        raise Refused(403, "only the service may set this state; a flow run can be cancelled")
    return body
