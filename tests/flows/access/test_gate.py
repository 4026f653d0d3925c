"""The gate in front of the local servers, with an application that answers everything."""

from __future__ import annotations

import asyncio
import base64
import json
from typing import Any

import httpx
import pytest
from starlette.types import Message, Receive, Scope, Send

from flows.access import Access, ensure
from flows.access.gate import Gate
from flows.access.rules import MLFLOW, PREFECT, Rules

RUN = "/api/flow_runs/0f8fad5b-d9cb-469f-a165-70867728950e"
START = "/api/deployments/0f8fad5b-d9cb-469f-a165-70867728950e/create_flow_run"
HOST = "127.0.0.1:4200"


async def everything(scope: Scope, receive: Receive, send: Send) -> None:
    """Print what the gate let through."""
    if scope["type"] == "websocket":
        await send(await receive())
        return
    body = (await receive()).get("body", b"")
    headers = {name.decode(): value.decode() for name, value in scope["headers"]}
    answer = json.dumps({"body": body.decode(), "authorization": headers.get("authorization")}).encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
    await send({"type": "http.response.body", "body": answer})


@pytest.fixture(scope="module")
def access(tmp_path_factory: pytest.TempPathFactory) -> Access:
    """One account of each role."""
    return ensure(tmp_path_factory.mktemp("out"), {"analyst": ["ana"], "approver": ["A. Lead"], "reader": ["ray"]})


class Door:
    """A client that sends requests to the gate as a browser on this machine does."""

    def __init__(self, access: Access, rules: Rules = PREFECT) -> None:
        self.gate = Gate(everything, lambda: access, rules, frozenset({HOST}), asks=rules is MLFLOW)

    def request(self, method: str, path: str, **more: Any) -> httpx.Response:
        async def asked() -> httpx.Response:
            transport = httpx.ASGITransport(self.gate)
            async with httpx.AsyncClient(transport=transport, base_url=f"http://{HOST}") as client:
                return await client.request(method, path, **more)

        return asyncio.run(asked())

    def post(self, path: str, **more: Any) -> httpx.Response:
        return self.request("POST", path, **more)

    def get(self, path: str, **more: Any) -> httpx.Response:
        return self.request("GET", path, **more)

    def says(self, path: str, first: object, **headers: str) -> list[Message]:
        """Return the first message as a web socket's application receives it, or what happens to the socket."""
        sent: list[Message] = []

        async def receive() -> Message:
            return {"type": "websocket.receive", "text": json.dumps(first)}

        async def send(message: Message) -> None:
            sent.append(message)

        named = [(b"host", HOST.encode()), *((name.encode(), value.encode()) for name, value in headers.items())]
        scope = {"type": "websocket", "path": path, "headers": named}
        asyncio.run(self.gate(scope, receive, send))
        return sent


def basic(access: Access, name: str) -> dict[str, str]:
    header = next(each.header for each in access.accounts if each.name == name)
    return {"Authorization": f"Basic {base64.b64encode(header.encode()).decode()}"}


def status(access: Access, name: str, path: str, body: Any = None, method: str = "POST", rules: Rules = PREFECT) -> int:
    return Door(access, rules).request(method, path, json=body or {}, headers=basic(access, name)).status_code


@pytest.mark.parametrize("path", ["/api/flow_runs/filter", START, f"{RUN}/resume", "/api/", "/api", "/api/flows/"])
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
def test_nothing_of_the_api_without_an_account(access: Access, path: str, method: str) -> None:
    assert Door(access).request(method, path).status_code == 401


@pytest.mark.parametrize("header", ["Basic", "Basic !", "Bearer x", f"Basic {base64.b64encode(b'ana:').decode()}"])
def test_a_wrong_password_is_none(access: Access, header: str) -> None:
    found = Door(access).post("/api/flow_runs/filter", headers={"Authorization": header})
    assert found.status_code == 401


def test_the_health_check_and_the_pages_are_open(access: Access) -> None:
    assert [Door(access).get(path).status_code for path in ("/api/health", "/", "/ui-settings", "/runs")] == [200] * 4
    assert Door(access).post("/").status_code == 401


