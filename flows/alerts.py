"""Makes Prefect send an alert when a site's run is late, was refused or failed: to a webhook, an e-mail address, a
notification block (such as Teams), or several of these.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from data_schemas.errors import ConfigurationError
from pipeline.settings.sections import Alerts

EVENTS = frozenset({"prefect.flow-run.Late", "prefect.flow-run.Failed", "prefect.flow-run.Crashed"})
NAME = "neighbourly-alerts"
SUBJECT = "{{ deployment.name }}: {{ flow_run.state.name }}"
TEXT = (
    "{{ flow.name }}/{{ deployment.name }}, run {{ flow_run.name }}: {{ flow_run.state.name }}. "
    "Look at its page in Prefect, or run `neighbourly doctor`."
)
"""The text of an alert: names and states. As a precaution, it has no messages, although ours never quote data."""


def ensure(alerts: Alerts, deployments: Mapping[str, UUID], of: str = "") -> str:
    """Create, change or remove the automation of these deployments (name → id), as `[alerts]` requires. Returns its
    name, or "" if nothing is set.

    `of` is the site, if a server has several. Raises ConfigurationError if the named block is not on the server.
    """
    from prefect.client.orchestration import get_client

    name = f"{NAME}-{of}" if of else NAME
    actions = _actions(alerts, name)
    wanted = _automation(name, actions, list(deployments.values())) if actions else None
    with get_client(sync_client=True) as client:
        for old in client.read_automations_by_name(name):
            client.delete_automation(old.id)
        if wanted is not None:
            client.create_automation(wanted)
    return name if wanted is not None else ""


def _automation(name: str, actions: list[Any], deployments: Sequence[UUID]) -> Any:
    from prefect.events.schemas.automations import AutomationCore, EventTrigger, Posture

    trigger = EventTrigger(
        posture=Posture.Reactive,
        expect=set(EVENTS),
        match_related={
            "prefect.resource.role": "deployment",
            "prefect.resource.id": [f"prefect.deployment.{each}" for each in deployments],
        },
        for_each={"prefect.resource.id"},
        threshold=1,
        within=timedelta(0),
    )
    return AutomationCore(
        name=name, description="A run is late, was refused or failed", trigger=trigger, actions=actions
    )


def _actions(alerts: Alerts, name: str) -> list[Any]:
    """Make one action for each that is set: call the webhook, send the e-mail, send through the server's block."""
    actions = []
    if alerts.webhook:
        actions.append(_call(alerts.webhook, name))
    if alerts.email:
        actions.append(_send(_mail(alerts.email, name)))
    if alerts.block:
        actions.append(_send(_block(alerts.block)))
    return actions


def _call(address: str, name: str) -> Any:
    from prefect.blocks.webhook import Webhook
    from prefect.events.actions import CallWebhook
    from prefect.types import SecretDict
    from pydantic import SecretStr

    block: Any = Webhook(url=SecretStr(address), headers=SecretDict({"Content-Type": "application/json"}))
    payload = f'{{"text": {{% filter tojson %}}{TEXT}{{% endfilter %}}}}'  # names may contain quotes
    return CallWebhook(block_document_id=block.save(name, overwrite=True), payload=payload)


def _send(block_id: UUID) -> Any:
    from prefect.events.actions import SendNotification

    return SendNotification(block_document_id=block_id, subject=SUBJECT, body=TEXT)


def _mail(address: str, name: str) -> UUID:
    """Create the block that sends e-mail.

    Prefect has no block for SMTP, but its Slack block passes any address to Apprise, which sends e-mail.
    """
    from prefect.blocks.notifications import SlackWebhook
    from pydantic import SecretStr

    block: Any = SlackWebhook(url=SecretStr(address))
    return UUID(str(block.save(name, overwrite=True)))


def _block(named: str) -> UUID:
    from prefect.client.orchestration import get_client
    from prefect.exceptions import ObjectNotFound

    kind, _, name = named.partition("/")
    with get_client(sync_client=True) as client:
        try:
            return client.read_block_document_by_name(name, kind).id
        except ObjectNotFound:
            raise ConfigurationError(
                f"[alerts] block: the Prefect server has no block {named}; make it as the account `service` of access.json, and give it as"
                " kind/name"
            ) from None
