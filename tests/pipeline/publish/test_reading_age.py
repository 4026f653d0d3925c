"""The sentences of every page by the automated readability index, a school grade: 4 to 6 are read at the age of 9 to
11.

It measures templates, with every branch, and rendered pages, with the sentences that come from Python. It does not
measure tables, names (headings, outcomes, illnesses and checks, for which no other word exists), titles of sources, and
what the record says about a person.
"""

from __future__ import annotations

import html
import re
from itertools import chain
from pathlib import Path

import pytest
import textstat

import pipeline
from models.impact.fields import RAND_LESSON
from pipeline.community.guidance import RULES
from pipeline.community.indicators import INDICATORS
from pipeline.community.segments import BRIDGES_TO_HEALTH
from pipeline.programme.names import NAMES
from pipeline.programme.page import CHANGED, FEW_BEFORE
from pipeline.programme.plan_page import DESIGNS
from pipeline.publish import prompts, value, worth_asking
from pipeline.publish.scored import BANDS_IN_WORDS
from pipeline.publish.segments import SEGMENTS

ELEVEN = 6.0
HARDEST = 6.5
FEWEST_WORDS = 7
"""Shorter sentences are labels, to which the index does not apply."""
TEMPLATES = sorted((Path(pipeline.__file__).parent / "templates").glob("*.html"))
UNMEASURED = re.compile(
    r"<(style|script|svg|select|datalist|table|cite|q|footer)\b.*?</\1>|<a href=\"#.*?</a>"
    r"|<(\w+) class=\"(?:names|sources|pseudonym)\".*?</\2>",
    re.DOTALL,
)
TEXT = re.compile(r"<(p|li|dd|figcaption|noscript|label)\b[^>]*>(.*?)</\1>", re.DOTALL)
TERMS = re.compile(
    "|".join(sorted({*NAMES.values(), "atrial fibrillation", "CHA₂DS₂-VASc", "learning disability", "paralysis", "severe mental illness",
                     "heart disease", "blood pressure", "NHS Health Check", "long-term condition", "heart failure"},
                    key=len, reverse=True))
)  # fmt: skip


def grade(text: str) -> float:
    return float(textstat.automated_readability_index(TERMS.sub("name", text)))


def sentences(page: str) -> list[str]:
    """The paragraphs, items and captions of a page that are more than a few words."""
    page = re.sub(r"\{%.*?%\}|\{#.*?#\}", "", page, flags=re.DOTALL)
    page = UNMEASURED.sub(" ", re.sub(r"\{\{.*?\}\}", "6", page, flags=re.DOTALL))
    plain = [
        re.sub(r"<[^>]+>", "", re.sub(r"<code>.*?</code>", "name", found[1]).replace("<br>", ". "))
        for found in TEXT.findall(page)
    ]
    found = [" ".join(html.unescape(each).split()) for each in plain]
    return list(dict.fromkeys(each for each in found if len(each.split()) >= FEWEST_WORDS))


def too_hard(texts: list[str]) -> dict[str, float]:
    return {text: grade(text) for text in texts if grade(text) > HARDEST}


def of_all(texts: list[str]) -> float:
    return grade(" ".join(text if text[-1] in ".?!" else f"{text}." for text in texts))


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_eleven_year_olds_can_read_every_template(template: Path):
    texts = sentences(template.read_text(encoding="utf-8"))
    assert too_hard(texts) == {}
    assert not texts or of_all(texts) <= ELEVEN


def test_eleven_year_olds_can_read_every_page_as_it_is_given(all_pages):
    for page in (
        page for page in all_pages if page.name != "data-quality.html"
    ):  # which names tables, columns and files
        texts = sentences(page.read_text(encoding="utf-8"))
        assert (page.name, too_hard(texts)) == (page.name, {})
        assert (page.name, of_all(texts)) <= (page.name, ELEVEN)


def from_python() -> list[str]:
    """Sentences that appear only on pages of some sites."""
    own = value.Money(1000, place=100, is_own=True, effect=(-0.1, 0.05), study="Walks (matched)")
    means = (segment.means for segment in chain(SEGMENTS, BRIDGES_TO_HEALTH))
    lines = [
        BANDS_IN_WORDS,
        FEW_BEFORE,
        RAND_LESSON,
        *value._assumed(own),
        *value._assumed(value.UNKNOWN_COSTS),
        worth_asking.NOT_ASKED,
        worth_asking.TOO_FEW,
        worth_asking.NOT_EVERYBODY,
        *(f"It is for {rule.who}." for rule in RULES),
        *(f"It counts {indicator.means}." for indicator in INDICATORS),
        *(f"{text[:1].upper()}{re.sub(r'{.*?}', 'last year', text[1:])}." for text in means),
        *(f"Among those who were offered it, more {what}." for what in CHANGED.values()),
    ]
    return [text for text in [*lines, *DESIGNS.values()] if len(text.split()) >= FEWEST_WORDS]


def test_eleven_year_olds_can_read_what_pages_say_on_some_sites_only():
    texts = from_python()
    assert len(texts) > 30
    assert too_hard(texts) == {}


def test_eleven_year_olds_can_read_every_question():
    lines = [text.replace("{fact}", "3 visits").replace("{offer}", "The choir") for text in prompts.every()]
    assert too_hard(lines) == {}


def test_no_question_leads_or_names_a_diagnosis():
    diagnoses = ("copd", "dementia", "frail", "diabet", "depress", "cancer", "lonely", "smok", "alcohol", "obes")
    for text in prompts.every():
        assert text.endswith("?")
        assert not any(word in text.lower() for word in diagnoses), text
        assert not text.lower().startswith(("don't", "wouldn't", "shouldn't", "do you not")), text
