from __future__ import annotations

import polars as pl
import pytest

from data_schemas.feature_parts import part_path, read_part, write_part
from pipeline.publish.segments import MAIN, SEGMENTS, members, selected

NOBODY = dict.fromkeys(("is_carer", "recorded_lonely", "lives_alone", "long_term_conditions", "ae_attendances_1y"), 0.0)


@pytest.fixture
def of_one(borough):
    """The lists for which one person with an age and some features qualifies, among many others."""

    def make(age=50, *, risk=0.01, **given):
        scored = borough(people=100)
        features = part_path(scored.snapshot.folder, 0)
        cohort = scored.snapshot.folder / "cohort.parquet"
        it = pl.col("person") == 7
        values = {**NOBODY, "emergency_admissions_2y": 1.0, **given}
        changed = read_part(features).with_columns(
            pl.when(it).then(value).otherwise(name).alias(name) for name, value in values.items()
        )
        write_part(changed, features)
        pl.read_parquet(cohort).with_columns(age=pl.when(it).then(age).otherwise("age")).write_parquet(cohort)
        pl.read_parquet(scored.scores).with_columns(risk=pl.when(it).then(risk).otherwise("risk")).write_parquet(
            scored.scores
        )
        row = members(scored).filter(it).row(0, named=True)
        return [segment.name for segment in SEGMENTS if row[segment.name]]

    return make


@pytest.mark.parametrize(
    ("age", "given", "lists"),
    [
        (50, {}, []),
        (50, {"is_carer": 1}, ["Carers"]),
        (30, {"recorded_lonely": 1}, ["Lonely or isolated"]),
        (74, {"lives_alone": 1}, []),
        (75, {"lives_alone": 1}, ["Lonely or isolated"]),
        (65, {"long_term_conditions": 4}, ["Older, with frailty or several conditions"]),
        (64, {"long_term_conditions": 4}, []),
        (84, {"long_term_conditions": 2}, []),
        (85, {"long_term_conditions": 2}, ["Older, with frailty or several conditions"]),
        (50, {"long_term_conditions": 3, "ae_attendances_1y": 3}, ["Working age, several things at once"]),
        (50, {"long_term_conditions": 3, "ae_attendances_1y": 2}, []),
        (65, {"long_term_conditions": 3, "ae_attendances_1y": 3}, []),
        (50, {"emergency_admissions_2y": 2, "lives_alone": 1}, ["Working age, several things at once"]),
        (50, {"emergency_admissions_2y": 0}, []),
        (50, {"emergency_admissions_2y": 0, "risk": 0.95}, ["Higher risk, no emergency stay yet"]),
        (
            80,
            {"is_carer": 1, "recorded_lonely": 1, "long_term_conditions": 5},
            ["Carers", "Lonely or isolated", "Older, with frailty or several conditions"],
        ),
    ],
)
def test_who_qualifies(of_one, age, given, lists):
    assert of_one(age, **given) == lists


def test_a_person_appears_once_with_all_their_lists_and_the_first_by_priority(borough):
    chosen = selected(borough(people=200))
    assert chosen["person"].is_unique().all()
    assert set(chosen.filter("main")["lists"].str.split("; ").list.first()) == {MAIN}
    order = [MAIN, *(segment.name for segment in SEGMENTS)]
    for lists, segment in chosen.select("lists", "segment").iter_rows():
        names = lists.split("; ")
        assert names == sorted(names, key=order.index)
        others = [name for name in names if name != MAIN]
        assert segment == (others[0] if others else MAIN)


def test_other_lists_bring_a_tenth_of_the_places_each_by_risk(borough):
    scored = borough(people=400)  # 10 places a cluster: each other list may bring one more
    chosen = selected(scored)
    brought = chosen.filter(~pl.col("main"))
    assert brought.height > 0
    everyone = scored.people.join(members(scored), on="person")
    for segment in SEGMENTS:
        for cluster in scored.clusters:
            waiting = everyone.filter(
                pl.col(segment.name), pl.col("cluster_code") == cluster.code, pl.col("rank_in_cluster") > 10
            )
            first = waiting.sort("risk", descending=True)["person"].head(1)
            assert set(first) <= set(brought["person"])
    assert brought.height <= len(SEGMENTS) * len(scored.clusters)


def test_a_list_whose_features_a_site_lacks_is_left_out(borough):
    scored = borough()
    scored.__dict__["features"] = [feature for feature in scored.features if feature.name != "is_carer"]
    assert "Carers" not in members(scored).columns
    assert "Lonely or isolated" in members(scored).columns
