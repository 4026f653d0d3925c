"""The Prefect server of `neighbourly serve`, as other users of the machine and other pages in the browser can reach
it."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Thread
from typing import Any, ClassVar
from uuid import UUID

import pytest
from prefect.blocks.notifications import SlackWebhook
from pydantic import SecretStr

from data_schemas.errors import ConfigurationError
from flows import alerts
from flows.access import FILE, Access, ensure
from flows.environment import answers, free_port, start_server
from flows.serve import deployments
from pipeline.settings.sections import Alerts

PEOPLE = {"analyst": ["ana"], "approver": ["A. Lead"], "reader": ["ray"]}
NOBODY = 65534


@dataclass(frozen=True)
class Served:
    """A running server and its output folder."""

    url: str
    process: int
    out: Path
    access: Access
    refresh: str
    """Id of the deployment refresh/monthly."""

    def ask(self, path: str, body: object, account: str = "service") -> Any:
        """The status, or the answer if it was successful."""
        header = next(each.header for each in self.access.accounts if each.name == account)
        headers = {"Authorization": f"Basic {base64.b64encode(header.encode()).decode()}"}
        headers["Content-Type"] = "application/json"
        request = urllib.request.Request(f"{self.url}/api{path}", json.dumps(body).encode(), headers)
        try:
            with urllib.request.urlopen(request) as answer:
                return json.loads(answer.read())
        except urllib.error.HTTPError as refused:
            return refused.code

    def client(self) -> AbstractContextManager[object]:
        """Connect Prefect's client to this server as its service, inside the block."""
        from prefect.settings import PREFECT_API_AUTH_STRING, PREFECT_API_URL, temporary_settings

        secret = self.access.service.header
        return temporary_settings({PREFECT_API_URL: f"{self.url}/api", PREFECT_API_AUTH_STRING: secret})

    @property
    def runs(self) -> int:
        """Flow runs that were started."""
        return int(self.ask("/flow_runs/count", {}))

    @property
    def start(self) -> str:
        return f"/deployments/{self.refresh}/create_flow_run"


@pytest.fixture(scope="module")
def served(prefect_database: Path) -> Iterator[Served]:
    """A server for a folder that others could read if its own permissions did not stop them."""
    place = Path(tempfile.mkdtemp())
    place.chmod(0o755)
    before, port = os.umask(0), free_port()
    out = place / "out"
    access = ensure(out, PEOPLE)
    os.umask(before)
    (place / "prefect").mkdir()
    shutil.copyfile(prefect_database, place / "prefect" / "prefect.db")
    environment = {"NEIGHBOURLY_SERVER_OUT": str(out), "PREFECT_HOME": str(place / "prefect")}
    process = start_server("prefect", port, access.service.header, environment)
    url, give_up = f"http://127.0.0.1:{port}", time.monotonic() + 180
    while not answers(f"{url}/api/health"):
        assert process.poll() is None
        assert time.monotonic() < give_up
        time.sleep(0.2)
    try:
        yield Served(url, process.pid, out, access, deployed(f"{url}/api", access))
    finally:
        assert process.stdin is not None
        process.stdin.close()
        process.wait()
        shutil.rmtree(place)


def deployed(api: str, access: Access) -> str:
    """Register the deployments as `neighbourly serve` does; returns the id of refresh/monthly."""
    from prefect.settings import PREFECT_API_AUTH_STRING, PREFECT_API_URL, temporary_settings

    with temporary_settings({PREFECT_API_URL: api, PREFECT_API_AUTH_STRING: access.service.header}):
        return str(next(each.apply() for each in deployments("wigan") if each.name == "wigan-monthly"))


@pytest.mark.parametrize("parameters", [{"config": "mine.toml"}, {"out": "elsewhere"}, {"to": "elsewhere"}])
def test_a_run_cannot_be_sent_to_another_site(served: Served, parameters: dict[str, str]) -> None:
    body = {"parameters": {"parameters": parameters}, "enforce_parameter_schema": False}
    assert served.ask(served.start, body, "ana") == 409
    assert served.runs == 0


