from __future__ import annotations

import polars as pl
import pytest

from data_schemas.receipts import Feature
from pipeline.features.subjects import features_about
from pipeline.publish.needs import HOMELESS, NEEDS, SHARES_ADDRESS, SINCE_HOMELESS, _in_words, needs, printable


def feature(concept, statistic="ever", means="recorded", **given):
    return Feature(concept.replace(".", "_"), means, "social", statistic, concept=concept, **given)


@pytest.mark.parametrize(
    ("declared", "speaks"),
    [
        (feature("condition.dementia"), True),
        (feature("condition.dementia or condition.delirium"), False),  # delirium alone is no memory trouble
        (feature("function.cognition or condition.dementia", "count"), True),
        (feature("measure.memory_test"), False),  # a mere measurement says nothing
        (feature("condition.dementia", "days_since_last"), False),
        (feature("condition.dementia", restricted=True), False),
        (feature("condition.dementia", absence=True), False),
        (feature("condition.dementia", area=True), False),
        (feature("strength.memory_group", strength=True), False),
        (feature("local.memory_clinic"), False),
        (feature("local.memory_clinic", speaks_of="memory trouble"), True),
    ],
)
def test_what_shows_a_need(declared, speaks):
    assert (features_about(printable([declared]), ["memory trouble"]) == [declared.name]) is speaks


def test_figures_of_an_area_say_nothing_about_a_person():
    area = Feature("area", "adults often lonely, percent", "loneliness", "fact", speaks_of="loneliness", area=True)
    assert features_about(printable([area]), ["loneliness"]) == []


def test_what_is_seen_is_said_in_words(borough):
    scored = borough()
    found = needs(scored, scored.people["person"]).join(scored.values(["recorded_lonely", "lives_alone"]), on="person")
    for row in found.iter_rows(named=True):
        values = {"loneliness": row["recorded_lonely"], "living alone": row["lives_alone"]}
        assert row["company"] == ", ".join(words for words, is_so in values.items() if is_so)


def test_needs_that_no_feature_shows_are_left_out(borough):
    found = needs(borough(), pl.Series([0], dtype=pl.Int32))
    assert set(found.columns) == {
        "person",
        "company",
        "support as a carer",
        "living with a condition",
    }
    assert len(NEEDS) > 10


def test_somebody_shown_as_sharing_an_address_is_homeless_only_where_that_was_recorded_within_a_year():
    people = pl.DataFrame(
        {"homeless": [1, 1, 1, 1], SHARES_ADDRESS: [1.0, 1.0, 0.0, None], SINCE_HOMELESS: [900.0, 200.0, 900.0, 900.0]}
    )
    result = people.select(said=_in_words({HOMELESS: ["homeless"]}, people.columns))["said"]
    assert result.to_list() == ["", HOMELESS, HOMELESS, HOMELESS]
