"""Manages accounts for the local servers, with generated passwords, in a file that only its owner can read."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from data_schemas.errors import RunFailed

FILE = "access.json"
"""File name, in the output folder."""
SHARED = "NEIGHBOURLY_SERVER"
"""Environment variable of flow runs if several sites share servers: the folder of these servers."""
SERVICE = "service"
"""The account that `neighbourly serve` itself uses on its servers. It cannot make decisions."""
PASSWORD_BYTES = 24


class Role(StrEnum):
    """What a person does: an analyst runs, an approver releases, a reader sees."""

    ANALYST = "analyst"
    APPROVER = "approver"
    READER = "reader"
    SERVICE = "service"


@dataclass(frozen=True)
class Account:
    """A name, a password and a role."""

    name: str
    password: str
    role: Role

    @property
    def header(self) -> str:
        """The value for `PREFECT_API_AUTH_STRING`, which HTTP Basic authentication encodes."""
        return f"{self.name}:{self.password}"


@dataclass(frozen=True)
class Access:
    """All accounts of an output folder."""

    accounts: tuple[Account, ...]

    @property
    def service(self) -> Account:
        return next(account for account in self.accounts if account.role is Role.SERVICE)

    def of(self, header: str) -> Account | None:
        """Find the account of `name:password`. Compares every password, so that the time taken reveals nothing."""
        given = header.encode()
        matching = [account for account in self.accounts if hmac.compare_digest(account.header.encode(), given)]
        return matching[0] if matching else None

    def seal(self, flow_run: str, who: str, *, release: bool, reason: str, accept: Sequence[str]) -> str:
        """Sign an answer. The signature shows that the server's gate checked who gave it, and that it is unchanged."""
        message = json.dumps([flow_run, who, release, reason, sorted(accept)])
        return hmac.new(self.service.password.encode(), message.encode(), hashlib.sha256).hexdigest()


def place(out: Path) -> Path:
    """The folder with the accounts: the folder of shared servers, or else the output folder itself."""
    return Path(os.environ.get(SHARED) or out)


def read(out: Path) -> Access:
    """Read the accounts of an output folder. Raises `RunFailed` if there are none or other people can read them."""
    path = out / FILE
    try:
        if os.name == "posix" and path.stat().st_mode & 0o077:
            raise RunFailed(
                f"{path}: others can read the passwords; run `chmod 600 {shlex.quote(str(path))}`, or delete it for new ones"
            )
        rows = json.loads(path.read_bytes())["accounts"]
        return Access(tuple(Account(row["name"], row["password"], Role(row["role"])) for row in rows))
    except FileNotFoundError:
        raise RunFailed(f"{path}: is not there; start `neighbourly serve`, which makes it") from None
    except (OSError, ValueError, KeyError, TypeError):
        raise RunFailed(f"{path}: cannot be read; delete it and start `neighbourly serve` again") from None


def ensure(out: Path, people: Mapping[str, Sequence[str]]) -> Access:
    """Make accounts for exactly these people and for the service. People who already have a password keep it."""
    before = read(out) if (out / FILE).exists() else Access(())
    known = {(account.name, account.role): account for account in before.accounts}
    wanted = [(SERVICE, Role.SERVICE), *((name, Role(role)) for role, names in people.items() for name in names)]
    made = [known.get(each) or Account(each[0], secrets.token_urlsafe(PASSWORD_BYTES), each[1]) for each in wanted]
    access = Access(tuple(made))
    if access != before:
        _write(out, access)
    return access


def _write(out: Path, access: Access) -> None:
    from data_schemas import disk  # here, because a server that only reads accounts does not need Polars

    rows = [{"name": each.name, "role": each.role.value, "password": each.password} for each in access.accounts]
    with disk.for_the_owner_alone():
        disk.write(out / FILE, json.dumps({"accounts": rows}, indent=2, ensure_ascii=False))
