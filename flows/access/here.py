"""Checks who decides on the command line: the account of this machine, with the name and roles that `[access]` gives
it."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from data_schemas import disk
from data_schemas.errors import ConfigurationError
from pipeline.release.audit import account
from pipeline.settings.access import Access

AGREED = "store/roles.json"
"""File with the roles that site.toml gave when lists were made. A release does not read site.toml."""
Needed = Literal["analysts", "approvers"]
APPROVERS: tuple[Needed, ...] = ("approvers",)


def agree(out: Path, access: Access) -> None:
    """Write the file of who may decide, next to the lists."""
    disk.write(out / AGREED, access.model_dump_json(include={"analysts", "approvers", "accounts"}, exclude_unset=True))


def agreed(out: Path) -> Access:
    """Read who may decide, as in site.toml when the lists were made."""
    path = out / AGREED
    return Access.model_validate_json(path.read_bytes(), strict=False) if path.exists() else Access()


def decider(access: Access, roles: tuple[Needed, ...], as_name: str, what: str) -> str:
    """Return the name under which this account decides. `as_name` is the name given with --as, `what` is what it
    decides.

    Any of the `roles` is enough. If the site names nobody for the first of them, any account that can write to the
    output folder may decide, and its name is recorded. Raises ConfigurationError for an account without the role, and
    for a name that is not its own.
    """
    given, who = as_name.strip(), account()
    name = access.accounts.get(who, who)
    named = {role: getattr(access, role) for role in roles if role in access.model_fields_set}
    if roles[0] not in named:
        return name if given in ("", name, who) else f"{given} (account {name})"
    if not any(name in people for people in named.values()):
        may = "; ".join(f"{role}: {', '.join(people)}" for role, people in named.items())
        raise ConfigurationError(
            f"the account {who} may not {what} ([access] {may}); sign in as one of them, or give this account its name in [access] accounts"
        )
    if given not in ("", name, who):
        raise ConfigurationError(
            f"--as: this account is {name}, and nobody can decide for somebody else; leave --as out"
        )
    return name
