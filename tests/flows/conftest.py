"""Fixtures: a prepared run on disk, with the files that a release reads."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from data_schemas import disk
from pipeline.publish import files, pages, tabular
from pipeline.publish.content import COLUMNS

AS_OF = dt.date(2026, 4, 1)


def rows(people: list[str]) -> pl.DataFrame:
    """A list of these people."""
    texts = {name: [""] * len(people) for name in COLUMNS}
    known = {
        "rank": list(range(1, len(people) + 1)),
        "person_id": people,
        "practice_code": ["X00001"] * len(people),
        "risk": [0.5] * len(people),
        "lists": ["Main list"] * len(people),
        "band": ["High"] * len(people),
        "age_band": ["65 to 74"] * len(people),
    }
    return pl.DataFrame({**texts, **known}, schema_overrides={"rank": pl.Int32})


@pytest.fixture(scope="session")
def prepare() -> Callable[..., None]:
    """A function that writes a run's files to an output folder, with the named alarms."""
    return prepare_run


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """An output folder with one prepared run of two clusters, and the newest registrations."""
    prepare_run(tmp_path)
    tables = tmp_path / "store" / "tables"
    tables.mkdir(parents=True)
    people = [f"p{n}" for n in range(6)]
    pl.DataFrame(
        {"person_id": people, "practice_code": "X00001", "registered_from": dt.date(2020, 1, 1), "registered_to": None},
        schema_overrides={"registered_to": pl.Date},
    ).write_parquet(tables / "registrations.parquet")
    return tmp_path


def prepare_run(out: Path, *alarms: str, model: str = "m" * 16) -> None:
    """Write the files of a run that a release reads."""
    with disk.replacing(out / str(AS_OF)) as folder:
        drafts = files.Drafts(folder)
        for cluster, people in (("C1", ["p0", "p1", "p2"]), ("C2", ["p3", "p4"])):
            drafts.add(f"lists/{cluster}/risk-list.parquet", tabular.parquet(rows(people)), len(people))
            drafts.add(f"lists/{cluster}/also-consider.parquet", tabular.parquet(rows([])), 0)
            for page in ("profile.html", "risk-list.html"):
                drafts.add(f"lists/{cluster}/{page}", b"<p>page</p>")
        for page in ("borough.html", "community.html", "monitor.html", "model-card.md"):
            drafts.add(page, b"<p>page</p>")
        drafts.add("reidentify.html", pages.reidentify("Wigan"))
        drafts.add("report.json", files.as_json({"alarms": [{"name": name, "detail": "0.7"} for name in alarms]}))
        cluster = {"people": 100, "places": 3, "capacity": 3}
        drafts.close({
            "site": "Wigan", "as_of": AS_OF, "outcome": "unplanned_admission", "horizon_days": 365, "model_version": model,
            "clusters": {code: {"code": code, "name": code, **cluster} for code in ("C1", "C2")},
        })  # fmt: skip
