"""Scores do not depend on where or in what order the parts of a snapshot are scored."""

from __future__ import annotations

import shutil

import pytest

from data_schemas.feature_parts import part_path, scan_parts, write_part
from models.score import score
from pipeline.engine import Spark

SPLIT = 1_500
"""Number of people in the first of two parts of the snapshot."""


@pytest.fixture
def parts(site, tmp_path):
    """The test snapshot in two parts."""
    from dataclasses import replace

    snapshot = site.test[0]
    folder = tmp_path / "snapshot"
    shutil.copytree(snapshot.folder, folder)
    whole = scan_parts(folder).collect()
    shutil.rmtree(folder / "features")
    (folder / "features").mkdir()
    for number, part in enumerate((whole.head(SPLIT), whole.slice(SPLIT))):
        write_part(part, part_path(folder, number))
    return replace(snapshot, path=str(folder))


def test_parts_in_any_order_make_the_same_file_as_the_whole(site, parts, tmp_path):
    def backwards(step, count):
        for number in reversed(range(count)):
            step(number)

    whole = score(site.model, site.test[0], tmp_path / "whole").read_bytes()
    assert score(site.model, parts, tmp_path / "parts").read_bytes() == whole
    assert score(site.model, parts, tmp_path / "backwards", backwards).read_bytes() == whole
    assert [path.suffix for path in (tmp_path / "parts" / "scores").iterdir()] == [".parquet"]


@pytest.mark.spark
@pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas:FutureWarning")
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_workers_of_spark_write_the_same_risks(site, parts, tmp_path, spark_session):
    on_spark = score(site.model, parts, tmp_path / "spark", Spark().each)
    assert on_spark.read_bytes() == score(site.model, parts, tmp_path / "here").read_bytes()
