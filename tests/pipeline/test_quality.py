"""The data-quality page and its JSON: everything counted, in words, self-contained, without any value."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser

import pytest

from data_schemas.tables import TABLES, rules
from pipeline import quality
from pipeline.ingest import check
from tests.pipeline.ingest.extracts_on_disk import DEFAULTS, SENTINEL, Extracts

ADMISSIONS = "person_id,admission_date,discharge_date,admission_method,diag_01\n"


@pytest.fixture
def found(tmp_path):
    """A site with one example of everything that can be reported."""
    extracts = Extracts(tmp_path, max_reject_rate=0.01)
    months = "".join(
        f"p1,{2018 + m // 12}-{m % 12 + 1:02d}-{d:02d},,21,I500\n" for m in range(24) if m != 10 for d in range(1, 11)
    )
    few = "p1,2018-11-05,,21,zz\n"
    bad = f"p1,{SENTINEL},,21,\np1,2018-01-01,,{SENTINEL},\n{SENTINEL},2018-01-01,,21,\n"
    extracts.write("admissions", ADMISSIONS + months + few + bad).write(
        "clusters", 'cluster_code,cluster_name,capacity\nC1,"<b>&",5\n'
    )
    return check(extracts.without("practices").settings())


def page(found, tmp_path) -> str:
    return (tmp_path / "report" / "data-quality.html").read_text() if quality.write(found, tmp_path / "report") else ""


def test_everything_is_counted_and_said_in_words(found):
    table = next(t for t in found.tables if t.table == "admissions")
    assert (table.rows_read, table.rows, table.rejected) == (234, 231, 2)
    assert [(c.says, c.rows) for c in table.rejects] == [
        ("admission_date cannot be read as a date", 1), ("admission_method is not an allowed value", 1),
    ]  # fmt: skip
    assert table.unregistered is not None
    assert (table.unregistered.says, table.unregistered.rows) == ("the person is not in any registration", 1)
    assert [(c.says, c.rows) for c in table.warnings] == [("diagnosis: codes in the wrong format", 1)]
    assert table.null_share["discharge_date"] == 1
    assert "provider_code" in table.absent
    assert found.missing == ["practices"]
    assert len(found.refusals) == 0


def test_months_without_many_rows_stand_out(found):
    table = next(t for t in found.tables if t.table == "admissions")
    assert len(table.months) == 24
    assert [(f"{m.month:%Y-%m}", m.rows) for m in table.months if m.few] == [("2018-11", 1)]


def test_months_without_any_rows_are_there_and_thin_ends_are_not(tmp_path):
    rows = "".join(
        f"p1,{year}-{month:02d}-01,,21,\n"
        for year in (2018, 2019)
        for month in range(1, 13)
        if (year, month) != (2018, 6)
        for _ in range(200)
    )
    extracts = Extracts(tmp_path).write("admissions", f"{ADMISSIONS}{rows}p1,2999-01-01,,21,\n")
    table = next(t for t in check(extracts.settings()).tables if t.table == "admissions")
    assert [m.month.year for m in table.months] == [2018] * 12 + [2019] * 12
    assert [f"{m.month:%Y-%m}" for m in table.months if m.few] == ["2018-06"]


def test_the_page_tells_it_and_shows_no_value(found, tmp_path):
    text = page(found, tmp_path)
    for part in (
        "admission_date cannot be read as a date",
        "November 2018 (1)",
        "practices: this table is needed",
        "no section [extracts.practices]",
    ):
        assert part in text
    assert SENTINEL not in text
    assert SENTINEL not in (tmp_path / "report" / "data-quality.json").read_text()
    assert "p1" not in re.findall(r"\bp1\b", text)


def test_the_json_says_the_same(found, tmp_path):
    short = quality.write(found, tmp_path / "report")
    text = json.loads((tmp_path / "report" / "data-quality.json").read_text())
    assert [table["table"] for table in text["tables"]] == ["registrations", "admissions", "clusters"]
    assert text["tables"][1]["rejects"][0] == {
        "rule": "admission_date.unreadable", "says": "admission_date cannot be read as a date", "rows": 1, "share": round(1 / 234, 6),
    }  # fmt: skip
    assert short["tables"][1]["rejected"] == 2
    assert json.loads(json.dumps(short))["missing"] == ["practices"]


def test_the_page_fetches_nothing_and_can_be_read_by_a_screen_reader(found, tmp_path):
    text = page(found, tmp_path)
    assert not re.search(r"(src|href)=[\"'](?!#)", text)
    assert '<html lang="en-GB">' in text
    seen = Landmarks()
    seen.feed(text)
    assert seen.tags["main"] == seen.tags["h1"] == 1
    assert seen.tags["table"] == seen.tags["caption"]
    assert all(below - above <= 1 for above, below in zip(seen.headings, seen.headings[1:], strict=False))
    assert all(scope in ("col", "row") for scope in seen.scopes)
    assert seen.labelled_images == seen.images > 0


class Landmarks(HTMLParser):
    """Counts the elements by which users of screen readers navigate."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: dict[str, int] = {}
        self.headings: list[int] = []
        self.scopes: list[str | None] = []
        self.images = self.labelled_images = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] = self.tags.get(tag, 0) + 1
        given = dict(attrs)
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag == "th":
            self.scopes.append(given.get("scope"))
        if tag == "svg":
            self.images += 1
            self.labelled_images += given.get("role") == "img" and bool(given.get("aria-label"))


def test_every_rule_has_words(found):
    for table in TABLES:
        for rule in rules(table, TABLES[table].column_names()):
            words = quality.in_words(table, rule)
            assert words
            assert "." not in words


def test_a_site_in_order_says_so(tmp_path):
    extracts = Extracts(tmp_path).write("admissions", DEFAULTS["admissions"])
    assert "Nothing here would stop a run." in page(check(extracts.settings()), tmp_path)
