"""Delivers lists into one folder per cluster, which a group may read."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field

from data_schemas import disk
from data_schemas.section import Text
from pipeline import carriers

STANDARD = "released"
"""Folder in the output folder, used if site.toml names none."""


@dataclass(frozen=True)
class Rights:
    """Who may read what is delivered into a folder: the owner, and a group as `mode` allows (three octal digits, for
    folders).
    """

    mode: str = "700"
    group: str | None = None

    def give(self, path: Path) -> None:
        """Set the permissions of a path. Files get those of folders, without the right to enter."""
        if self.group:
            shutil.chown(path, group=self.group)
        path.chmod(int(self.mode, 8) if path.is_dir() else int(self.mode, 8) & 0o666)


@dataclass(frozen=True)
class FolderCarrier:
    """Puts each cluster's files into its own folder, `<root>/<cluster>/<run>/`, for the owner and those in `rights`."""

    root: Path
    name: str = carriers.FOLDER
    rights: Rights = Rights()

    def carry(self, cluster: str, run: str, content: dict[str, bytes], occasion: int = 1) -> None:  # noqa: ARG002
        """Write the files. Existing files are replaced, so every occasion gives the same result."""
        target = self.root / cluster / run
        made = [folder for folder in (self.root, target.parent) if not folder.exists()]
        with disk.lock(target.parent / ".delivery.lock"), disk.replacing(target) as draft:
            for path, data in content.items():
                (draft / path).write_bytes(data)
                self.rights.give(draft / path)
            for folder in (*made, draft):
                self.rights.give(folder)

    def followed(self) -> Iterator[carriers.Parcel]:
        """Always empty: a file in a folder has already arrived."""
        yield from ()

    def parcels(self) -> Iterator[carriers.Parcel]:
        """Always empty: nothing needs following."""
        yield from ()


class Options(carriers.Options):
    """`[delivery]` with `carrier = "folder"`: where released lists go, and who except the owner may read them there."""

    folder: Text | None = Field(None, description="a folder, as text")
    group: Text | None = Field(None, description="the name of a group of this machine, as text")
    mode: Annotated[str, Field(strict=True, pattern=r"^7[0-7]{2}$")] = Field(
        "700",
        description='the rights of the folders as three octal digits, such as "750" (files get the same without x)',
    )

    def problems(self, folder: Path) -> Iterator[tuple[str, str]]:  # noqa: ARG002
        """Check that the group exists on this machine and has some permission."""
        if self.group is None:
            return
        if self.group not in _groups():
            yield "group", f"found {self.group!r}, which is not a group of this machine; accepted: the name of one"
        elif self.mode[1] == "0":
            yield "mode", f'found {self.mode!r}, which gives the group {self.group} nothing; accepted: such as "750"'

    def placed(self, folder: Path) -> Self:
        """Make folders absolute: relative ones start at the folder of site.toml."""
        return self.model_copy(update={"folder": str(folder / self.folder)}) if self.folder else self

    def made(self, out: Path) -> FolderCarrier:
        """The default folder is for its owner only, whatever permissions the options set."""
        standard = out / STANDARD
        root = Path(self.folder) if self.folder else standard
        if root.resolve() == standard.resolve():
            return FolderCarrier(root)
        return FolderCarrier(root, f"{carriers.FOLDER} {root.resolve()}", Rights(self.mode, self.group))

    @property
    def destination(self) -> str:
        """The default folder is for its owner only, whatever permissions the options set."""
        if not self.folder:
            return f"the folder {STANDARD} in the output folder, for its owner only"
        readers = f" for the group {self.group}" if self.group else " for its owner only" if self.mode == "700" else ""
        return f"the folder {self.folder}, with rights {self.mode}{readers}"

    @property
    def is_open(self) -> bool:
        """Whether the last octal digit grants anything."""
        return self.mode[2] != "0"


def _groups() -> set[str]:
    """The groups of this machine; empty if the system has none, such as Windows."""
    try:
        import grp
    except ImportError:
        return set()
    return {each.gr_name for each in grp.getgrall()}
