"""Manages registered versions and which of them scores: champion, challenger, and people's decisions about them."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from data_schemas.errors import ConfigurationError
from models.registry.client import connect, quiet

CHAMPION, CHALLENGER = "champion", "challenger"
ALARMS = "neighbourly.alarms"
"""Tag of a registered version: the names of its current alarms, or `none`."""
BEFORE = "neighbourly.champion_before"
CONTENT = "neighbourly.model_version"
"""Tag of a registered version: the hash of the model's content."""
GATE = "neighbourly.gate"
"""Tag of a registered version: why it passed the gate, or what held it back."""
PROMOTED, ROLLED_BACK = "neighbourly.promoted", "neighbourly.rolled_back"
"""Tags of people's decisions: who decided, why and when."""
NOT_THERE = ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE")
"""MLflow's error codes for a model or an alias that does not exist."""


def version_of(client: Any, name: str, alias: str) -> Any | None:
    """Find the registered version that has an alias. None if there is no such model or alias. Other errors are
    raised."""
    from mlflow.exceptions import MlflowException

    try:
        return client.get_model_version_by_alias(name, alias)
    except MlflowException as error:
        if (
            error.error_code not in NOT_THERE
        ):  # a server that does not answer must not look like a site without a champion
            raise
        return None


def add_version(client: Any, name: str, uri: str, run_id: str, tags: dict[str, str]) -> str:
    """Register a logged model as the next version of a name."""
    from mlflow.exceptions import MlflowException

    try:
        client.create_registered_model(name)
    except MlflowException:
        client.get_registered_model(name)  # it already exists; any other error is raised here
    # A server needs the logged model's id; the database in the output folder does not.
    return str(client.create_model_version(name, uri, run_id, tags=tags, model_id=uri.rpartition("/")[2]).version)


def promote_to(client: Any, name: str, version: str, alias: str) -> None:
    """Set an alias. A new champion has a tag with the previous one, and is not a challenger any more."""
    before = version_of(client, name, CHAMPION)
    if alias == CHAMPION and before is not None and str(before.version) != version:
        client.set_model_version_tag(name, version, BEFORE, str(before.version))
    challenger = version_of(client, name, CHALLENGER)
    if alias == CHAMPION and challenger is not None and str(challenger.version) == version:
        client.delete_registered_model_alias(name, CHALLENGER)
    client.set_registered_model_alias(name, alias, version)


@quiet()
def promote(name: str, version: str, who: str, why: str, store: Path, accept: Sequence[str] = ()) -> None:
    """Make a registered version champion because a person decided so. Tags of the version record the decision.

    Raises:
        ConfigurationError: if there is no such version, nobody or no reason is given, or an alarm of the version is not
        accepted by its name.
    """
    client = connect(store)
    _decided(who, why)
    raised = [
        alarm for alarm in _known(client, name, version).tags.get(ALARMS, "").split(", ") if alarm not in ("", "none")
    ]
    left = [alarm for alarm in raised if alarm not in accept]
    if left:
        options = " ".join(f"--accept {alarm}" for alarm in left)
        raise ConfigurationError(
            f"{name} version {version} has alarms: {', '.join(left)}. Accept each by name: {options}."
        )
    for alarm in raised:
        client.set_model_version_tag(name, version, f"neighbourly.accepted.{alarm}", f"{who}: {why}")
    promote_to(client, name, version, CHAMPION)
    _write_down(client, name, version, PROMOTED, who, why)


@quiet()
def roll_back(name: str, who: str, why: str, store: Path) -> str:
    """Return the alias `champion` to the version that had it before. Returns that version.

    Raises:
        ConfigurationError: if there is no champion or no earlier one, or the earlier one was itself rolled back.
    """
    client = connect(store)
    _decided(who, why)
    champion_now = version_of(client, name, CHAMPION)
    before = champion_now.tags.get(BEFORE) if champion_now else None
    if champion_now is None or before is None:
        raise ConfigurationError(f"{name} has no champion before the present one to go back to.")
    refusal = refused_before(client, name, _known(client, name, str(before)).tags.get(CONTENT, ""))
    if refusal:
        raise ConfigurationError(f"{name} version {before}, the champion before this one: {refusal}.")
    client.set_registered_model_alias(name, CHAMPION, before)
    client.set_registered_model_alias(name, CHALLENGER, champion_now.version)
    _write_down(client, name, str(champion_now.version), ROLLED_BACK, who, why)
    return str(before)


def refused_before(client: Any, name: str, content: str) -> str:
    """Explain why this model must not become champion automatically: a person has rolled it back, and nobody has
    promoted it since.

    Without this check, the next run would train the same model on the same data and undo the decision.
    """
    decided: list[tuple[str, str, dict[str, str]]] = []
    for version in client.search_model_versions(f"name = '{name}'"):
        if version.tags.get(CONTENT) == content:
            decisions = {
                what: json.loads(version.tags[what]) for what in (PROMOTED, ROLLED_BACK) if what in version.tags
            }
            decided += [(decision["at"], what, decision) for what, decision in decisions.items()]
    if not decided:
        return ""
    _, what, last = max(decided, key=lambda row: row[:2])
    if what == PROMOTED:
        return ""
    return f"this very model was rolled back by {last['by']} ({last['why']}): `neighbourly promote` makes it champion again"


def _decided(who: str, why: str) -> None:
    if not who.strip() or not why.strip():
        raise ConfigurationError("Say who decides and why: both are written on the model version.")


def _known(client: Any, name: str, version: str) -> Any:
    from mlflow.exceptions import MlflowException

    try:
        return client.get_model_version(name, version)
    except MlflowException:
        known = sorted((str(v.version) for v in client.search_model_versions(f"name = '{name}'")), key=int)
        if known:
            raise ConfigurationError(f"{name} has no version {version}; it has {', '.join(known)}.") from None
        names = sorted(model.name for model in client.search_registered_models())
        raise ConfigurationError(
            f"No registered model is called {name!r}. There are: {', '.join(names) or 'none'}."
        ) from None


def _write_down(client: Any, name: str, version: str, what: str, who: str, why: str) -> None:
    moment = dt.datetime.now(dt.UTC).isoformat(timespec="milliseconds")
    client.set_model_version_tag(name, version, what, json.dumps({"by": who, "why": why, "at": moment}))
