"""How useful records of loneliness and strengths are: protected counts, and what is reported about asking."""

from __future__ import annotations

import dataclasses
import json
import re

import numpy as np
import polars as pl
import pytest

from data_schemas.feature_parts import part_path, read_part, write_part
from pipeline.publish.worth_asking import NOT_ASKED, TOO_FEW, in_report, interval, worth_asking
from tests.pipeline.declaring import declared

MORE = [
    declared("known_lonely", "lonely or isolated, by any entry", "loneliness", "score", missing=0),
    declared("loneliness_likelihood", "likelihood", "loneliness", "score", inferred=True),
    declared("direct_loneliness_latest", "answer", "loneliness", "latest", "loneliness.direct"),
    declared("direct_lonely", "often lonely by their own answer", "loneliness", "score", missing=0),
]


def with_answers(scored, likely, answers, known):
    """Make the borough's snapshot with what is known about loneliness."""
    folder = scored.snapshot.folder
    text = json.loads((folder / "snapshot.json").read_text())
    text["features"] += [dataclasses.asdict(feature) for feature in MORE]
    (folder / "snapshot.json").write_text(json.dumps(text))
    part = part_path(folder, 0)
    values = read_part(part).with_columns(
        known_lonely=pl.Series(known, dtype=pl.Float64),
        loneliness_likelihood=pl.Series(likely, dtype=pl.Float64),
        direct_loneliness_latest=pl.Series(answers, dtype=pl.Float64),
    )
    lonely = (pl.col("direct_loneliness_latest") == 1).cast(pl.Float64)
    write_part(values.with_columns(direct_lonely=lonely), part)
    return dataclasses.replace(scored)


def of_borough(borough, *, helps: bool, asked: int = 1000, people: int = 1000):
    """Make a borough in which `asked` people were asked, and the likelihood either shows who is lonely or shows
    nothing."""
    draw = np.random.default_rng(1)
    likely = draw.random(people)
    chance = 0.02 + 0.4 * likely**2 if helps else np.full(people, 0.15)
    lonely = draw.random(people) < chance
    answers = [(1.0 if is_so else 4.0) if n < asked else None for n, is_so in enumerate(lonely)]
    known = [float(is_so and n % 4 == 0) for n, is_so in enumerate(lonely)]
    return with_answers(borough(people=people), likely, answers, known)


def said(scored):
    main = scored.people.filter(pl.col("rank_in_cluster") <= 10).select("person")
    found = worth_asking(scored, main)
    assert found is not None
    return found


def test_asking_is_worth_it_where_the_likelihood_finds_the_lonely(borough):
    agreement, unrecorded, first, everybody = said(of_borough(borough, helps=True)).asking
    assert "better than chance" in agreement
    assert "no better" not in agreement
    assert re.search(r"found by asking", unrecorded)
    assert first.endswith("Ask them first.")
    assert "practice picks" in everybody


def test_a_search_that_finds_nobody_is_reported(borough):
    agreement, _, first, _ = said(of_borough(borough, helps=False)).asking
    assert "no better than chance" in agreement
    assert first.endswith("finds no more than chance would.")


@pytest.mark.parametrize(("asked", "expected"), [(0, NOT_ASKED), (60, TOO_FEW)])
def test_without_answers_nothing_is_claimed(borough, asked, expected):
    assert said(of_borough(borough, helps=True, asked=asked)).asking == [expected]


def test_a_site_without_these_features_has_no_such_section(borough, published):
    scored = borough()
    assert worth_asking(scored, scored.people.select("person")) is None
    page = (published(scored) / "borough.html").read_text()
    assert "notes of loneliness and strengths" not in page


def test_coverage_adds_up_and_hides_small_counts(borough):
    found = said(with_answers(borough(people=40), [0.1] * 40, [None] * 40, [1.0] * 3 + [0.0] * 37))
    whole, *practices = found.recorded
    assert whole.practice is None
    assert [row.practice for row in practices] == ["X00001", "X00002"]
    assert whole.people == sum(row.people for row in practices if row.people)
    assert {row.lonely for row in practices} == {"*"}
    assert "Of * people noted as lonely or cut off, *" in found.found[0]


def test_the_page_and_the_report_say_the_same(borough, published):
    scored = of_borough(borough, helps=True)
    folder = published(scored)
    page, report = (folder / "borough.html").read_text(), json.loads((folder / "report.json").read_bytes())
    assert "How notes of loneliness and strengths help" in page
    for line in report["loneliness"]["found"] + report["loneliness"]["asking"]:
        assert line in page.replace("&#34;", '"').replace("&#39;", "'")
    assert in_report(None) is None


def test_intervals_hold_the_share_and_hide_few():
    assert interval(20, 100) == "20 [13 to 29]"
    assert interval(3, 100) == "*"
