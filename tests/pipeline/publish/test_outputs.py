"""Rules for every output, and a comparison of the FHIR bundle with the field list."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from pathlib import Path

import polars as pl
import pytest

from data_schemas.feature_parts import part_path, read_part, write_part
from pipeline.ledger.feedback import REST_DAYS
from pipeline.publish.areas import Measure, points, shapes
from pipeline.publish.drawing import HIDDEN, draw_map

FIELDS = Path(__file__).parents[3].parent / "shared" / "reference" / "facts" / "fhir_mesh_fields.csv"


def texts(folder):
    """Text of every file, including the content of workbooks and Parquet files."""
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        if path.suffix == ".xlsx":
            with zipfile.ZipFile(path) as parts:
                yield path, " ".join(parts.read(name).decode() for name in parts.namelist())
        elif path.suffix == ".parquet":
            yield path, pl.read_parquet(path).write_csv()
        else:
            yield path, path.read_text()


def test_restricted_subjects_are_on_no_output(borough, published):
    """Everybody has domestic abuse on record, and it is everybody's strongest reason."""
    scored = borough(people=60)
    path = part_path(scored.snapshot.folder, 0)
    write_part(read_part(path).with_columns(domestic_abuse=pl.lit(1.0)), path)
    seen = 0
    for path, text in texts(published(scored)):
        seen += 1
        assert not re.search(r"domestic|abus", text, re.IGNORECASE), path.name
    assert seen > 15


def test_what_is_said_of_a_person_has_blanks_between_its_parts(published):
    """On paper they are on one line, which breaks at spaces, so an age must not be cut in two after a pseudonym."""
    page = (published(people=60) / "lists" / "C1" / "risk-list.html").read_text()
    people = re.findall(r'<th scope="row" class="who">(.*?)</th>', page, re.DOTALL)
    assert people
    assert not [who for who in people if re.search(r"</(h3|p)><p", who)]


def test_nobody_is_named_on_pages_without_person_rows(published):
    for path, text in texts(published(people=60)):
        if path.name in ("borough.html", "profile.html", "reidentify.html", "manifest.json", "report.json"):
            assert not re.search(r"p\d{4}", text), path.name


def test_no_small_count_is_printed_on_pages_without_person_rows(published):
    """Counts of people in tables are hidden or multiples of five. Ages, places, dates and shares are not counts."""
    seen = []
    for path, text in texts(published(people=60)):
        if path.name in ("borough.html", "profile.html"):
            _, _, counts = text.partition('<caption id="segments">')  # the text before it gives places and risks
            cells = re.findall(r'<td class="n">(\d[\d,]*)(?:</td>| <span class="quiet">\()', counts)
            assert all(int(cell.replace(",", "")) % 5 == 0 for cell in cells)
            assert len(cells) > 5
            assert re.search(r">\*[ <]", counts)
            seen.append(path.name)
    assert sorted(seen) == ["borough.html", "profile.html", "profile.html"]


EVIL = "<img src=x onerror=alert(1)>"


def test_names_from_elsewhere_are_text_on_every_page_and_no_formula(borough, published, tmp_path):
    """Public names come from other people's systems: clusters, practices, services."""
    service = {
        "id": "1",
        "name": f"=1+1 {EVIL}",
        "status": "active",
        "attributes": [{"id": "a", "taxonomy_term": {"id": "t", "name": "befriending", "description": ""}}],
        "schedules": [{"id": "s", "description": EVIL}],
    }
    (tmp_path / "book.json").write_text(json.dumps([service]))
    scored = borough(capacity=10, community=(tmp_path / "book.json",), site=f"Wigan {EVIL}")
    clusters = pl.read_parquet(scored.tables / "clusters.parquet")
    clusters.with_columns(cluster_name=pl.lit(f"=2+2 {EVIL}")).write_parquet(scored.tables / "clusters.parquet")
    practices = {"practice_code": ["X00001", "X00002"], "practice_name": [f"=3+3 {EVIL}"] * 2}
    pl.DataFrame(practices).write_parquet(scored.tables / "practices.parquet")
    folder = published(scored)
    for path in folder.rglob("*.html"):
        text = path.read_text()
        assert "<img" not in text, path.name
        assert "&lt;img" in text, path.name
    listed = (folder / "lists" / "C1" / "risk-list.csv").read_text(encoding="utf-8-sig")
    cells = [cell for row in csv.reader(io.StringIO(listed)) for cell in row]
    assert any(EVIL in cell for cell in cells)
    assert not [cell for cell in cells if cell.startswith("=")]


