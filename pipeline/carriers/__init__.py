"""Carriers deliver the files of a list to a cluster. Each carrier is one module here, and `[delivery]` in site.toml
names it.

A carrier's module has a class `Options`: its keys in `[delivery]`, what can be wrong with them, and the carrier made
from them.
"""

from __future__ import annotations

import pkgutil
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Literal, Protocol, Self

from pydantic import Field

from data_schemas.section import Section, Text

FOLDER = "folder"
"""The carrier used if site.toml names none."""

Standing = Literal["on its way", "arrived", "lost"]


@dataclass(frozen=True)
class Parcel:
    """One sent list and its delivery status."""

    cluster: str
    run: str
    reference: str
    """The list's name at the carrier and the recipient."""
    standing: Standing
    detail: str
    """The status in plain words, with what to do if the list was lost."""


class Carrier(Protocol):
    """Delivers the files of one list to one cluster, all or none."""

    @property
    def name(self) -> str:
        """The carrier's name in the audit log."""

    def carry(self, cluster: str, run: str, content: dict[str, bytes], occasion: int = 1) -> None:
        """Deliver `content` (file names and bytes) to a cluster, named by its folder; `run` is the as-of date.

        If it was stopped, calling it again continues and sends nothing twice. A higher `occasion` sends the same list
        once more, on purpose.
        """

    def followed(self) -> Iterator[Parcel]:
        """Sent lists whose status has changed since the last time this was asked."""

    def parcels(self) -> Iterator[Parcel]:
        """Everything that was sent, from our own record, without asking the carrier. The latest change comes last."""


class Options(Section, ABC):
    """The keys of `[delivery]` that every carrier has."""

    carrier: Text = Field(FOLDER, description="folder or mesh")

    @abstractmethod
    def problems(self, folder: Path) -> Iterator[tuple[str, str]]:
        """Problems that only this machine can find, as key → problem. `folder` is the folder of site.toml."""

    @abstractmethod
    def placed(self, folder: Path) -> Self:
        """The same options with absolute paths. `folder` is the folder of site.toml."""

    @abstractmethod
    def made(self, out: Path) -> Carrier:
        """The carrier. `out` is the output folder."""

    @classmethod
    def discard_waiting(cls, out: Path) -> None:
        """Delete the lists that wait in the output folder to be sent: people on them may have opted out since."""

    @property
    @abstractmethod
    def destination(self) -> str:
        """Where released lists go and who can read them there. Completes "Released lists go to"."""

    @property
    def is_open(self) -> bool:
        """Whether people other than the owner and a named group can read what is delivered."""
        return False


def known() -> list[str]:
    """The names of all carriers."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def discard_waiting(out: Path) -> None:
    """Delete the lists that wait to be sent by any carrier. The next release makes them again."""
    for name in known():
        options(name).discard_waiting(out)


def options(name: str) -> type[Options]:
    """The class of `[delivery]` keys for the carrier of this name."""
    made: Any = import_module(f"{__name__}.{name}").Options
    return made  # type: ignore[no-any-return]
