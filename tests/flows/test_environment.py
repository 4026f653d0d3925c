"""The Prefect server of a command, as a process."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from prefect.settings import PREFECT_API_URL, temporary_settings

from flows import environment
from flows.environment import early_server, prefect_server, prepare

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
        assert early.process.poll() is None
        with prefect_server(early):
            assert early.process.poll() is not None


def test_a_server_that_is_not_needed_opens_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path))
    with early_server() as early:
        assert early is not None
        assert early.process.stdin is not None
        early.process.stdin.close()
        assert early.process.wait(timeout=60) == 0
    assert not list(tmp_path.iterdir())
