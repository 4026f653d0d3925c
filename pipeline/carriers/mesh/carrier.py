"""Sends a list over MESH.

MESH makes a new message from everything that is posted, and cannot recognise one that it already has. So we record
every step before and after it, and look up a message that may already exist by its local id before we post it again.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from data_schemas import disk
from data_schemas.errors import RunFailed
from pipeline import carriers
from pipeline.carriers.mesh import MEGABYTE, Mailbox, Options, exchange
from pipeline.carriers.mesh.exchange import AGAIN, by_local_id, connected, refusal
from pipeline.carriers.mesh.journal import UNSENT, Journal, Message
from pipeline.carriers.mesh.sealed import identity, sealed

if TYPE_CHECKING:
    from mesh_client import MeshClient

ATTEMPTS = 3
SENT = (200, 202)
UPLOADING, ACCEPTED, ACKNOWLEDGED = "uploading", "accepted", "acknowledged"


@dataclass(frozen=True)
class MeshCarrier:
    """Sends each list as one encrypted message, in chunks, never twice. Follows it until the recipient acknowledges
    it."""

    options: Options
    journal: Journal

    @property
    def name(self) -> str:
        """The name does not depend on the output folder."""
        return f"MESH {self.options.mailbox}"

    def carry(self, cluster: str, run: str, content: dict[str, bytes], occasion: int = 1) -> None:
        """Send a list. Finished steps are not repeated. Raises RunFailed in plain words if MESH cannot be reached or
        refuses.
        """
        to = self.options.clusters.get(cluster)
        if to is None:
            raise RunFailed(
                f"has no mailbox: add [delivery.clusters.{cluster}] with mailbox and key to site.toml, then {AGAIN}"
            )
        facts = (self.options.mailbox, to.mailbox, to.key, cluster, run, occasion)
        with disk.lock(self.journal.folder / f".{cluster}.lock"):
            local_id, message = self._named(facts, content)
            if message and message.state not in UNSENT:
                self.journal.content(message).unlink(missing_ok=True)
                return
            with connected(self.options) as client:
                self._give_up_others(client, cluster, local_id)
                local_id, message = self._named(facts, content)
                if message is None or message.state in UNSENT:
                    self._send(client, message or self._prepare(local_id, cluster, run, to, content))

    def _named(self, facts: tuple[object, ...], content: dict[str, bytes]) -> tuple[str, Message | None]:
        """The local id of a list, and its message if there is one. A message that was given up is not continued."""
        for again in itertools.count():
            local_id = identity(*facts, *([again] if again else []), content=content)
            message = self.journal.read(local_id)
            if message is None or message.state != "superseded":
                return local_id, message
        raise AssertionError

    def _prepare(self, local_id: str, cluster: str, run: str, to: Mailbox, content: dict[str, bytes]) -> Message:
        """Encrypt a list and record its message. This happens once, because chunks sent after a stop must match those
        sent before it.
        """
        data, chunk = sealed(content, to.key), self.options.chunk_megabytes * MEGABYTE
        message = Message(local_id, cluster, run, to.mailbox, chunk, -(-len(data) // chunk))
        disk.write(self.journal.content(message), data)
        return self.journal.note(message)

    def _give_up_others(self, client: MeshClient, cluster: str, local_id: str) -> None:
        """Give up the cluster's other lists that were not sent, because people may have been taken off since.

        A partly sent message of this list is also given up if the rest of its content was deleted.
        """
        for other in self.journal.messages():
            is_old = other.local_id != local_id or self.journal.is_stranded(other)
            if other.cluster == cluster and other.state in UNSENT and is_old:
                whole = self._whole(client, self._found(client, other))
                state = "sent" if whole.sent == whole.chunks else "superseded"
                self.journal.finish(whole, state=state)

    def _send(self, client: MeshClient, message: Message) -> None:
        """Continue a message from its current step until it is `sent`."""
        message = self._whole(client, self._found(client, message))
        if not message.message_id:
            message = self._first(client, message)
        for number in range(message.sent + 1, message.chunks + 1):
            part = self.journal.part(message, number)
            client.send_chunk(message.mailbox, part, number, message.chunks, message_id=message.message_id)
            message = self.journal.note(message, sent=number)
        self.journal.finish(message, state="sent", detail="")

    def _first(self, client: MeshClient, message: Message) -> Message:
        """Post the first chunk, which makes the message. If no answer comes, the message is looked up before it is
        posted again.
        """
        import requests
        import urllib3

        for attempt in range(1, ATTEMPTS + 1):
            message = self.journal.note(message, state="posting", detail="")
            try:
                return self._answered(message, self._post(client, message))
            except (requests.RequestException, urllib3.exceptions.HTTPError):
                if attempt == ATTEMPTS:
                    raise
            time.sleep(exchange.PAUSE_SECONDS * attempt)
            message = self._whole(client, self._found(client, message))
            if message.message_id:
                return message
        raise AssertionError  # the last attempt always returns or raises

    def _post(self, client: MeshClient, message: Message) -> Any:
        return client.send_chunk(
            message.mailbox, self.journal.part(message, 1), 1, message.chunks, workflow_id=self.options.workflow,
            local_id=message.local_id, filename=f"{message.cluster}-{message.run}.zip.age", encrypted=True,
            checksum=f"SHA256 {disk.sha256(self.journal.content(message))}", subject=f"Risk list {message.run}",
        )  # fmt: skip

    def _answered(self, message: Message, answer: Any) -> Message:
        """Record the answer of MESH: the message was accepted, or it was refused. If refused, no message exists and the
        next attempt starts from the beginning.
        """
        reply = answer.json()
        if answer.status_code in SENT and "message_id" in reply:
            return self.journal.note(message, state="sending", message_id=reply["message_id"], sent=1)
        why = refusal(answer.status_code, reply)
        self.journal.note(message, state="prepared", detail=why)
        raise RunFailed(why)

    def _found(self, client: MeshClient, message: Message) -> Message:
        """Look for a message that may have been made, and add its id if there is one."""
        message_id = by_local_id(client, message.local_id) if message.state == "posting" else ""
        return self.journal.note(message, state="sending", message_id=message_id, sent=1) if message_id else message

    def _whole(self, client: MeshClient, message: Message) -> Message:
        """Complete a message of which MESH has a part, or even all, because the last step may not have been
        recorded.
        """
        if message.state != "sending" or client.track_message(message.message_id)["status"] == UPLOADING:
            return message
        return self.journal.note(message, sent=message.chunks)

    def followed(self) -> Iterator[carriers.Parcel]:
        """Ask MESH about every message that has not been acknowledged."""
        waiting = [message for message in self.journal.messages() if message.state == "sent"]
        if waiting:
            with connected(self.options) as client:
                yield from (now for message in waiting if (now := self._followed(client, message)))

    def parcels(self) -> Iterator[carriers.Parcel]:
        """Read from the journal, without asking MESH."""
        yield from (message.parcel for message in self.journal.messages())

    def _followed(self, client: MeshClient, message: Message) -> carriers.Parcel | None:
        tracked = client.track_message(message.message_id)
        status = str(tracked["status"]).lower()
        if status == ACKNOWLEDGED:
            return self.journal.note(message, state="acknowledged", detail="the recipient has it").parcel
        if status == ACCEPTED and tracked.get("status_success", True):
            return None
        why = tracked.get("status_description") or status
        detail = (
            f"not delivered ({why}): ask the cluster to look at its mailbox, then release {message.run} with --again"
        )
        return self.journal.note(message, state="lost", detail=detail).parcel