@pytest.mark.parametrize("host", ["evil.example", "evil.example:4200", "127.0.0.1", "127.0.0.1:4201", ""])
def test_no_other_name_is_answered_to(access: Access, host: str) -> None:
    assert Door(access).get("/api/health", headers={"Host": host}).status_code == 400


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:9999"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "no-cors"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"},
    ],
)
def test_another_page_starts_nothing_whoever_is_signed_in(access: Access, headers: dict[str, str]) -> None:
    found = Door(access).post(START, json={}, headers={**basic(access, "ana"), **headers})
    assert found.status_code == 403
    assert "access-control-allow-origin" not in found.headers


def test_a_link_from_another_page_opens(access: Access) -> None:
    headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    assert Door(access).get("/runs", headers=headers).status_code == 200


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/api/flow_runs/filter", {"ana", "A. Lead", "ray", "service"}),
        ("/api/ui/flow_runs/count-task-runs", {"ana", "A. Lead", "ray", "service"}),
        ("/api/artifacts/latest/filter", {"ana", "A. Lead", "ray", "service"}),
        (START, {"ana", "A. Lead", "service"}),
        (f"{RUN}/resume", {"A. Lead"}),
        (f"{RUN}/resume/", {"A. Lead"}),
        (f"{RUN}/input", {"service"}),
        ("/api/flow_runs/", {"service"}),
        ("/api/deployments/", {"service"}),
        ("/api/block_documents/filter", {"service"}),
        ("/api/work_pools/default/get_scheduled_flow_runs", {"service"}),
        ("/api/automations/", {"service"}),
        ("/api/logs/", {"service"}),
    ],
)
def test_what_each_role_may_do(access: Access, path: str, allowed: set[str]) -> None:
    names = [each.name for each in access.accounts]
    assert {name for name in names if status(access, name, path) == 200} == allowed


def test_secrets_are_for_the_service(access: Access) -> None:
    path = "/api/block_documents/0f8fad5b-d9cb-469f-a165-70867728950e?include_secrets=true"
    assert [status(access, name, path, method="GET") for name in ("ray", "ana", "A. Lead")] == [403] * 3


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ({"parameters": {"parameters": {}}, "enforce_parameter_schema": False}, {"parameters": {"parameters": {}}}),
        ({"name": "x", "empirical_policy": {"retries": 9}}, {"name": "x"}),
        ({"state": {"type": "SCHEDULED"}, "job_variables": {}}, {"state": {"type": "SCHEDULED"}}),
        (
            {
                "parameters": {
                    "parameters": {"accept": [{"alarm": "drift", "by": "Somebody else", "reason": "because"}]}
                }
            },
            {"parameters": {"parameters": {"accept": [{"alarm": "drift", "by": "ana", "reason": "because"}]}}},
        ),
        ({"parameters": {"parameters": {"accept": ["drift"]}}}, None),
        ({"job_variables": {"env": {"NEIGHBOURLY_CONFIG": "/tmp/mine.toml"}}}, None),
        ({"job_variables": {"command": "id"}}, None),
        ({"state": {"type": "RUNNING"}}, None),
        ([], None),
    ],
)
def test_a_run_is_started_as_its_deployment_says(access: Access, given: Any, sent: Any) -> None:
    found = Door(access).post(START, json=given, headers=basic(access, "ana"))
    assert (json.loads(found.json()["body"]) if found.status_code == 200 else None) == sent


@pytest.mark.parametrize(("state", "code"), [("CANCELLING", 200), ("CANCELLED", 200), ("COMPLETED", 403), ("", 403)])
def test_a_person_can_only_cancel(access: Access, state: str, code: int) -> None:
    assert status(access, "ana", f"{RUN}/set_state", {"state": {"type": state}}) == code
    assert status(access, "ray", f"{RUN}/set_state", {"state": {"type": state}}) == 403


