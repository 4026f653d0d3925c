"""Who may read what is delivered into a folder."""

from __future__ import annotations

import grp
import os
from pathlib import Path

import pytest

from pipeline.carriers.folder import FolderCarrier, Rights


@pytest.mark.parametrize(
    ("rights", "folders", "file"),
    [(Rights(), 0o700, 0o600), (Rights("750"), 0o750, 0o640), (Rights("770"), 0o770, 0o660)],
)
def test_folders_and_files_have_the_rights_that_were_asked_for(
    tmp_path: Path, rights: Rights, folders: int, file: int
) -> None:
    before = os.umask(0)
    FolderCarrier(tmp_path / "shared", rights=rights).carry("C1", "2026-04-01", {"risk-list.csv": b"x"})
    os.umask(before)
    found = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "shared").rglob("*") if path.name[0] != "."}
    assert found == {"C1": folders, "2026-04-01": folders, "risk-list.csv": file}
    assert (tmp_path / "shared").stat().st_mode & 0o777 == folders


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to any group")
def test_they_belong_to_the_group(tmp_path: Path) -> None:
    group = grp.getgrall()[-1]
    FolderCarrier(tmp_path / "shared", rights=Rights("750", group.gr_name)).carry("C1", "2026-04-01", {"x.csv": b"x"})
    made = [tmp_path / "shared" / "C1" / "2026-04-01", tmp_path / "shared" / "C1" / "2026-04-01" / "x.csv"]
    assert {path.stat().st_gid for path in made} == {group.gr_gid}
