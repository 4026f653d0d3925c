"""Delivers lists over MESH, the NHS message exchange: one message per list, encrypted to the cluster's public key."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Self

from pydantic import Field, StrictInt

from data_schemas import disk
from data_schemas.section import Section, Text
from pipeline import carriers

if TYPE_CHECKING:
    from pipeline.carriers.mesh.carrier import MeshCarrier

MEGABYTE = 1_000_000


class Mailbox(Section):
    """`[delivery.clusters.<code>]`: a cluster's mailbox, and the age public key that encrypts its lists."""

    mailbox: Text
    key: Annotated[str, Field(strict=True, pattern=r"^age1[02-9ac-hj-np-z]{58}$")]


class Options(carriers.Options):
    """`[delivery]` with `carrier = "mesh"`: this site's mailbox, its certificate, and where each cluster's lists go."""

    url: Text = Field(
        "https://mesh-sync.spineservices.nhs.uk", description="the address of MESH, as text starting with https://"
    )
    mailbox: Text = Field(description="the name of this site's mailbox, as text", examples=["X26HC001"])
    workflow: Text = Field(description="the workflow id agreed with the recipients, as text", examples=["RISK_LIST"])
    certificate: Text = Field(description="a PEM file with this site's certificate, as text", examples=["client.pem"])
    private_key: Text = Field(description="a PEM file with the certificate's key, as text", examples=["client.key"])
    authority: Text | None = Field(
        None, description="a PEM file with the certificate authorities of MESH, as text; left out: the NHS's"
    )
    secrets: Text = Field(
        description="a TOML file with password and shared_key of the mailbox, readable by its owner only, as text",
        examples=["mesh-secrets.toml"],
    )
    chunk_megabytes: StrictInt = Field(75, ge=1, le=100, description="a whole number of megabytes from 1 to 100")
    clusters: dict[str, Mailbox] = Field(
        {},
        repr=False,
        description='[delivery.clusters.<code>] with mailbox = "…" and key = "age1…" (an age public key)',
    )

    def problems(self, folder: Path) -> Iterator[tuple[str, str]]:
        """Report missing files, secrets that others can read, and an address without TLS."""
        if not self.url.startswith("https://"):
            yield "url", f"found {self.url!r}; accepted: an address that starts with https://"
        for name, value in self._files.items():
            path = folder / value
            if not path.is_file():
                yield name, f"{path}: there is no such file; give its path, relative to site.toml"
            elif name in ("private_key", "secrets") and os.name == "posix" and path.stat().st_mode & disk.OTHERS:
                yield name, f"{path}: others can read it; stop that with: chmod 600 {path}"

    @property
    def _files(self) -> dict[str, str]:
        named = {name: getattr(self, name) for name in ("certificate", "private_key", "authority", "secrets")}
        return {name: value for name, value in named.items() if value}

    def placed(self, folder: Path) -> Self:
        """Make paths absolute: relative ones start at the folder of site.toml."""
        return self.model_copy(update={name: str(folder / value) for name, value in self._files.items()})

    @property
    def destination(self) -> str:
        """Nobody else can read a message."""
        return "each cluster's MESH mailbox, encrypted to the cluster's own key"

    @classmethod
    def discard_waiting(cls, out: Path) -> None:
        """Delete the encrypted content of messages that were not sent completely. Their journal is kept."""
        from pipeline.carriers.mesh.journal import FOLDER, Journal

        Journal(out / FOLDER).discard_waiting()

    def made(self, out: Path) -> MeshCarrier:
        """Messages are kept in the output folder."""
        from pipeline.carriers.mesh.carrier import MeshCarrier
        from pipeline.carriers.mesh.journal import FOLDER, Journal

        return MeshCarrier(self, Journal(out / FOLDER))
