"""Who gets the places: the team's people first, then the highest risks, and a lottery at the edge."""

from __future__ import annotations

import polars as pl
import pytest

from pipeline.ledger import entries
from pipeline.publish.places import lots, placed
from pipeline.publish.segments import selected


def test_without_a_lottery_the_highest_risks_get_the_places(borough):
    rows = placed(borough(people=60)).filter("main", cluster_code="C1")
    assert rows["rank_in_cluster"].to_list() == list(range(1, 11))
    assert rows["chosen"].unique().to_list() == ["rank"]


def test_the_last_places_and_as_many_people_below_are_drawn_half_of_each_stratum(borough):
    scored = borough(people=400, list_size=50, lottery=0.4, seed=3)
    drawn = lots(scored)
    assert drawn.group_by("cluster_code").agg(pl.len(), pl.col("drawn").sum()).sort("cluster_code").rows() == [
        ("C1", 40, 20), ("C2", 40, 20),
    ]  # fmt: skip
    halves = drawn.group_by("stratum").agg(pl.len(), pl.col("drawn").sum())
    assert halves.select((2 * pl.col("drawn") == pl.col("len")).all()).item()
    assert drawn["probability"].unique().to_list() == [0.5]
    everyone = placed(scored).filter(cluster_code="C1")
    assert everyone["main"].sum() == 50
    assert everyone.filter(chosen="rank")["rank_in_cluster"].max() == 30
    assert everyone.filter(pl.col("stratum").is_not_null())["rank_in_cluster"].to_list() == list(range(31, 71))


def test_anybody_can_draw_the_lots_again_and_other_seeds_draw_others(borough):
    first, again, other = (lots(borough(people=400, list_size=50, lottery=0.4, seed=seed)) for seed in (3, 3, 4))
    assert first.equals(again)
    assert not first.equals(other)


def test_who_lost_a_lottery_is_on_no_list_this_month(borough):
    scored = borough(people=400, list_size=50, lottery=0.4)
    lost = lots(scored).filter(~pl.col("drawn"))["person_id"]
    assert not selected(scored)["person_id"].is_in(lost.implode()).any()


@pytest.mark.parametrize("lottery", [0.2, 1.0])
def test_a_lottery_never_outgrows_the_people_there_are(borough, lottery):
    rows = placed(borough(people=24, list_size=10, lottery=lottery)).filter(cluster_code="C1")
    assert rows["main"].sum() == 10
    assert rows.filter(pl.col("stratum").is_not_null()).height == 4


def test_whom_the_team_adds_uses_a_place_and_is_marked(borough, published, tmp_path):
    path = tmp_path / "team.csv"
    path.write_text("person_id,change,reason,change_date\np0038,add,Recent fall,2026-03-20\n")
    scored = borough(feedback=(path,))
    rows = selected(scored).filter("main", cluster_code="C1")
    assert rows["person_id"].to_list() == [*(f"p{n:04d}" for n in range(0, 18, 2)), "p0038"]
    assert rows.filter(person_id="p0038")["lists"][0].startswith("Added by the team; Main list")
    folder = published(scored)
    choices = pl.read_parquet(folder / "choices.parquet")
    assert choices.filter(person_id="p0038").select("list", "chosen").rows() == [("main", entries.TEAM)]
