"""Writes systemd units for `neighbourly serve`, for an administrator to check and install."""

from __future__ import annotations

import getpass
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

TARGET = "/etc/systemd/system"
UNIT = """\
# {target}/{name}
[Unit]
Description=Neighbourly: {what}
Wants=network-online.target
After=network-online.target postgresql.service{after}

[Service]
Type=exec
User={user}
ExecStart={command}
# One variable per line: PREFECT_SERVER_DATABASE_CONNECTION_URL, MLFLOW_BACKEND_STORE_URI and the like; for its owner alone (0600).
EnvironmentFile=-/etc/neighbourly.env
Environment=PREFECT_HOME=/var/lib/neighbourly/prefect NUMBA_CACHE_DIR=/var/cache/neighbourly MPLCONFIGDIR=/var/cache/neighbourly
StateDirectory=neighbourly
CacheDirectory=neighbourly
StateDirectoryMode=0700
CacheDirectoryMode=0700
UMask=0077
NoNewPrivileges=yes
PrivateTmp=yes
ProtectSystem=strict
ReadWritePaths={writes}
# Ended by a signal, a run leaves the last complete output; the next one continues from there.
SuccessExitStatus=130 143
TimeoutStopSec=30
Restart=on-failure
RestartSec=30

[Install]
WantedBy=multi-user.target
"""


def unit(name: str, what: str, arguments: Sequence[str], writes: Sequence[Path], after: str = "") -> str:
    """A unit that runs `neighbourly` of this installation as this user, and may write only to `writes`."""
    program = Path(sys.executable).with_name("neighbourly")
    return UNIT.format(
        target=TARGET, name=name, what=what.replace("%", "%%"), user=getpass.getuser(), after=f" {after}" if after else "",
        command=escaped([str(program), *arguments]), writes=" ".join(_quoted(path) for path in writes),
    )  # fmt: skip


def escaped(command: Sequence[str]) -> str:
    """Escape `%` and `$` in a command line, as systemd requires."""
    return shlex.join(command).replace("%", "%%").replace("$", "$$")


def _quoted(path: Path) -> str:
    return '"' + str(path).replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%") + '"'


def of_one_site(config: Path, out: Path, ports: Sequence[str], delivered: Sequence[Path]) -> str:
    """One unit for everything, as `neighbourly serve` does in one terminal."""
    arguments = ["serve", "--config", str(config), "--out", str(out), *ports]
    return unit("neighbourly.service", f"servers and scheduled runs of {config}", arguments, [out, *delivered])


def of_several_sites(config: Path, folder: Path, ports: Sequence[str]) -> str:
    """Two units: the servers, and the worker that does the runs of all sites."""
    servers = ["serve", "--only-servers", "--config", str(config), "--out", str(folder), *ports]
    worker = ["worker", "--server", str(folder)]
    # The worker writes to each site's output folder. This command cannot know which folders these are.
    return "\n".join(
        [
            unit("neighbourly-servers.service", "Prefect and MLflow", servers, [folder]),
            unit(
                "neighbourly-worker.service", "scheduled runs of all sites", worker, [folder.parent],
                after="neighbourly-servers.service",
            ),
        ]
    )  # fmt: skip
