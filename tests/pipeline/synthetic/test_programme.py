"""The demo's invented programme."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl

from pipeline.settings import load_settings
from pipeline.synthetic import generate
from pipeline.synthetic.programme import PROGRAMME, add_programme


def test_a_lottery_among_older_people_that_the_site_knows_of(tmp_path: Path) -> None:
    generate(400, 5, tmp_path)
    people = add_programme(tmp_path / "site.toml", seed=1)
    settings = load_settings(tmp_path / "site.toml")
    rows = pl.read_parquet(settings.extracts["interventions"].files[0])
    assert rows.height == people > 10
    assert rows["programme"].unique().to_list() == [PROGRAMME]
    assert rows["start_date"].unique().to_list() == [dt.date(2026, 4, 1) - dt.timedelta(days=400)]
    assert abs(rows["arm"].value_counts()["count"].diff()[-1]) <= 1
