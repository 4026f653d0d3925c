"""Records each message before and after every step, so that a stopped one continues and none is sent twice."""

from __future__ import annotations

import dataclasses
import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from data_schemas import disk
from data_schemas.receipts import dump, load
from pipeline.carriers import Parcel, Standing

FOLDER = Path("store") / "mesh"
"""Path in the output folder. It holds a `.json` file per message, and the encrypted content until it is sent."""
State = Literal["prepared", "posting", "sending", "sent", "acknowledged", "lost", "superseded"]
UNSENT: tuple[State, ...] = ("prepared", "posting", "sending")
STANDINGS: dict[State, Standing] = {"acknowledged": "arrived", "lost": "lost"}


@dataclass(frozen=True)
class Message:
    """One list being sent: the finished steps and the next one. It names no person."""

    local_id: str
    cluster: str
    run: str
    mailbox: str
    chunk: int
    """Bytes in a chunk."""
    chunks: int
    state: State = "prepared"
    """`posting`: MESH may have made the message. `sending`: it has, and chunks follow."""
    message_id: str = ""
    sent: int = 0
    """Chunks that MESH certainly has."""
    detail: str = ""
    changed: str = ""

    @property
    def parcel(self) -> Parcel:
        """The message's status in plain words."""
        standing = STANDINGS.get(self.state, "on its way")
        return Parcel(self.cluster, self.run, self.message_id or self.local_id, standing, self.detail or self.state)


@dataclass(frozen=True)
class Journal:
    """All messages of an output folder."""

    folder: Path

    def note(self, message: Message, **now: Any) -> Message:
        """Save the current state of a message."""
        changed = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
        message = dataclasses.replace(message, **now, changed=changed)
        disk.write(self.folder / f"{message.local_id}.json", dump(message))
        return message

    def read(self, local_id: str) -> Message | None:
        path = self.folder / f"{local_id}.json"
        return load(Message, path.read_bytes()) if path.exists() else None

    def content(self, message: Message) -> Path:
        """The file with the encrypted content. It exists until all of it is sent."""
        return self.folder / f"{message.local_id}.age"

    def discard_waiting(self) -> None:
        """Delete all content that waits to be sent. Its messages are then not continued (`MeshCarrier`)."""
        for content in self.folder.glob("*.age"):
            content.unlink()

    def is_stranded(self, message: Message) -> bool:
        """Whether a message was not sent completely and its content was deleted."""
        return message.state in UNSENT and not self.content(message).exists()

    def part(self, message: Message, number: int) -> bytes:
        """Read one chunk. Chunks are numbered from 1."""
        with self.content(message).open("rb") as content:
            content.seek((number - 1) * message.chunk)
            return content.read(message.chunk)

    def finish(self, message: Message, **now: Any) -> None:
        """Delete a message's content, because nothing more of it will be sent."""
        self.note(message, **now)
        self.content(message).unlink(missing_ok=True)

    def messages(self) -> list[Message]:
        """All messages, the latest last."""
        stored = [load(Message, path.read_bytes()) for path in self.folder.glob("*.json")]
        return sorted(stored, key=lambda message: (message.changed, message.local_id))
