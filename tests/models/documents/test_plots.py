"""The interactive evaluation page is accessible: WCAG 2.2 AA by axe-core, at two widths."""

from __future__ import annotations

import pytest

from models.documents.plots import page
from models.judging import record
from tests.pipeline.publish.browsing import AXE, CHROMIUM, RULES, in_browser, needs_axe

pytestmark = [*in_browser, needs_axe]


@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_nothing(site, tmp_path, width):
    from playwright.sync_api import sync_playwright

    (tmp_path / "page.html").write_text(page(record.read(site.model.evaluation_path)))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        opened = browser.new_page(viewport={"width": width, "height": 900})
        opened.goto((tmp_path / "page.html").as_uri())
        opened.evaluate(AXE.read_text())
        found = opened.evaluate("rules => axe.run({runOnly: rules})", RULES)
        browser.close()
    assert [f"{v['id']}: {v['help']}: {v['nodes'][0]['html'][:200]}" for v in found["violations"]] == []
    assert len(found["passes"]) > 10