class Quiet(BaseHTTPRequestHandler):
    """A request handler of another server, which prints nothing."""

    heard: ClassVar[list[str]]

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def running(handler: type[Quiet]) -> Iterator[str]:
    """Run a server with this handler, and give its host and port."""
    with HTTPServer(("127.0.0.1", 0), handler) as server:
        handler.heard.clear()
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()


class Listening(Quiet):
    """A webhook that records requests."""

    heard: ClassVar[list[str]] = []

    def do_POST(self) -> None:
        self.heard.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
        self.send_response(200)
        self.end_headers()


@pytest.fixture
def webhook() -> Iterator[str]:
    """The address of a webhook."""
    with running(Listening) as host:
        yield f"http://{host}/hook"


@pytest.mark.parametrize("state", [{"type": "FAILED", "name": "Failed"}, {"type": "SCHEDULED", "name": "Late"}])
def test_a_webhook_gets_a_run_that_is_late_or_was_refused(served: Served, webhook: str, state: dict[str, str]) -> None:
    with served.client():
        alerts.ensure(Alerts(webhook=webhook), {"refresh/monthly": UUID(served.refresh)})
        started = served.ask(served.start, {"name": 'retry of "March"'})["id"]
        served.ask(f"/flow_runs/{started}/set_state", {"state": {**state, "message": "zq7Sentinel"}, "force": True})
        heard = once(lambda: Listening.heard)
        alerts.ensure(Alerts(), {"refresh/monthly": UUID(served.refresh)})
    text = json.loads(heard[0])["text"]
    assert 'refresh/wigan-monthly, run retry of "March"' in text
    assert state["name"] in text
    assert "zq7Sentinel" not in text


class MailServer(StreamRequestHandler):
    """A mail server that keeps what it receives."""

    heard: ClassVar[list[str]] = []

    def handle(self) -> None:
        self.wfile.write(b"220 ready\r\n")
        while line := self.rfile.readline():
            has_mail = line.upper().startswith(b"DATA")  # Python's client writes commands in lower case
            self.wfile.write(b"354 go on\r\n" if has_mail else b"250 ok\r\n")
            if has_mail:
                self.heard.append("".join(part.decode() for part in iter(self.rfile.readline, b".\r\n")))
                self.wfile.write(b"250 ok\r\n")


@pytest.fixture
def mail() -> Iterator[str]:
    """The address of a mail server, with the sender and the recipient."""
    MailServer.heard.clear()
    with ThreadingTCPServer(("127.0.0.1", 0), MailServer) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        port = server.server_address[1]
        yield f"mailto://127.0.0.1:{port}?smtp=127.0.0.1&mode=insecure&from=risk@example.nhs.uk&to=team@example.nhs.uk"
        server.shutdown()


def block_of(mail: str) -> Alerts:
    """A block that an operator makes, as docs/how-to/server.md says."""
    SlackWebhook(url=SecretStr(mail)).save("risk-team", overwrite=True)
    return Alerts(block="slack-webhook/risk-team")


@pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")
@pytest.mark.parametrize("by", [lambda mail: Alerts(email=mail), block_of])
def test_an_e_mail_arrives_when_a_run_was_refused(served: Served, mail: str, by: Callable[[str], Alerts]) -> None:
    with served.client():
        alerts.ensure(by(mail), {"refresh/monthly": UUID(served.refresh)})
        started = served.ask(served.start, {"name": "March"})["id"]
        failed = {"type": "FAILED", "name": "Failed", "message": "zq7Sentinel"}
        served.ask(f"/flow_runs/{started}/set_state", {"state": failed, "force": True})
        [said] = once(lambda: MailServer.heard)
        alerts.ensure(Alerts(), {"refresh/monthly": UUID(served.refresh)})
    assert "Subject: wigan-monthly: Failed" in said
    assert "To: team@example.nhs.uk" in said
    assert "zq7Sentinel" not in said
    assert served.ask("/block_documents/filter", {}, "A. Lead") == 403  # the address may contain a password


def once(look: Callable[[], list[str]]) -> list[str]:
    """Wait until `look` returns something, and return it."""
    give_up = time.monotonic() + 60
    while not look():
        assert time.monotonic() < give_up
        time.sleep(0.2)
    return look()


