"""Runs a private MESH for tests: `mesh-sandbox` behind mutual TLS on this machine. Its answers can be lost on purpose.

Run directly, this module is the application that uvicorn serves. `Exchange` starts it and acts as the recipient.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

LOSE = "lose"
"""A file in the server's folder: this many answers to POSTs are lost after the message was accepted."""
POSTS = "posts"


def application():
    """Make the sandbox, with faults and a record of each POST."""
    from mesh_sandbox.api import app

    folder = Path.cwd()

    async def served(scope, receive, send):
        if scope["type"] != "http" or scope["method"] != "POST":
            return await app(scope, receive, send)
        with (folder / POSTS).open("a") as posts:
            posts.write(f"{scope['path']}\n")
        left = int((folder / LOSE).read_text()) if (folder / LOSE).exists() else 0
        if not left:
            return await app(scope, receive, send)
        (folder / LOSE).write_text(str(left - 1))

        async def nothing(_):
            return None

        await app(scope, receive, nothing)
        raise ConnectionResetError

    return served


def certificates(folder: Path) -> None:
    """Make certificates for an authority, a server and a client that it knows, and a client that it does not know."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    now = dt.datetime.now(dt.UTC)

    def made(name, issuer=None):
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        by_name, by_key = issuer or (subject, key)
        builder = (
            x509.CertificateBuilder(subject_name=subject, issuer_name=by_name, public_key=key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - dt.timedelta(hours=1))
            .not_valid_after(now + dt.timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
            .add_extension(
                x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
            )
        )
        certificate = builder.sign(by_key, hashes.SHA256())
        (folder / f"{name}.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        (folder / f"{name}.key").write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        (folder / f"{name}.key").chmod(0o600)
        return subject, key

    authority = made("authority")
    made("server", authority)
    made("client", authority)
    made("stranger")


class Exchange:
    """The running server; `with` stops it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        certificates(folder)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"https://127.0.0.1:{self.port}"
        command = [
            sys.executable, "-m", "uvicorn", "--factory", f"{__name__}:application", "--port", str(self.port), "--log-level",
            "critical", "--ssl-certfile", "server.pem", "--ssl-keyfile", "server.key", "--ssl-ca-certs", "authority.pem",
            "--ssl-cert-reqs", "2",
        ]  # fmt: skip
        environment = {
            **os.environ,
            "PYTHONPATH": str(Path(__file__).parents[3]),
            "STORE_MODE": "memory",
            "SHARED_KEY": "TestKey",
        }
        self.process = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    def __enter__(self):
        give_up = time.monotonic() + 60
        while time.monotonic() < give_up and self.process.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return self
            time.sleep(0.05)
        raise AssertionError(f"the sandbox did not start: {self.process.poll()}")

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def client(self, mailbox):
        from mesh_client import MeshClient

        cert = (str(self.folder / "client.pem"), str(self.folder / "client.key"))
        authority = str(self.folder / "authority.pem")
        return MeshClient(self.url, mailbox, "password", shared_key=b"TestKey", cert=cert, verify=authority)

    def ask(self, method, path, body=None):
        """Send a request that only tests make."""
        import requests

        certificate = (f"{self.folder}/client.pem", f"{self.folder}/client.key")
        answer = requests.request(
            method, f"{self.url}/messageexchange/admin/{path}", json=body, cert=certificate, timeout=20,
            verify=f"{self.folder}/authority.pem",
        )  # fmt: skip
        answer.raise_for_status()

    def lose(self, answers):
        (self.folder / LOSE).write_text(str(answers))

    def posts(self):
        """Paths that were posted to since the last call."""
        path = self.folder / POSTS
        found = path.read_text().split() if path.exists() else []
        path.unlink(missing_ok=True)
        return found
