"""The Prefect server of a command, as a process."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from prefect.settings import PREFECT_API_URL, temporary_settings

from data_schemas.errors import RunFailed
from flows import environment
from flows.environment import TemporaryServer, early_server, open_early, prefect_server, prepare

COMMAND = (
    "import time; from flows.environment import TemporaryServer; server = TemporaryServer(); {then}; "
    "print(server.process.pid, flush=True); time.sleep(60)"
)


def runs(process: int) -> bool:
    """Whether a process exists and has not ended."""
    listed = subprocess.run(["ps", "-o", "stat=", "-p", str(process)], capture_output=True, text=True, check=False)
    return listed.stdout.strip()[:1] not in ("", "Z")


@pytest.mark.parametrize("then", ["pass", "server.start()"])
def test_the_server_ends_when_its_command_is_killed(then: str) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", COMMAND.format(then=then)], stdout=subprocess.PIPE, text=True
    ) as command:
        assert command.stdout is not None
        server = int(command.stdout.readline())
        assert runs(server)
        command.kill()
    give_up = time.monotonic() + 30
    while runs(server) and time.monotonic() < give_up:
        time.sleep(0.1)
    assert not runs(server)


def test_this_machine_is_not_reached_through_a_proxy(monkeypatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.example:8080")
    monkeypatch.setenv("NO_PROXY", "intranet.example,localhost")
    monkeypatch.delenv("no_proxy", raising=False)
    prepare()
    prepare()
    assert os.environ["NO_PROXY"] == "intranet.example,localhost,127.0.0.1"
    assert urllib.request.proxy_bypass("127.0.0.1:4200")


def test_no_server_starts_if_one_is_named_in_a_settings_file_of_prefect(monkeypatch: pytest.MonkeyPatch) -> None:
    def start() -> None:
        pytest.fail("a second server would use the same database")

    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    monkeypatch.setattr(environment, "TemporaryServer", start)
    monkeypatch.setattr(environment, "refuse_silent", lambda _: None)
    address = "http://prefect.example:4200/api"
    with temporary_settings({PREFECT_API_URL: address}), prefect_server(None):
        assert PREFECT_API_URL.value() == address
    monkeypatch.setenv("PREFECT_API_URL", address)
    with early_server() as early:
        assert early is None


def test_a_server_serves_only_when_it_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    monkeypatch.setattr(environment, "refuse_silent", lambda _: None)
    with early_server() as early, temporary_settings({PREFECT_API_URL: "http://prefect.example:4200/api"}):
        assert early is not None
        open_early(early)
        assert not early.started
        assert early.process.poll() is None
        with prefect_server(early):
            assert early.process.poll() is not None


@pytest.mark.usefixtures("no_address")
def test_a_server_that_opened_its_database_early_serves_the_flows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path))
    with early_server() as early:
        assert early is not None
        open_early(early)
        early.wait()
        with prefect_server(early) as ready:
            ready()
            assert PREFECT_API_URL.value() == early.api


def test_a_server_that_is_not_needed_opens_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path))
    with early_server() as early:
        assert early is not None
        assert early.process.stdin is not None
        early.process.stdin.close()
        assert early.process.wait(timeout=60) == 0
    assert not list(tmp_path.iterdir())


@pytest.fixture
def no_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Neither the environment nor Prefect's settings name a server."""
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path))
    with temporary_settings(restore_defaults={PREFECT_API_URL}):
        yield


@pytest.mark.usefixtures("no_address")
def test_a_server_that_ended_early_is_reported_as_such() -> None:
    def run() -> None:
        with early_server() as early:
            assert early is not None
            early.process.kill()
            early.process.wait()
            with prefect_server(early) as ready:
                ready()

    with pytest.raises(RunFailed, match="the Prefect server did not start"):
        run()


@pytest.mark.usefixtures("no_address")
def test_the_answers_of_another_program_at_the_port_are_not_taken_for_the_servers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(environment, "answers", lambda _: True)
    with TemporaryServer() as server:
        with pytest.raises(RunFailed, match=f"another program has taken port {server.port}"):
            server.start()
        server.process.kill()
        server.process.wait()
        with pytest.raises(RunFailed, match="the Prefect server did not start"):
            server.wait()


@pytest.mark.usefixtures("no_address")
def test_a_server_that_was_not_begun_early_stops_with_its_block(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[TemporaryServer] = []

    def noted() -> TemporaryServer:
        made.append(TemporaryServer())
        return made[0]

    monkeypatch.setattr(environment, "TemporaryServer", noted)
    with prefect_server(None):
        assert made[0].process.poll() is None
    assert made[0].process.poll() is not None
