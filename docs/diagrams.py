"""Draw the Mermaid diagrams of the documentation that have no picture yet, and remove the pictures of those that are
gone.

Needs Debian's chromium and `npm install --prefix tests/browser mermaid`, but only if you change a diagram.
"""

from __future__ import annotations

from hooks import DIAGRAMS, DOCS, MERMAID, drawn
from playwright.sync_api import Page, sync_playwright

SCRIPT = DOCS.parent / "tests" / "browser" / "node_modules" / "mermaid" / "dist" / "mermaid.min.js"


def main() -> None:
    """Draw what is missing."""
    sources = {
        drawn(source): source
        for page in DOCS.rglob("*.md")
        for source in MERMAID.findall(page.read_text(encoding="utf-8"))
    }
    DIAGRAMS.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        page = browser.new_page()
        page.add_script_tag(path=SCRIPT)
        for path, source in sources.items():
            if not path.exists():
                path.write_text(svg(page, source), encoding="utf-8")
        browser.close()
    for path in set(DIAGRAMS.glob("*.svg")) - set(sources):
        path.unlink()


def svg(page: Page, source: str) -> str:
    """The picture of one diagram, with text as text, so that it can be read aloud."""
    page.evaluate(
        "mermaid.initialize({startOnLoad: false, theme: 'neutral', htmlLabels: false, flowchart: {htmlLabels: false}})"
    )
    found: str = page.evaluate("async source => (await mermaid.render('diagram', source)).svg", source)
    return found


if __name__ == "__main__":
    main()
