"""A run refuses wrong input before it starts work."""

from __future__ import annotations

from pathlib import Path

import pytest

from data_schemas.errors import DataRefused
from flows.checked import checked_report
from flows.parameters import RunParameters
from flows.run import Run


def test_outcomes_that_cannot_be_read_are_refused_before_the_work(tmp_path: Path) -> None:
    from pipeline.synthetic import generate

    generate(200, 7, tmp_path)
    (tmp_path / "feedback").mkdir()
    (tmp_path / "feedback" / "outcomes.csv").write_text("person_id,outcome,outcome_date\np1,Went fishing,2026-01-01\n")
    site = tmp_path / "site.toml"
    site.write_text(site.read_text().replace("[lists]", '[lists]\nfeedback = "strict"'))
    run = Run(RunParameters(config=str(site), out=str(tmp_path / "out")))
    with pytest.raises(DataRefused, match=r"outcomes\.csv, row 2: outcome cannot be read") as refused:
        _ = run.ingested
    assert "fishing" not in str(refused.value)
    assert not run.steps
    assert not run.store.exists()


def test_check_tells_of_the_community_book_and_of_outcomes_together(tmp_path: Path) -> None:
    from pipeline.synthetic import generate

    generate(200, 7, tmp_path)
    (tmp_path / "extracts" / "community_assets.json").write_text('{"services": [{"id": "s1"}]}')
    (tmp_path / "feedback").mkdir()
    (tmp_path / "feedback" / "outcomes.csv").write_text("person_id,outcome,outcome_date\np1,Declined,soon\n")
    (tmp_path / "feedback" / "outcomes.ods").write_text("")
    found = checked_report(RunParameters(config=str(tmp_path / "site.toml"), out=str(tmp_path / "out")))
    text = " ".join(found["refusals"])
    assert "community_assets.json" in text
    assert "outcomes.ods" in text
    assert "soon" not in text
