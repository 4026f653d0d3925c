from __future__ import annotations

import pytest

from data_schemas.receipts import Feature
from pipeline.publish.needs import NEEDS, features_of, needs


def feature(concept, statistic="ever", means="recorded", **given):
    return Feature(concept.replace(".", "_"), means, "social", statistic, concept=concept, **given)


@pytest.mark.parametrize(
    ("declared", "speaks"),
    [
        (feature("condition.dementia"), True),
        (feature("condition.dementia or condition.delirium"), False),  # delirium alone is no memory trouble
        (feature("function.cognition or condition.dementia", "count"), True),
        (feature("measure.memory_test"), False),  # that it was measured says nothing
        (feature("condition.dementia", "days_since_last"), False),
        (feature("condition.dementia", restricted=True), False),
        (feature("condition.dementia", means="dementia: never recorded"), False),
        (feature("strength.memory_group", strength=True), False),
    ],
)
def test_what_speaks_of_a_need(declared, speaks):
    assert (features_of("dementia, memory, cognit", [declared]) == [declared.name]) is speaks


@pytest.mark.parametrize("unit", ["", "%"])
def test_figures_of_an_area_say_nothing_about_a_person(unit):
    area = Feature(
        "area_loneliness_percent",
        "adults of the home's area who are often lonely, percent",
        "loneliness",
        "fact",
        unit=unit,
    )
    assert features_of("lonel", [area]) == []


def test_what_is_seen_is_said_in_words(borough):
    scored = borough()
    found = needs(scored).join(scored.values(["recorded_lonely", "lives_alone"]), on="person")
    for row in found.iter_rows(named=True):
        said = {"loneliness": row["recorded_lonely"], "living alone": row["lives_alone"]}
        assert row["company"] == ", ".join(words for words, is_so in said.items() if is_so)


def test_needs_that_no_feature_speaks_of_are_left_out(borough):
    assert set(needs(borough()).columns) == {"person", "company", "support as a carer", "living with a condition"}
    assert len(NEEDS) > 10