def test_an_answer_is_signed_with_who_gave_it(access: Access) -> None:
    values = {"release": True, "reason": "Looked at it", "accept": ["drift"]}
    found = Door(access).post(
        f"{RUN}/resume",
        json={"run_input": {**values, "who": "Somebody else", "seal": "made up"}},
        headers=basic(access, "A. Lead"),
    )
    sent = json.loads(found.json()["body"])["run_input"]
    assert sent == {**values, "who": "A. Lead", "seal": access.seal(RUN.rpartition("/")[2], "A. Lead", **values)}


@pytest.mark.parametrize("answer", [{"release": "yes"}, {"reason": {"__prefect_kind": "jinja"}}, {"accept": "all"}])
def test_an_answer_of_another_form_is_refused(access: Access, answer: dict[str, Any]) -> None:
    found = Door(access).post(f"{RUN}/resume", json={"run_input": answer}, headers=basic(access, "A. Lead"))
    assert found.status_code == 422
    assert found.json()["detail"].startswith("an answer has release"), "the text that Prefect's forms show"


def test_the_server_behind_receives_its_own_password(access: Access) -> None:
    found = Door(access).post("/api/flow_runs/filter", headers=basic(access, "ray")).json()
    assert found["authorization"] == basic(access, "service")["Authorization"]


@pytest.mark.parametrize(
    ("name", "path", "heard"),
    [
        ("ray", "/api/events/out", True),
        ("ray", "/api/events/in", False),
        ("service", "/api/events/in", True),
        ("nobody", "/api/events/out", False),
    ],
)
def test_a_socket_says_who_it_is(access: Access, name: str, path: str, heard: bool) -> None:
    token = {each.name: each.header for each in access.accounts}.get(name, "nobody:x")
    [message] = Door(access).says(path, {"type": "auth", "token": token})
    if heard:
        assert json.loads(message["text"])["token"] == access.service.header
    else:
        assert message["type"] == "websocket.disconnect"


@pytest.mark.parametrize("first", [None, [], "auth", {"type": "auth"}])
def test_a_socket_that_sends_something_else_is_refused(access: Access, first: object) -> None:
    assert Door(access).says("/api/events/out", first)[0]["type"] == "websocket.disconnect"


def test_a_socket_of_another_page_is_closed(access: Access) -> None:
    token = {"type": "auth", "token": access.service.header}
    assert Door(access).says("/api/events/out", token, origin="http://evil.example")[0]["type"] == "websocket.close"


@pytest.mark.parametrize(
    ("method", "path", "code"),
    [
        ("GET", "/", 200),
        ("POST", "/ajax-api/2.0/mlflow/runs/search", 200),
        ("POST", "/graphql", 200),
        ("POST", "/api/2.0/mlflow/runs/create", 403),
        ("POST", "/api/2.0/mlflow/registered-models/alias", 403),
        ("PUT", "/api/2.0/mlflow-artifacts/artifacts/x", 403),
        ("GET", "/ajax-api/3.0/mlflow/assistant/config", 403),
    ],
)
def test_mlflow_is_there_to_be_looked_at(access: Access, method: str, path: str, code: int) -> None:
    assert status(access, "ana", path, method=method, rules=MLFLOW) == code
    assert status(access, "service", path, method=method, rules=MLFLOW) == 200


def test_a_browser_asks_for_the_password_of_mlflow(access: Access) -> None:
    found = Door(access, MLFLOW).get("/")
    assert found.status_code == 401
    assert found.headers["www-authenticate"].startswith("Basic")


def test_pages_ask_no_other_server_and_report_to_nobody(access: Access) -> None:
    page = Door(access).get("/")
    assert page.headers["content-security-policy"] == f"connect-src 'self' ws://{HOST} wss://{HOST}"
    answer = Door(access).get("/api/admin/settings", headers=basic(access, "ray")).json()
    assert answer == {"server": {"analytics_enabled": False, "ui": {"show_promotional_content": False}}}
    assert Door(access).get("/api/admin/settings").status_code == 401
    assert status(access, "ana", "/api/admin/settings", method="PUT") == 403
