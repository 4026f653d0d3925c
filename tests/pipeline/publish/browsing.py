"""Finds a real browser and checks pages in it."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

AXE = Path(__file__).parents[2] / "browser" / "node_modules" / "axe-core" / "axe.min.js"
CHROMIUM = shutil.which("chromium")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
WIDE_FONT = "* { font-family: monospace !important; letter-spacing: .12em !important; }"

in_browser = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="Debian's chromium is not installed: apt-get install chromium"),
]
needs_axe = pytest.mark.skipif(
    not AXE.exists(), reason="axe-core is not installed: npm install --prefix tests/browser axe-core"
)


def violations(page: Any) -> list[str]:
    """What axe-core finds on an open page."""
    page.add_script_tag(content=AXE.read_text())
    found = page.evaluate("rules => axe.run({runOnly: rules})", RULES)
    assert len(found["passes"]) > 10
    return [f"{each['id']}: {each['help']}: {each['nodes'][0]['html'][:200]}" for each in found["violations"]]
