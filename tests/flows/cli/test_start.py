"""`neighbourly init` as people see it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from flows.cli.start import init
from tests.pipeline.ingest.extracts_on_disk import DEFAULTS


def test_it_says_what_it_guessed_and_what_to_do_next(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for table, text in DEFAULTS.items():
        (tmp_path / f"{table}.csv").write_text(text.replace("2019-05-01,2019-05-04", "01/05/2019,25/05/2019"))
    (tmp_path / "notes.csv").write_text("a,b\n")
    init(tmp_path, as_json=True)
    printed = json.loads(capsys.readouterr().out)
    assert printed["written"] == str(tmp_path / "site.toml")
    assert [line.split(":")[0] for line in printed["guessed"]] == ["registrations", "admissions", "practices"]
    assert printed["files not used"] == ["notes.csv"]
    assert printed["still needed"] == []
    assert f"neighbourly check --config {tmp_path / 'site.toml'}" in printed["next"]
