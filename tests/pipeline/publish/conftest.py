"""Fixtures: a browser for the tests of pages, and one page of every kind."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.pipeline.publish import every_page
from tests.pipeline.publish.browsing import CHROMIUM


@pytest.fixture(scope="module")
def browser():
    """A browser that ends with its file: while it runs, other tests of this process cannot use asyncio."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield launched
        launched.close()


@pytest.fixture
def opened(browser):
    """Opens a page in a fresh context. `requests` has every requested address except the page itself."""
    contexts = []

    def open_page(path, width=1280):
        context = browser.new_context(viewport={"width": width, "height": 900}, accept_downloads=True)
        contexts.append(context)
        page = context.new_page()
        page.requests = []
        page.on("request", lambda request: page.requests.append(request.url))
        page.goto(path.as_uri())
        return page

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture(scope="module")
def made() -> list[Path]:
    return []


@pytest.fixture
def all_pages(made: list[Path], published, tmp_path: Path) -> list[Path]:
    """One page of every kind, made once for a file of tests."""
    if not made:
        folder = published(people=120)
        made += [
            *every_page.write(tmp_path),
            *sorted(folder.glob("*.html")),
            *sorted((folder / "lists" / "C1").glob("*.html")),
        ]
    return made


@pytest.fixture(scope="module")
def tabs(browser):
    """A window, and the pages that are open in it."""
    context = browser.new_context()
    yield context, {}
    context.close()


@pytest.fixture
def every_tab(tabs, all_pages: list[Path]):
    """Every page, opened once for a file of tests, by its path; `requests` as for `opened`."""
    context, found = tabs
    for path in all_pages:
        if path not in found:
            page = found[path] = context.new_page()
            page.requests = []
            page.on("request", lambda request, page=page: page.requests.append(request.url))
            page.goto(path.as_uri())
    return found
