"""Dumps the PostgreSQL databases of Prefect and MLflow that the environment names into a backup, and loads them
again."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit

from data_schemas.errors import ConfigurationError, RunFailed
from data_schemas.servers import refuse_silent

NAMED = {
    "mlflow": ("MLFLOW_BACKEND_STORE_URI", "MLFLOW_TRACKING_URI"),
    "prefect": ("PREFECT_API_DATABASE_CONNECTION_URL", "PREFECT_SERVER_DATABASE_CONNECTION_URL"),
}
"""The environment variables that may name each program's database. The first that is set counts."""
FOLDER = "databases"
ENDING = ".dump"


def named() -> dict[str, tuple[str, str]]:
    """The PostgreSQL databases that the environment names: for each program, the variable and the address."""
    addresses: dict[str, tuple[str, str]] = {}
    for program, variables in NAMED.items():
        for variable in variables:
            address = os.environ.get(variable, "")
            if address.startswith("postgres"):
                addresses.setdefault(program, (variable, address))
    return addresses


def elsewhere() -> list[str]:
    """State which servers have records that our backups cannot contain."""
    servers = {"PREFECT_API_URL": "Prefect", "MLFLOW_TRACKING_URI": "MLflow"}
    return [
        f"{program}'s records are on the server of {name}: back it up there"
        for name, program in servers.items()
        if os.environ.get(name, "").startswith("http") and program.lower() not in named()
    ]


def dumped(into: Path) -> dict[str, Path]:
    """Dump every named PostgreSQL database. Returns a file for each path in the backup.

    Raises ConfigurationError if `pg_dump` is not installed, RunFailed if a database does not answer.
    """
    made = {}
    for program, (variable, address) in named().items():
        path = into / f"{program}{ENDING}"
        _run("pg_dump", ["--format=custom", "--no-owner", "--no-privileges", f"--file={path}"], variable, address)
        made[f"{FOLDER}/{path.name}"] = path
    return made


def loaded(folder: Path) -> list[str]:
    """Load the dumps of a restored folder into the databases that are named now, and delete the dumps. Returns the
    programs.

    A dump is kept if no database is named for it.
    """
    done = []
    for program, (variable, address) in named().items():
        path = folder / FOLDER / f"{program}{ENDING}"
        if path.exists():
            options = ["--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction", str(path)]
            _run("pg_restore", options, variable, address)
            path.unlink()
            done.append(program)
    if done and not any((folder / FOLDER).iterdir()):
        (folder / FOLDER).rmdir()
    return done


def _run(program: str, options: list[str], variable: str, address: str) -> None:
    if shutil.which(program) is None:
        raise ConfigurationError(
            f"{variable} names a PostgreSQL database, and {program} is not installed: install PostgreSQL's client "
            "programs, or take the variable out of the environment and look after the database yourself"
        )
    refuse_silent({variable: address})
    place, secret = _without_password(address)
    done = subprocess.run(  # noqa: S603 - PostgreSQL's own programs, the address without its password
        [program, f"--dbname={place}", *options], env={**os.environ, **secret}, capture_output=True, check=False
    )
    if done.returncode:
        raise RunFailed(
            f"{variable}: {program} failed (exit code {done.returncode}): check that the database exists and is "
            "empty, that this user may use it, and that the program is not older than the server"
        )


def _without_password(address: str) -> tuple[str, Mapping[str, str]]:
    """Split an address for PostgreSQL's programs: the address without the password, and an environment with the
    password, which other users cannot see."""
    parts = urlsplit(address)
    user = f"{parts.username}@" if parts.username else ""
    host = f"{user}{parts.hostname or ''}{f':{parts.port}' if parts.port else ''}"
    place = urlunsplit(("postgresql", host, parts.path, parts.query, ""))
    return place, {"PGPASSWORD": unquote(parts.password)} if parts.password else {}
