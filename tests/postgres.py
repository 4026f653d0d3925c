"""Runs a PostgreSQL cluster for tests, in a temporary folder. It ends with the test."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

NOBODY = 65534
PLAIN = ["-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off", "-c", "max_connections=60"]


@dataclass(frozen=True)
class Cluster:
    """A running cluster. The superuser owns every database."""

    folder: Path
    port: int

    def made(self, name: str, driver: str) -> str:
        """Create a database and return its address. `driver` is a scheme of SQLAlchemy."""
        import psycopg2

        connection = psycopg2.connect(host="127.0.0.1", port=self.port, user="site", dbname="postgres")
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(f'CREATE DATABASE "{name}"')
        connection.close()
        return f"{driver}://site@127.0.0.1:{self.port}/{name}"


def _as_nobody() -> dict[str, int]:
    """Arguments to run as another user, because PostgreSQL does not run as root."""
    return {"user": NOBODY, "group": NOBODY} if os.geteuid() == 0 else {}


@contextmanager
def cluster() -> Iterator[Cluster]:
    """Start a cluster. Skips the test if PostgreSQL's programs are not installed."""
    programs = {name: shutil.which(name) for name in ("initdb", "postgres")}
    if not all(programs.values()):
        pytest.skip("PostgreSQL (initdb, postgres) is not installed: nothing is tried on it")
    folder = Path(tempfile.mkdtemp())
    if os.geteuid() == 0:
        os.chown(folder, NOBODY, NOBODY)
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": folder, **_as_nobody()}
    made = [programs["initdb"], "-D", "data", "-U", "site", "-A", "trust", "-E", "UTF8", "--no-sync"]
    subprocess.run(made, check=True, env={**os.environ, "LC_ALL": "C"}, **quiet)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [programs["postgres"], "-D", "data", "-p", str(port), "-h", "127.0.0.1", "-k", str(folder), *PLAIN]
    with subprocess.Popen(command, **quiet) as process:
        try:
            _wait(process, port)
            yield Cluster(folder, port)
        finally:
            process.send_signal(signal.SIGINT)  # immediately: others would be waited for
            process.wait(timeout=60)
            shutil.rmtree(folder)


def _wait(process: subprocess.Popen[bytes], port: int) -> None:
    import psycopg2

    give_up = time.monotonic() + 60
    while True:
        try:
            psycopg2.connect(host="127.0.0.1", port=port, user="site", dbname="postgres").close()
        except psycopg2.OperationalError:
            assert process.poll() is None
            assert time.monotonic() < give_up
            time.sleep(0.1)
        else:
            return
