"""The table and the page of all trainings."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl

from flows.trainings import frame, grouped, write
from models.registry.trainings import Training

MORNING = dt.datetime(2026, 4, 2, 6, tzinfo=dt.UTC)


def training(run: str, auroc: float, *, test: str = "2025-04-01", candidate: str = "boosting") -> Training:
    tags = {"site": "Wigan", "outcome": "unplanned_admission", "test_as_of": test, "train_as_of": "2023-04-01 2024-04-01",
            "test_fingerprint": test, "alarms": "none", "kind": "training"}  # fmt: skip
    metrics = {"test/n": 5000.0, "test/events": 400.0, "test/auroc": auroc, "test/auroc_low": auroc - 0.01,
               "test/auroc_high": auroc + 0.01, "test/ppv_at/0.05": 0.31}  # fmt: skip
    return Training(run, MORNING, tags, {"candidate": candidate, "horizon_days": "365"}, metrics)


def test_only_trainings_judged_on_the_same_people_stand_in_one_table() -> None:
    found = [training("a", 0.70), training("b", 0.75), training("c", 0.60, test="2024-04-01")]
    newest, before = grouped(found)
    assert [row["run"] for row in newest.rows] == ["b", "a"]
    assert newest.title == "Wigan, unplanned admission within 365 days, judged at 1 April 2025"
    assert (newest.n, newest.events, newest.rows[0]["auroc"]) == ("5,000", "400", "0.750 [0.740 to 0.760]")
    assert [row["run"] for row in before.rows] == ["c"]


def test_a_training_that_lacks_figures_is_in_the_table_with_empty_cells() -> None:
    bare = Training("own", MORNING, {"kind": "own"}, {}, {})
    table = frame([training("a", 0.7), bare])
    assert table["test_auroc"].to_list() == [0.7, None]
    assert grouped([bare])[0].n == "not known"


def test_the_page_and_the_table_hold_every_training(tmp_path: Path) -> None:
    found = [training(f"run{i}", 0.7, candidate="=cmd()" if i else "<b>") for i in range(3)]
    done = write(found, tmp_path)
    page = Path(done["page"]).read_text(encoding="utf-8")
    assert all(f"run{i}" in page for i in range(3))
    assert "<b>" not in page
    assert pl.read_csv(done["table"])["candidate"].to_list() == ["<b>", "'=cmd()", "'=cmd()"]
    assert "MLflow has no trainings yet" in Path(write([], tmp_path)["page"]).read_text(encoding="utf-8")