def test_a_block_that_the_server_does_not_have_is_named(served: Served) -> None:
    with served.client(), pytest.raises(ConfigurationError, match="no block sendgrid-email/risk-team"):
        alerts.ensure(Alerts(block="sendgrid-email/risk-team"), {"refresh/monthly": UUID(served.refresh)})


PAGE = """<pre id=r></pre>
<form id=f method=post enctype=text/plain action="{signed}"><input name='{{"name":"forged","x":"' value='"}}'></form><script>
const asked = [["no-cors", "text/plain"], ["cors", "application/json"]].map(([mode, type]) =>
  fetch("{target}", {{method: "POST", mode, credentials: "include", headers: {{"Content-Type": type}}, body: '{{"name":"forged"}}'}}));
Promise.allSettled(asked).then(() => f.submit());
</script>"""
"""A page that sends background requests with the browser's stored credentials, then a form with the analyst's own
password."""


class Careless(Quiet):
    """A server without a gate, to see what a browser would have sent."""

    heard: ClassVar[list[str]] = []

    def do_POST(self) -> None:
        self.heard.append(self.headers.get("Authorization", ""))
        self.send_response(200 if self.heard[-1] else 401)
        self.send_header("WWW-Authenticate", 'Basic realm="careless"')
        self.end_headers()


@pytest.fixture
def careless() -> Iterator[str]:
    """The host and port of such a server."""
    with running(Careless) as host:
        yield host


def browse(host: str, path: str, header: str, folder: Path) -> None:
    """Open somebody else's page in a real browser."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("chromium is not installed: a page in a real browser cannot be tried")
    page = PAGE.format(target=f"http://{host}{path}", signed=f"http://{header}@{host}{path}")
    (folder / "page.html").write_text(page)
    subprocess.run(
        [chromium, "--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=4000", "--dump-dom",
         f"--user-data-dir={folder / 'profile'}", (folder / "page.html").as_uri()],
        capture_output=True, check=False, timeout=180,
    )  # fmt: skip


@pytest.mark.browser
def test_a_page_in_the_analysts_browser_starts_nothing(served: Served, careless: str, tmp_path: Path) -> None:
    """The form brings the analyst's own password, like a browser that has saved it."""
    header = next(each.header for each in served.access.accounts if each.name == "ana")
    path, before = f"/api{served.start}", served.runs
    browse(careless, path, header, tmp_path)
    assert Careless.heard[0] == ""
    assert Careless.heard[-1] == f"Basic {base64.b64encode(header.encode()).decode()}"
    browse(served.url.removeprefix("http://"), path, header, tmp_path)
    assert served.runs == before


OTHER_USER = """
import encodings.idna, http.client, os, pathlib, sys, urllib.error, urllib.request
url, out, process, nobody = sys.argv[1:]
os.setgroups([]), os.setgid(int(nobody)), os.setuid(int(nobody))
def tried(work):
    try:
        work()
    except urllib.error.HTTPError as refused:
        return refused.code
    except OSError as refused:
        return type(refused).__name__
    return "done"
post = urllib.request.Request(url, b"{}", {"Content-Type": "application/json"})
print(tried(lambda: urllib.request.urlopen(post)), tried(lambda: pathlib.Path(out, "access.json").read_bytes()),
      tried(lambda: list(pathlib.Path(out).iterdir())), tried(lambda: pathlib.Path(f"/proc/{process}/environ").read_bytes()))
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user of this machine")
def test_another_user_of_the_machine_cannot_drive_it(served: Served) -> None:
    tried = subprocess.run(
        [sys.executable, "-I", "-S", "-c", OTHER_USER, f"{served.url}/api{served.start}", str(served.out), str(served.process),
         str(NOBODY)],
        capture_output=True, text=True, check=True, cwd="/",
    )  # fmt: skip
    assert tried.stdout.split() == ["401", "PermissionError", "PermissionError", "PermissionError"]
    assert (served.out / FILE).exists()


def test_an_analyst_starts_it_and_a_reader_does_not(served: Served) -> None:
    before = served.runs
    assert served.ask(served.start, {}, "ray") == 403
    assert (
        served.ask(served.start, {"parameters": {"parameters": {"train": False}}}, "ana")["state_type"] == "SCHEDULED"
    )
    assert served.runs == before + 1
