"""Scores do not depend on where or in what order the parts of a snapshot are scored."""

from __future__ import annotations

import shutil

import polars as pl
import pytest

from models.score import score

SPLIT = 1_500
"""People of the first part: the snapshot is cut in two."""


@pytest.fixture
def parts(site, tmp_path):
    """The test snapshot in two parts."""
    from dataclasses import replace

    snapshot = site.test[0]
    folder = tmp_path / "snapshot"
    shutil.copytree(snapshot.folder, folder)
    whole = pl.read_parquet(sorted((folder / "features").glob("part-*.parquet")))
    shutil.rmtree(folder / "features")
    (folder / "features").mkdir()
    for number, part in enumerate((whole.head(SPLIT), whole.slice(SPLIT))):
        part.write_parquet(folder / "features" / f"part-{number:04d}.parquet")
    return replace(snapshot, path=str(folder))


def test_parts_in_any_order_make_the_same_file_as_the_whole(site, parts, tmp_path):
    def backwards(step, count):
        for number in reversed(range(count)):
            step(number)

    whole = score(site.model, site.test[0], tmp_path / "whole").read_bytes()
    assert score(site.model, parts, tmp_path / "parts").read_bytes() == whole
    assert score(site.model, parts, tmp_path / "backwards", backwards).read_bytes() == whole
    assert [path.suffix for path in (tmp_path / "parts" / "scores").iterdir()] == [".parquet"]
