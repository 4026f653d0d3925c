from __future__ import annotations

from tests.pipeline.publish.sentences import PATH, sentences


def test_every_sentence_stands_as_it_was_reviewed():
    assert sentences() == PATH.read_text(encoding="utf-8"), (
        "run python -m tests.pipeline.publish.sentences and read what changed"
    )


def test_every_sentence_is_filled_in():
    assert "{" not in sentences()
    assert "(s)" not in sentences()
