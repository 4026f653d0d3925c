"""The fixed sentences of the pages that people work from, by the automated readability index: a grade; 5 more is the reading age."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import textstat

import pipeline
from pipeline.publish import prompts

ELEVEN = 6.0
HARDEST = 6.5
TEMPLATES = Path(pipeline.__file__).parent / "templates"


def grade(text: str) -> float:
    return float(textstat.automated_readability_index(text))


def sentences(name: str) -> list[str]:
    """The paragraphs of a template that are more than a few words."""
    text = re.sub(r"\{%.*?%\}|\{\{.*?\}\}", "", (TEMPLATES / name).read_text(encoding="utf-8"), flags=re.DOTALL)
    found = re.findall(r"<p[^>]*>(.*?)</p>", text, flags=re.DOTALL)
    plain = [" ".join(re.sub(r"<[^>]+>", "", each).split()) for each in found]
    return [each for each in plain if len(each.split()) > 6]


@pytest.mark.parametrize("name", ["risk-list.html", "letters.html"])
def test_eleven_year_olds_can_read_every_page(name):
    texts = sentences(name)
    assert len(texts) >= 4
    assert grade(" ".join(texts)) <= ELEVEN
    assert {text: grade(text) for text in texts if grade(text) > HARDEST} == {}


def test_eleven_year_olds_can_read_every_question():
    said = [text.replace("{fact}", "3 visits").replace("{offer}", "The choir") for text in prompts.every()]
    assert {text: grade(text) for text in said if grade(text) > HARDEST} == {}


def test_no_question_leads_or_names_a_diagnosis():
    diagnoses = ("copd", "dementia", "frail", "diabet", "depress", "cancer", "lonely", "smok", "alcohol", "obes")
    for text in prompts.every():
        assert text.endswith("?")
        assert not any(word in text.lower() for word in diagnoses), text
        assert not text.lower().startswith(("don't", "wouldn't", "shouldn't", "do you not")), text
