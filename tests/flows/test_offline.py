"""A run needs no network: a whole run works with only this machine's loopback network."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.small import small

ALONE = ["unshare", "--map-root-user", "--net", "--kill-child"]
RUN = 'ip link set lo up && exec "$@"'


def alone(*command: str) -> subprocess.CompletedProcess[str]:
    """Run a command in its own network namespace, with only a loopback."""
    return subprocess.run([*ALONE, "sh", "-c", RUN, "sh", *command], capture_output=True, text=True, check=False)


def test_a_whole_run_needs_no_network(tmp_path: Path) -> None:
    if not os.environ.get("NEIGHBOURLY_LONG_TESTS"):
        pytest.skip("a whole run takes a minute: `make faults` tries it")
    if not shutil.which("unshare") or not shutil.which("ip"):
        pytest.skip("unshare or ip is not installed: a network cannot be taken away")
    if alone("true").returncode:
        pytest.skip("this machine does not allow network namespaces: a network cannot be taken away")
    reach = "import socket; socket.create_connection(('192.0.2.1', 443), 5)"
    assert "Network is unreachable" in alone(sys.executable, "-c", reach).stderr
    config = small(tmp_path)
    program = str(Path(sys.executable).with_name("neighbourly"))
    done = alone(program, "run", "--config", str(config), "--out", str(tmp_path / "out"))
    assert done.returncode == 0, done.stderr
    assert list((tmp_path / "out").glob("*/manifest.json"))
