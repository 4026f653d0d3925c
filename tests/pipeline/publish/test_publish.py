from __future__ import annotations

import hashlib
import html
import json
import re

import polars as pl
import pytest

from data_schemas import results
from data_schemas.feature_parts import part_path, read_part, write_part
from data_schemas.outcomes import OUTCOMES, WORDS
from data_schemas.results import RiskList, Scores
from pipeline import words
from pipeline.ledger import entries, feedback
from pipeline.ledger.history import history
from pipeline.publish import listed, notices
from pipeline.publish.scored import BANDS
from tests.pipeline.conftest import AS_OF
from tests.pipeline.ledger.test_entries import released, saved

FORMATS = {"risk-list.parquet", "risk-list.csv", "risk-list.xlsx", "risk-list.html", "profile.html"}

PAGES = ("borough.html", "lists/C1/profile.html", "lists/C1/risk-list.html")


def contents(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_leaves_what_the_contract_names(published):
    folder = published()
    names = set(contents(folder))
    assert {"report.json", "scores.parquet", "borough.html", "model-card.md", "manifest.json"} <= names
    for code in ("C1", "C2"):
        assert {f"lists/{code}/{name}" for name in FORMATS} <= names


def test_manifest_has_every_file_with_its_hash_and_rows(published):
    folder = published()
    manifest = json.loads((folder / "manifest.json").read_bytes())
    by_path = {entry["path"]: entry for entry in manifest["files"]}
    written = contents(folder)
    assert set(by_path) == set(written) - {"manifest.json"}
    assert all(by_path[path]["sha256"] == hashlib.sha256(written[path]).hexdigest() for path in by_path)
    assert by_path["scores.parquet"]["rows"] == 40
    assert by_path["lists/C1/risk-list.csv"]["rows"] == 10
    assert {key: manifest[key] for key in ("model_version", "code_version", "configuration")} == {
        "model_version": "a" * 64,
        "code_version": "0.1.0",
        "configuration": "c" * 64,
    }


def test_scores_hold_everyone_with_bands_and_ranks(published):
    scores = pl.read_parquet(published(people=200) / "scores.parquet")
    assert scores.columns == [
        "person_id",
        "practice_code",
        "cluster_code",
        "as_of",
        "risk",
        "band",
        "rank_in_cluster",
        "model_version",
    ]
    by_risk = scores.sort("risk", descending=True)
    # 0.5 %, 5 % and 20 % of 200 people: the first one, the next nine, the next thirty
    assert by_risk["band"].to_list() == ["Very high"] + ["High"] * 9 + ["Moderate"] * 30 + ["Lower"] * 160
    for _, cluster in by_risk.group_by("cluster_code"):
        assert cluster["rank_in_cluster"].to_list() == list(range(1, 101))


def test_list_is_the_highest_risks_of_the_cluster_in_order(published):
    folder = published()
    scores = pl.read_parquet(folder / "scores.parquet")
    rows = pl.read_parquet(folder / "lists/C1/risk-list.parquet")
    expected = scores.filter(pl.col("cluster_code") == "C1").sort("risk", descending=True).head(10)
    assert rows["person_id"].to_list() == expected["person_id"].to_list()
    assert rows["risk"].to_list() == expected["risk"].to_list()
    assert rows["rank"].to_list() == list(range(1, 11))


def test_equal_risks_are_ordered_by_person_id(borough, published):
    scored = borough()
    pl.read_parquet(scored.scores).with_columns(risk=pl.lit(0.25)).reverse().write_parquet(scored.scores)
    rows = pl.read_parquet(published(scored) / "lists/C1/risk-list.parquet")
    assert rows["person_id"].to_list() == [f"p{n:04d}" for n in range(0, 20, 2)]


def test_a_clusters_own_capacity_comes_before_the_list_size(borough, published):
    assert [c.places for c in borough(capacity=3).clusters] == [3, 3]
    lists = published(borough(capacity=3)) / "lists"
    assert [pl.read_parquet(path).height for path in sorted(lists.glob("*/risk-list.parquet"))] == [3, 3]


def test_without_a_capacity_the_list_size_counts_and_names_fall_back_to_codes(borough):
    assert [(c.name, c.places, c.capacity) for c in borough().clusters] == [("C1", 10, None), ("C2", 10, None)]


def test_a_small_cluster_lists_everyone(borough):
    assert len(listed(borough(people=6, list_size=50))) == 6


def test_rerun_writes_the_same_bytes(published, borough):
    scored = borough()
    first = contents(published(scored))
    assert contents(published(scored)) == first


def test_unsafe_cluster_codes_get_safe_folders_of_their_own(published):
    folder = published(clusters=("../A", "a/b", "A B"))
    names = sorted(path.name for path in (folder / "lists").iterdir())
    assert len(names) == 3
    assert all(re.fullmatch(r"[A-Za-z0-9 _-]+", name) for name in names)
    assert sorted(path.name for path in folder.parent.iterdir() if not path.name.startswith(".")) == ["2026-04-01"]


def test_cluster_sizes_are_flagged_outside_the_usual_range(borough):
    assert [notice.name for notice in notices(borough())] == ["cluster_size", "cluster_size"]


def test_people_of_no_cluster_are_scored_but_on_no_list(borough, published):
    scored = borough()
    path = scored.snapshot.folder / "cohort.parquet"
    alone = pl.when(pl.col("person") == 0).then(None).otherwise(pl.col("cluster_code"))
    pl.read_parquet(path).with_columns(cluster_code=alone).write_parquet(path)
    assert "no_cluster" in [notice.name for notice in notices(scored)]
    assert 0 not in listed(scored)
    scores = pl.read_parquet(published(scored) / "scores.parquet")
    assert scores.filter(pl.col("person_id") == "p0000")["rank_in_cluster"].to_list() == [None]


def test_page_asks_nothing_of_the_network(published):
    for path in published().rglob("*.html"):
        page = path.read_text()
        assert not re.search(r"""<[^<>]*\s(?:src|href)\s*=\s*(?!["']?#)|url\((?!#)|@import|https?://""", page), (
            path.name
        )


def test_borough_page_has_no_person(published):
    page = (published() / "borough.html").read_text()
    assert not re.search(r"p\d{4}", page)


def test_lists_and_scores_keep_to_their_schemas(published):
    folder = published(people=200)
    assert Scores.validate(pl.read_parquet(folder / "scores.parquet"), cast=True).height == 200
    for name in ("risk-list", "also-consider"):
        rows = pl.read_parquet(folder / "lists" / "C1" / f"{name}.parquet")
        assert rows.columns == list(RiskList.columns())
        RiskList.validate(rows, cast=True)


def test_words_of_the_schema_are_those_in_use():
    assert tuple(words.AGE_BANDS.values()) == results.AGE_BANDS
    assert tuple(words.SEX.values()) == results.SEXES
    assert tuple(results.BANDS) == tuple(name for name, _ in BANDS)


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_every_page_says_in_a_sentence_what_is_predicted(published, outcome):
    folder = published(people=120, outcome=outcome)
    said = {
        name: " ".join(html.unescape(re.sub(r"<[^>]+>", "", (folder / name).read_text())).split()) for name in PAGES
    }
    happens = WORDS[outcome].happens
    assert f"expected to {happens} within a year" in said["lists/C1/profile.html"]
    assert f"of the people here are likely to {happens}." in said["lists/C1/profile.html"]
    assert f"people like this {happens} within a year" in said["lists/C1/risk-list.html"]
    assert f"Expected to {happens}" in said["borough.html"]
    assert all(WORDS[outcome].plain in said[name] for name in ("borough.html", "lists/C1/profile.html"))


def test_the_borough_page_and_the_clusters_pack_print_the_same_counts(published):
    """Both print one protected table, so that subtracting one from the other reveals nothing."""
    folder = published(people=600)
    borough = dict(lines(folder / "borough.html"))
    compared = 0
    for number, code in enumerate(("C1", "C2")):
        for name, cells in lines(folder / "lists" / code / "profile.html"):
            if name in borough and name in words.AGE_BANDS.values():
                assert cells[0] == borough[name][number].split()[0]
                compared += 1
    assert compared == 2 * len(words.AGE_BANDS) - 2  # nobody is under 18, and no line says so
    assert "Under 18" not in borough


def lines(path):
    """The lines of a page's tables: heading and cells as text."""
    for row in re.findall(r"<tr>(.*?)</tr>", path.read_text(), re.DOTALL):
        heading = re.search(r'<th scope="row">(.*?)</th>', row)
        if heading:
            yield heading[1], [re.sub(r"<[^>]+>", "", cell).strip() for cell in re.findall(r"<td[^>]*>(.*?)</td>", row)]


def test_every_list_and_pack_says_how_old_its_sources_are_and_who_answers_for_it(published, borough):
    import datetime as dt

    from pipeline.publish.scored import Answerable

    sources = {"admissions": dt.date(2026, 1, 15), "gp_events": dt.date(2026, 4, 20)}
    scored = borough(sources=sources, answerable=Answerable("Public health", "lists@example.org", 30, 60))
    folder = published(scored)
    for name in ("lists/C1/risk-list.html", "lists/C1/profile.html", "borough.html"):
        page = (folder / name).read_text()
        assert "Hospital data to 15 January 2026 and GP data to 31 March 2026." in page, name
        assert "Hospital data: the last day is 15 January 2026, 2 months before this list." in page, name
        assert "Public health" in page, name
        assert "lists@example.org" in page, name


@pytest.mark.parametrize(("declined", "shown"), [(12, "10"), (27, "*")])
def test_list_and_pack_say_what_came_of_the_last_list_the_pack_in_counts_that_may_be_shown(
    published, borough, tmp_path, declined, shown
):
    store = tmp_path / "earlier"
    listed_before = [f"p{n:04d}" for n in range(0, 60, 2)]
    entries.record_release(store, released(listed_before))
    file = saved(
        tmp_path,
        *(f"{person},Declined,2026-03-14" for person in listed_before[:declined]),
        f"{listed_before[28]},Could not reach,",
    )
    found = feedback.read([file], AS_OF)
    known = tmp_path / "known.parquet"
    pl.DataFrame({"person_id": listed_before}).write_parquet(known)
    entries.record_feedback(store, found, known)
    folder = published(borough(people=200, history=history(store, AS_OF))) / "lists" / "C1"
    assert (
        f"Last list: {declined} of 30 contacted, 0 seen, 0 took up support, {declined} resting."
        in (folder / "risk-list.html").read_text()
    )
    assert (
        f"Last list: {shown} of 30 contacted, 0 seen, 0 took up support, {shown} resting."
        in (folder / "profile.html").read_text()
    )


def test_nobody_in_a_care_home_or_at_the_end_of_life_is_on_a_main_list(published, borough):
    def with_homes(**given):
        scored = borough(people=100, **given)
        folder = scored.snapshot.folder
        declared = json.loads((folder / "snapshot.json").read_text())
        more = [
            {"name": n, "means": n, "family": "social", "statistic": "ever"} for n in ("in_care_home", "palliative_1y")
        ]
        (folder / "snapshot.json").write_text(json.dumps({"features": declared["features"] + more}))
        path, person = part_path(folder, 0), pl.col("person")
        values = read_part(path).with_columns(
            in_care_home=person.is_in([0, 2]).cast(pl.Float64), palliative_1y=(person == 4).cast(pl.Float64)
        )
        write_part(values, path)
        return scored

    def lists(scored):
        folder = published(scored) / "lists" / "C1"
        return [pl.read_parquet(folder / f"{n}.parquet") for n in ("risk-list", "also-consider")]

    main, also = lists(with_homes())
    assert not {"p0000", "p0002", "p0004"} & {*main["person_id"], *also["person_id"]}
    assert [n.detail for n in notices(with_homes()) if n.name == "care_homes"] == [
        "Recorded as living in a care home: 2 people. They are on no list ([lists] include_care_homes)."
    ]
    main, also = lists(with_homes(care_homes="own_list"))
    assert "p0000" not in main["person_id"]
    assert also.filter(pl.col("lists") == "Living in a care home")["person_id"].to_list() == ["p0000", "p0002"]
    main, _ = lists(with_homes(care_homes="main"))
    assert {"p0000", "p0002"} <= set(main["person_id"])
    assert "p0004" not in main["person_id"]
