"""`neighbourly governance` as people see it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from flows.cli.governance import governance
from pipeline.governance import DOCUMENTS
from tests.pipeline.ingest.extracts_on_disk import DEFAULTS


def test_it_names_every_document_and_counts_its_blanks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for table, text in DEFAULTS.items():
        (tmp_path / f"{table}.csv").write_text(text)
    sections = "".join(f'[extracts.{table}]\npath = "{table}.csv"\n' for table in DEFAULTS)
    (tmp_path / "site.toml").write_text(f'[site]\nname = "Town"\nlegal_basis = ["gp", "sus"]\n{sections}')
    pack = tmp_path / "pack"
    governance(tmp_path / "site.toml", pack, as_json=True)
    printed = json.loads(capsys.readouterr().out)
    assert [Path(each["document"]) for each in printed["written"]] == [pack / name for name in DOCUMENTS]
    texts = {name: (pack / name).read_text(encoding="utf-8") for name in DOCUMENTS}
    assert [each["blanks"] for each in printed["written"]] == [texts[name].count("[TO FILL IN:") for name in DOCUMENTS]
    assert printed["blanks"] == sum(each["blanks"] for each in printed["written"])
