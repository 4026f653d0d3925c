"""A server that does not answer is named quickly, with its setting. One that answers anything counts as there."""

from __future__ import annotations

import http.server
import socket
import threading
from collections.abc import Iterator
from typing import ClassVar

import pytest

from data_schemas.errors import ConfigurationError, RunFailed
from data_schemas.servers import refuse_silent


class Refusing(http.server.BaseHTTPRequestHandler):
    asked: ClassVar[list[str]] = []
    """The requested paths."""

    def do_GET(self) -> None:
        self.asked.append(self.path)
        self.send_error(401)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[str]:
    with http.server.HTTPServer(("127.0.0.1", 0), Refusing) as listening:
        threading.Thread(target=listening.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{listening.server_port}"
        listening.shutdown()


def closed_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def test_servers_that_do_not_answer_are_named_together_without_their_passwords(server):
    port = closed_port()
    dead = f"http://someone:secret@127.0.0.1:{port}/api"
    with pytest.raises(RunFailed) as raised:
        refuse_silent({"PREFECT_API_URL": dead, "MLFLOW_TRACKING_URI": dead, "OTHER": server})
    assert [problem.split(":")[0] for problem in raised.value.problems] == ["PREFECT_API_URL", "MLFLOW_TRACKING_URI"]
    assert f"127.0.0.1:{port}" in str(raised.value)
    assert "secret" not in str(raised.value)


@pytest.mark.parametrize("scheme", ["postgresql", "postgresql+asyncpg"])
def test_a_database_that_does_not_answer_is_named_without_its_password(scheme):
    port = closed_port()
    with pytest.raises(RunFailed, match=rf"MLFLOW_TRACKING_URI: no server answers at 127.0.0.1:{port}") as raised:
        refuse_silent({"MLFLOW_TRACKING_URI": f"{scheme}://someone:secret@127.0.0.1:{port}/mlflow"})
    assert "secret" not in str(raised.value)


@pytest.mark.parametrize("address", ["localhost:5000", "127.0.0.1:5000", "ftp://x"])
def test_what_is_not_an_address_is_wrong_usage(address):
    with pytest.raises(ConfigurationError, match="MLFLOW_TRACKING_URI: is not an address; accepted"):
        refuse_silent({"MLFLOW_TRACKING_URI": address})


def test_a_server_that_answers_with_a_refusal_is_there(server):
    Refusing.asked.clear()
    refuse_silent({"MLFLOW_TRACKING_URI": f"{server}/there"})
    assert Refusing.asked == ["/there"]


@pytest.mark.parametrize(
    "address", [None, "", "sqlite:///mlflow.db", "file:///somewhere", "databricks", "C:\\runs", "postgresql:///mlflow"]
)
def test_other_addresses_are_not_asked(address, monkeypatch):
    asked = []
    for name in ("urllib.request.urlopen", "socket.create_connection"):
        monkeypatch.setattr(name, lambda place, *_, **__: asked.append(place))
    refuse_silent({"MLFLOW_TRACKING_URI": address})
    assert asked == []
