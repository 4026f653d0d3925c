from __future__ import annotations

import pytest

from data_schemas.receipts import Feature
from pipeline.publish import restricted


@pytest.mark.parametrize(
    "said",
    [
        "domestic abuse ever recorded",
        "Safeguarding concern",
        "victim of sexual assault",
        "days since the last termination of pregnancy",
        "HIV positive",
        "STI screen",
        "contraception advice in the last year",
        "in prison",
        "female genital mutilation",
        "maternity admissions in the last year",
        "alcohol abuse",
    ],
)
def test_hidden(said):
    assert restricted.mentions(said)
    assert restricted.is_restricted(Feature("f", said, "social", "ever"))


@pytest.mark.parametrize(
    "said",
    [
        "still in work",
        "hearing aids",
        "emergency admissions in the last year",
        "Middlesex",
        "terminal care",
        "grapes",
        "COPD",
    ],
)
def test_shown(said):
    assert not restricted.mentions(said)


def test_name_concept_group_and_declaration_each_hide():
    assert restricted.is_restricted(Feature("ever_domestic_abuse", "recorded", "social", "ever"))
    assert restricted.is_restricted(Feature("f", "recorded", "social", "ever", concept="social.safeguarding_adult"))
    assert restricted.is_restricted(Feature("f", "recorded", "social", "ever", group="sexual_health"))
    assert restricted.is_restricted(Feature("f", "recorded", "social", "ever", restricted=True))
    assert not restricted.is_restricted(Feature("f", "recorded", "social", "ever"))
