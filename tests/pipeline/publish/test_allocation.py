from __future__ import annotations

import polars as pl
import pytest

from pipeline.publish.allocation import fair_places, reach
from pipeline.publish.segments import selected


def with_risks(scored, risks):
    table = {"person": list(risks), "risk": list(risks.values())}
    pl.DataFrame(table, schema_overrides={"person": pl.Int32}).write_parquet(scored.scores)
    return scored


def test_reach_by_hand(borough):
    # two clusters of four people each, two places a cluster
    scored = with_risks(borough(people=8, list_size=2), dict(enumerate((0.9, 0.3, 0.8, 0.2, 0.5, 0.1, 0.4, 0.1))))
    found = reach(scored, selected(scored).filter("main"))["C1"]
    assert (found.places, found.listed) == (2, 2)
    assert found.expected == pytest.approx(0.9 + 0.8 + 0.5 + 0.4)
    assert found.reached == pytest.approx(1.7)
    assert found.missed == pytest.approx(0.9)
    assert found.ppv == pytest.approx(0.85)
    assert found.ten_more is None  # of only two people waiting, it would reveal too much
    assert found.last_risk is None  # of a list of two, a mean of the last ten would be about too few people


def test_fair_places_keep_a_floor_by_population_and_give_the_rest_to_the_highest_risks(borough):
    # forty places in all; half by population is ten per cluster; the other twenty go where the risks are: all in C1
    scored = borough(people=200, list_size=20)
    risks = {n: 0.9 - n / 1000 if n % 2 == 0 else 0.1 - n / 10_000 for n in range(200)}
    assert fair_places(with_risks(scored, risks)) == {"C1": 30, "C2": 10}


def test_fair_places_are_all_places(borough):
    scored = borough(people=90, clusters=("A", "B", "C"), capacity=7)
    assert sum(fair_places(scored).values()) == 21


def test_depth_of_a_list_is_the_mean_risk_of_its_last_ten(borough):
    scored = with_risks(borough(people=40, list_size=12), {n: 0.8 - n / 100 for n in range(40)})
    found = reach(scored, selected(scored).filter("main"))["C1"]
    # C1 has the even numbers; 0 to 22 are listed, and the last ten are 4, 6 … 22
    assert found.last_risk == pytest.approx(0.8 - 0.13)


def test_more_places_than_people(borough):
    scored = borough(people=6, list_size=50)
    found = reach(scored, selected(scored).filter("main"))["C1"]
    assert (found.listed, found.missed, found.ten_more) == (3, 0.0, None)


def test_ten_more_places_go_to_nobody_who_rests(borough, tmp_path):
    path = tmp_path / "outcomes.csv"
    path.write_text("person_id,outcome,outcome_date\np0006,Declined,2026-03-01\n")
    scored = with_risks(borough(people=40, list_size=2, feedback=(path,)), {n: 0.8 - n / 100 for n in range(40)})
    found = reach(scored, selected(scored).filter("main"))["C1"]
    # C1 has the even numbers: 0 and 2 are listed, 6 is kept off, and the next ten are 4, 8, 10 … 24
    assert found.ten_more == pytest.approx(8 - (4 + sum(range(8, 26, 2))) / 100)


def test_bed_days_are_of_those_on_the_list(borough, tmp_path):
    path = tmp_path / "days.parquet"
    table = {"person": list(range(40)), "expected_bed_days": [float(40 - n) for n in range(40)]}
    pl.DataFrame(table, schema_overrides={"person": pl.Int32}).write_parquet(path)
    scored = borough(people=40, list_size=3, bed_days=path)
    assert reach(scored, selected(scored).filter("main"))["C1"].bed_days == 40 + 38 + 36


@pytest.mark.parametrize(("places", "shown"), [(7, "*"), (8, "290")])
def test_what_a_list_of_a_few_people_is_expected_to_have_is_hidden(borough, tmp_path, places, shown):
    from pipeline.publish.overview import _reach_words

    path = tmp_path / "days.parquet"
    table = {"person": list(range(40)), "expected_bed_days": [40.0 - n / 2 for n in range(40)]}
    pl.DataFrame(table, schema_overrides={"person": pl.Int32}).write_parquet(path)
    scored = borough(people=40, list_size=places, bed_days=path)
    text = _reach_words(reach(scored, selected(scored).filter("main"))["C1"])
    assert text["bed_days"] == shown
    assert (text["ppv"] == "*") == (shown == "*")
