"""What `check` prints can go into a file unchanged: no line is folded, and none is padded with spaces."""

from __future__ import annotations

import pytest

from flows.cli.quality import show

FOUND = {
    "tables": [{"table": "admissions", "rows_read": 10, "rows": 9, "rejected": 1, "unregistered": 0, "last_day": "2026-03-31"}],
    "sources": {}, "forecast": [], "missing": ["practices"], "refusals": [], "report": "out/check/data-quality.html", "notices": [],
    "opt_outs_matched": None,
}  # fmt: skip


def test_lines_in_a_file_are_not_padded(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    show(FOUND)
    lines = capsys.readouterr().out.splitlines()
    assert "  • practices" in lines
    assert max(map(len, lines)) < 200
