"""No network at run time: a whole run where there is no network but this machine's own."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ALONE = ["unshare", "--map-root-user", "--net", "--kill-child"]
RUN = 'ip link set lo up && exec "$@"'


def alone(*command: str) -> subprocess.CompletedProcess[str]:
    """Run a command in a network namespace of its own, with a loopback and nothing else."""
    return subprocess.run([*ALONE, "sh", "-c", RUN, "sh", *command], capture_output=True, text=True, check=False)


def test_a_whole_run_needs_no_network(tmp_path: Path) -> None:
    if not shutil.which("unshare") or not shutil.which("ip"):
        pytest.skip("unshare or ip is not installed: a network cannot be taken away")
    if alone("true").returncode:
        pytest.skip("this machine does not allow network namespaces: a network cannot be taken away")
    from pipeline.synthetic import generate

    reach = "import socket; socket.create_connection(('192.0.2.1', 443), 5)"
    assert "Network is unreachable" in alone(sys.executable, "-c", reach).stderr
    generate(400, 3, tmp_path)
    config = tmp_path / "site.toml"
    config.write_text(
        config.read_text(encoding="utf-8").replace("[run]\n", "[run]\nminimum_events = 20\n", 1), encoding="utf-8"
    )
    program = str(Path(sys.executable).with_name("neighbourly"))
    done = alone(program, "run", "--config", str(config), "--out", str(tmp_path / "out"))
    assert done.returncode == 0, done.stderr
    assert list((tmp_path / "out").glob("*/manifest.json"))
