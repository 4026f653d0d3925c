"""A run refuses wrong input before it starts work, and does work side by side where memory has room."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

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


@pytest.mark.parametrize(("people", "limit", "beside"), [(99_999, None, True), (100_000, None, False), (5, 6e9, False)])
def test_what_lists_need_is_made_beside_the_evaluation_where_memory_has_room(
    people: int, limit: float | None, beside: bool
) -> None:
    run = SimpleNamespace(
        current=SimpleNamespace(rows=people), settings=SimpleNamespace(run=SimpleNamespace(memory_bytes=limit))
    )
    assert vars(Run)["_has_room_for_both"].fget(run) is beside
