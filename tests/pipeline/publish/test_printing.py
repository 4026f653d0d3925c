"""Pages on paper, as Chromium prints them: the page of every heading, caption and row."""

from __future__ import annotations

import itertools

from tests.pipeline.publish.browsing import in_browser
from tests.pipeline.publish.printed import Part, structure

pytestmark = in_browser
SHORT = 24
"""Number of rows of a table that stays on one page."""


def on_paper(page) -> Part:
    return structure(page.pdf(prefer_css_page_size=True, tagged=True))


def left_behind(document: Part) -> list[str]:
    """Headings and captions that end on a different page from the start of what follows."""
    parts = [part for part in document.walk() if not part.parts or part.tag in ("H2", "H3", "Caption")]
    heads = [(part, at) for at, part in enumerate(parts) if part.tag in ("H2", "H3", "Caption") and part.pages]
    found = []
    for part, at in heads:
        inside = len([each for each in part.walk() if not each.parts])
        after = next((each for each in itertools.islice(parts, at + 1 + inside, None) if each.pages), None)
        if after and after.pages[0] != part.pages[-1]:
            found.append(f"{part.tag} on page {part.pages[-1]}")
    return found


def test_headings_and_captions_stay_with_what_they_head_and_short_tables_on_one_page(every_tab):
    for path, page in every_tab.items():
        document = on_paper(page)
        assert (path.name, left_behind(document)) == (path.name, [])
        for table in document.of("Table"):
            rows = table.of("TR")
            assert table.pages[0] == rows[1].pages[0], path.name
            if len(rows) <= SHORT:
                assert (path.name, len(rows), len({*table.pages})) == (path.name, len(rows), 1)
        assert {*document.pages} == {*range(1, max(document.pages) + 1)}, f"{path.name} has an empty page"


def test_words_in_the_headings_of_a_table_are_whole(every_tab):
    """A column is as wide as its longest word."""
    cut = """[...document.querySelectorAll('table:not(.people) th')].filter(cell => {
        const range = document.createRange(), text = cell.firstChild;
        return text?.nodeType === 3 && [...text.data.matchAll(/\\S+/g)].some(word => {
            range.setStart(text, word.index); range.setEnd(text, word.index + word[0].length);
            return range.getClientRects().length > 1;
        });
    }).map(cell => cell.textContent)"""
    for path, page in every_tab.items():
        page.set_viewport_size({"width": 1000, "height": 900})
        page.emulate_media(media="print")
        assert (path.name, page.evaluate(cut)) == (path.name, [])


WHY = [
    "Last emergency admission 4 weeks ago",
    "52 GP appointments in the last 3 years (usual at their age: 28)",
    "Anti-inflammatory painkiller: last prescribed 2 weeks ago",
    "Lives with others, by address",
    "92% of GP appointments kept in the last year",
    "Does not smoke, by the latest entry",
]
NEAR = [
    "Friendly Ring: Mondays to Fridays, 9am to 5pm, by telephone, online or at home, ages 55 and over, free; because of living alone",
    "Warm Hearth Room: Mondays and Fridays, 10am to 4pm, Orrell hall, 0.9 miles away, free; telephone 01632 960010; because of falls",
]
FILL = """([why, near]) => document.querySelectorAll('table.people tbody tr').forEach(row => {
    const list = texts => `<ul>${texts.map(text => `<li>${text}</li>`).join('')}</ul>`;
    row.querySelector('.why').innerHTML = `<div><p class="part">What raises the risk</p>${list(why.slice(0, 3))}</div>`
        + `<div><p class="part">Strengths</p>${list(why.slice(3))}</div>`;
    row.querySelector('.near')?.remove();
    row.querySelector('.lists').innerHTML = '<li class="main">Main list</li><li>Older, with frailty or several conditions</li>';
    row.querySelector('.lists').insertAdjacentHTML('beforebegin', '<p>Lives with a long-term condition</p><p>Second month on the list</p>');
    row.querySelector('.risk').insertAdjacentHTML('beforeend', '<p>About the same as on 1 March 2026</p>');
    row.querySelector('.ask').insertAdjacentHTML('beforeend', `<div class="near"><p class="part">Near them</p>${list(near)}</div>`);
})"""


def test_85_people_fit_on_15_pages(published, opened):
    """With reasons, strengths and offers as long as those of the demo usually are."""
    page = opened(published(people=400, capacity=80) / "lists" / "C1" / "risk-list.html")
    page.evaluate(FILL, [WHY, NEAR])
    document = on_paper(page)
    people = sum(part.tag == "H3" for part in document.walk())
    assert people >= 85
    assert max(document.pages) / people <= 15 / 85