@pytest.mark.skipif(not FIELDS.exists(), reason="the reference field list is not here")
def test_fhir_bundle_has_only_fields_of_the_list_and_all_required(published):
    folder = published() / "lists" / "C1"
    bundle = json.loads((folder / "risk-list.fhir.json").read_text())
    with FIELDS.open(newline="") as lines:
        rows = list(csv.DictReader(lines))
    allowed, required, predicted = set(), set(), set()
    for row in rows:
        if row["concept"] == "FHIR R4 RiskAssessment":
            allowed.add(row["code"])
            required |= {row["code"]} if row["required"] == "Y" else set()
        if row["concept"] == "FHIR R4 RiskAssessment.prediction":
            predicted.add(row["code"])
    risks = pl.read_parquet(folder / "risk-list.parquet")["risk"].to_list()  # FHIR R4: percentages, up to 100
    assert bundle["type"] == "collection"
    assert len(bundle["entry"]) == 10
    for entry in bundle["entry"]:
        resource = entry["resource"]
        assert required <= set(resource)
        assert set(resource) - {"resourceType", "id"} <= allowed
        assert set(resource["prediction"][0]) <= predicted
        assert resource["status"] in ("registered", "preliminary", "final", "amended")
        assert resource["prediction"][0]["probabilityDecimal"] == pytest.approx(100 * risks.pop(0), abs=1e-4)
        assert entry["fullUrl"] == f"urn:uuid:{resource['id']}"


def test_fhir_subjects_are_the_list_in_order(published):
    folder = published() / "lists" / "C1"
    bundle = json.loads((folder / "risk-list.fhir.json").read_text())
    subjects = [entry["resource"]["subject"]["identifier"]["value"] for entry in bundle["entry"]]
    assert subjects == pl.read_parquet(folder / "risk-list.parquet")["person_id"].to_list()
    assert len({entry["resource"]["id"] for entry in bundle["entry"]}) == 10


def test_workbook_lets_only_feedback_be_changed_and_only_from_the_list(published):
    import openpyxl

    book = openpyxl.load_workbook(io.BytesIO((published() / "lists" / "C1" / "risk-list.xlsx").read_bytes()))
    sheet = book["Everyone"]
    assert all(each.protection.sheet for each in book)
    open_columns = {cell.column for row in sheet.iter_rows(min_row=4) for cell in row if not cell.protection.locked}
    headings = {sheet.cell(3, column).value for column in open_columns}
    assert headings == {"Outcome", "Date of outcome", "Note (no names, please)"}
    rules = {rule.type: rule for rule in sheet.data_validations.dataValidation}
    assert rules["list"].formula1.strip('"').split(",") == list(REST_DAYS)  # as spreadsheets part the choices
    assert len(rules["list"].formula1) <= 255
    assert rules["date"].formula2 == "TODAY()"
    assert "do not sort locked cells: sort in risk-list.html" in sheet["A2"].value
    assert sheet["A2"].alignment.wrap_text


def test_shapes_are_the_boroughs_areas_where_they_lie():
    assert len(shapes()) == 200
    latitude, longitude = shapes()["E01006212"].centre
    assert (latitude, longitude) == (pytest.approx(53.51183, abs=0.01), pytest.approx(-2.58493, abs=0.01))


def test_distances_start_at_the_sites_own_points_where_it_gives_them(borough):
    scored = borough()
    pl.DataFrame({"lsoa_code": ["E01006212"], "lat": [1.0], "lon": [2.0]}).write_parquet(
        scored.tables / "areas.parquet"
    )
    assert points(scored)["E01006212"] == (1.0, 2.0)
    assert points(scored)["E01006213"] == shapes()["E01006213"].centre


def test_map_shades_from_least_to_most_and_hatches_what_is_hidden():
    codes = sorted(shapes())[:6]
    drawn = draw_map(
        Measure("Share", "%", dict(zip(codes, (1.0, 2.0, 3.0, 4.0, 5.0, None), strict=True)), is_public=False)
    )
    colours = [colour for _, colour, _ in drawn.paths]
    assert colours == ["#deebf7", "#9ecae1", "#4292c6", "#08519c", "#08245c", HIDDEN]
    assert [entry.words for entry in drawn.legend][:2] == ["up to 1%", "over 1% to 2%"]
    assert drawn.legend[-1].words.startswith("hidden")
    worst = draw_map(
        Measure("Decile", "decile", dict(zip(codes[:2], (1.0, 10.0), strict=True)), is_public=True, low_is_need=True)
    )
    assert [colour for _, colour, _ in worst.paths] == ["#08245c", "#deebf7"]
