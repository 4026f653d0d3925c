"""Carriers bring the files of a list to a cluster. Each is one module here, and `[delivery]` in site.toml names it.

A carrier's module has a class `Options`: its keys of `[delivery]`, what can be wrong with them, and the carrier made
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
"""The carrier where site.toml names none."""

Standing = Literal["on its way", "arrived", "lost"]


@dataclass(frozen=True)
class Parcel:
    """One list that was sent, and how far it has come."""

    cluster: str
    run: str
    reference: str
    """What carrier and recipient call it."""
    standing: Standing
    detail: str
    """In plain words, with what to do where it was lost."""


class Carrier(Protocol):
    """Brings the files of one list to one cluster, all or none."""

    @property
    def name(self) -> str:
        """What the audit log calls it."""

    def carry(self, cluster: str, run: str, content: dict[str, bytes], occasion: int = 1) -> None:
        """Bring `content` (file names and bytes) to a cluster, named by its folder; `run` is the as-of date.

        Called again after it was stopped, it goes on and sends nothing twice. A higher `occasion` is the same list once
        more, on purpose.
        """

    def followed(self) -> Iterator[Parcel]:
        """What was sent and has changed its standing since it was last asked after."""

    def parcels(self) -> Iterator[Parcel]:
        """All that was sent, as it is known here without asking, the latest change last."""


class Options(Section, ABC):
    """The keys of `[delivery]` that every carrier has."""

    carrier: Text = Field(FOLDER, description="folder or mesh")

    @abstractmethod
    def problems(self, folder: Path) -> Iterator[tuple[str, str]]:
        """Keys and what is wrong with them that only this machine can tell; `folder` is where site.toml is."""

    @abstractmethod
    def placed(self, folder: Path) -> Self:
        """The same with paths that hold wherever they are read; `folder` is where site.toml is."""

    @abstractmethod
    def made(self, out: Path) -> Carrier:
        """The carrier; `out` is the output folder."""

    @classmethod
    def discard_waiting(cls, out: Path) -> None:
        """Delete the lists that wait in the output folder to be sent: people on them may have opted out since."""

    @property
    @abstractmethod
    def destination(self) -> str:
        """Where released lists go, and who can read them there, after "Released lists go to"."""

    @property
    def is_open(self) -> bool:
        """Whether people besides the owner and a named group can read what is delivered."""
        return False


def known() -> list[str]:
    """The names of all carriers."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def discard_waiting(out: Path) -> None:
    """Delete the lists that wait to be sent, whoever was to carry them; the next release makes them again."""
    for name in known():
        options(name).discard_waiting(out)


def options(name: str) -> type[Options]:
    """The keys of `[delivery]` for the carrier of this name."""
    made: Any = import_module(f"{__name__}.{name}").Options
    return made  # type: ignore[no-any-return]
