"""The area tables made from published statistics: the same as the committed ones, and those of another borough."""

from __future__ import annotations

import shutil
from pathlib import Path

import polars as pl
import pytest

from data_schemas.errors import ConfigurationError
from pipeline.synthetic.derive import main
from pipeline.synthetic.options import DATA

ENGLAND = Path(__file__).parents[3].parent / "shared" / "reference" / "england"
needs_england = pytest.mark.skipif(
    not ENGLAND.exists(), reason="the published statistics are not beside the repository"
)


@needs_england
def test_the_committed_tables_are_those_of_the_published_statistics(tmp_path):
    main(ENGLAND, tmp_path)
    for name in ("areas.csv", "ages.csv"):
        assert (tmp_path / name).read_bytes() == (DATA / name).read_bytes()


@needs_england
def test_another_boroughs_files_have_its_name(tmp_path):
    some = pl.read_csv(ENGLAND / "wigan_imd2025_lsoa21.csv")["lsoa21_code"].head(40)
    for file in ENGLAND.glob("wigan_*.csv"):
        frame = pl.read_csv(file, infer_schema=False)
        code = next((name for name in ("lsoa21_code", "lsoa11_code") if name in frame.columns), None)
        (frame if code is None else frame.filter(pl.col(code).is_in(some.implode()))).write_csv(
            tmp_path / file.name.replace("wigan", "elsewhere")
        )
    main(tmp_path, tmp_path)
    areas = pl.read_csv(tmp_path / "areas.csv")
    assert sorted(areas["lsoa_code"]) == sorted(some) == sorted(pl.read_csv(tmp_path / "ages.csv")["lsoa_code"])
    shutil.copy(tmp_path / "elsewhere_imd2025_lsoa21.csv", tmp_path / "wigan_imd2025_lsoa21.csv")
    with pytest.raises(ConfigurationError, match="2 files are named <borough>_imd2025_lsoa21"):
        main(tmp_path, tmp_path)


def test_a_folder_without_them_is_reported(tmp_path):
    with pytest.raises(ConfigurationError, match="0 files are named <borough>_"):
        main(tmp_path, tmp_path)
