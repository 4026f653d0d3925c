from __future__ import annotations

import pytest

from pipeline.features.declare import count, months, years
from pipeline.features.wording import window, worded


@pytest.mark.parametrize(
    ("days", "history_days", "said"),
    [
        (years(5), 1826, "last 5 years"),
        (years(5), 1095, "last 3 years"),
        (years(5), 550, "last 1.5 years"),
        (years(3), 365, "last year"),
        (years(1), 182, "last 182 days"),
        (years(1), None, "last year"),
        (months(6), None, "last 6 months"),
        (90, None, "last 90 days"),
    ],
)
def test_a_window_does_not_claim_more_than_the_look_back(days, history_days, said):
    assert window(days, history_days) == said


def test_plurals_and_the_window_are_written_out():
    words = worded("count", "fall(s) in the {window}", 365, {})
    assert (words.means, words.says, words.singular) == (
        "falls in the last year",
        "{n} falls in the last year",
        "{n} fall in the last year",
    )


def test_unknown_placeholders_are_refused_with_the_nearest():
    with pytest.raises(ValueError, match=r"means: \{windw\} does not exist; use \{window\}"):
        count("x", missing=0, means="falls in the {windw}")
    with pytest.raises(ValueError, match=r"says: \{tims\} does not exist; use \{times\}"):
        count("x", missing=0, means="falls", says="fell {tims}")
