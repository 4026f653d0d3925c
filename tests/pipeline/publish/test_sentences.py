from __future__ import annotations

from data_schemas.codelists import load_codelists
from pipeline.features.catalogue import load_features
from pipeline.publish import prompts
from pipeline.publish.phrases import phrase
from tests.pipeline.publish.sentences import PATH, sentences


def test_every_sentence_is_as_it_was_reviewed():
    assert sentences() == PATH.read_text(encoding="utf-8"), (
        "run python -m tests.pipeline.publish.sentences and read what changed"
    )


def test_every_sentence_is_filled_in():
    assert "{" not in sentences()
    assert "(s)" not in sentences()


def test_a_question_repeats_no_word_that_judges_or_sounds_odd():
    counts = [named.feature for named in load_features(load_codelists()).features if named.feature.statistic == "count"]
    asked = [prompts.of_reason(feature, phrase(feature, 2)) for feature in counts]
    assert "You have had 2 A&E visits in the last 3 years. What was going on each time?" in asked
    assert not [text for text in asked if any(word in text for word in ("urgent", "avoided", "attended"))]
