"""Every page in a real browser: WCAG 2.2 AA by axe-core, the keyboard, no request to anywhere."""

from __future__ import annotations

import csv
import hashlib
import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from pipeline.release.reidentify import open_pseudonym, pseudonym
from tests.pipeline.publish.browsing import WIDE_FONT, in_browser, needs_axe, violations

pytestmark = in_browser


@needs_axe
def test_axe_finds_nothing(every_tab):
    """This includes the width of a phone, where people are shown one below the other."""
    for path, page in every_tab.items():
        for width in (1280, 400) if "list" in path.name else (1280,):
            page.set_viewport_size({"width": width, "height": 900})
            assert (path.name, width, violations(page)) == (path.name, width, [])
    assert len(every_tab) == 12


@needs_axe
@pytest.mark.parametrize("width", [1280, 400])
def test_axe_finds_nothing_when_the_names_show(published, opened, tmp_path, width):
    folder = published()
    (tmp_path / "key.csv").write_text("person_id,nhs_number,name\np0000,9434765919,Ng\n")
    page = opened(folder / "reidentify.html", width)
    page.fill("#who", "A. Nurse")
    page.fill("#why", "Monthly list")
    page.set_input_files("#list", folder / "lists" / "C1" / "risk-list.csv")
    page.set_input_files("#key", tmp_path / "key.csv")
    page.locator("button[type=submit]").click()
    page.wait_for_selector("#result:not([hidden])")
    assert violations(page) == []


def test_nothing_is_asked_of_the_network(every_tab):
    for path, page in every_tab.items():
        assert page.requests == [path.as_uri()]


OPEN_ALL = "document.querySelectorAll('details').forEach(each => { each.open = true; })"


def test_no_page_scrolls_sideways_whatever_its_font(every_tab):
    for path, page in every_tab.items():
        page.evaluate(OPEN_ALL)
        for font in ("", WIDE_FONT):
            style = page.add_style_tag(content=font or " ")
            for width in (320, 768, 1280):
                page.set_viewport_size({"width": width, "height": 900})
                assert page.evaluate("document.documentElement.scrollWidth") <= width, (path.name, width, font)
            style.evaluate("style => style.remove()")


def test_a_screen_reader_finds_landmarks_headings_and_the_name_of_every_table_and_chart(every_tab):
    without = r"^ *- (?:table|img|region|figure|button|combobox|textbox|link)(?::.*)?$"
    for path, page in every_tab.items():
        page.evaluate(OPEN_ALL)
        tree = page.locator("body").aria_snapshot()
        assert (path.name, len(re.findall(r"heading .*\[level=1\]", tree))) == (path.name, 1)
        assert all(f"- {landmark}" in tree for landmark in ("banner", "main", "contentinfo")), path.name
        assert (path.name, re.findall(without, tree, flags=re.MULTILINE)) == (path.name, [])


def test_list_filters_sorts_and_finds_by_keyboard_only(published, opened):
    page = opened(published(people=100) / "lists" / "C1" / "risk-list.html")
    shown = "[...document.querySelectorAll('#list tbody tr')].filter(r => !r.hidden).map(r => r.dataset.rank)"
    assert page.evaluate(shown) == [str(n) for n in range(1, 11)]
    page.locator("#list thead th button").first.focus()
    page.keyboard.press("Enter")
    assert page.evaluate(shown) == [str(n) for n in range(10, 0, -1)]
    page.locator("#find").focus()
    page.keyboard.type("p0000")
    assert page.evaluate(shown) == ["1"]
    assert page.locator("#count").inner_text().startswith("1 of")


def test_first_tab_goes_to_the_skip_link(published, opened):
    page = opened(published() / "borough.html")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to main content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_saved_outcomes_are_what_feedback_reads(published, opened, tmp_path):
    page = opened(published() / "lists" / "C1" / "risk-list.html")
    page.locator("[data-outcome]").first.select_option("Declined")
    page.locator("[data-date]").first.fill("2026-04-20")
    with page.expect_download() as download:
        page.locator("#save").click()
    saved = tmp_path / "outcomes.csv"
    download.value.save_as(saved)
    with saved.open(newline="") as lines:
        assert list(csv.reader(lines)) == [
            ["person_id", "outcome", "outcome_date"],
            ["p0000", "Declined", "2026-04-20"],
        ]


def test_outcomes_that_cannot_be_saved_say_why(published, opened):
    page = opened(published() / "lists" / "C1" / "risk-list.html")
    page.locator("#save").click()
    assert "There is no outcome to save yet" in page.locator("#problem-outcomes").inner_text()
    page.locator("[data-outcome]").first.select_option("Declined")
    page.locator("[data-date]").first.fill("")
    page.fill("#find", "nobody")  # the row that lacks a date is out of sight
    page.locator("#save").click()
    assert "one outcome has no date" in page.locator("#problem-outcomes").inner_text()
    assert page.evaluate("document.activeElement === document.querySelector('[data-date]')")
    for wrong in ("2962-04-20", "0026-04-20"):
        page.locator("[data-date]").first.fill(wrong)
        page.locator("#save").click()
        assert (
            "the date of one outcome is in the future, or long past" in page.locator("#problem-outcomes").inner_text()
        )
    page.locator("[data-date]").first.fill("2026-04-20")
    with page.expect_download():
        page.locator("#save").click()
    assert page.locator("#problem-outcomes").inner_text() == ""


def test_each_printed_page_bears_the_marking_of_its_page(published, opened, tmp_path):
    folder = published()
    for path, marking in ((folder / "borough.html", "OFFICIAL"), (folder / "reidentify.html", "OFFICIAL-SENSITIVE")):
        page = opened(path)
        assert page.locator(".marking").inner_text() == marking
        margins = "[...document.styleSheets].flatMap(s => [...s.cssRules]).map(r => r.cssText).join(' ')"
        assert f'content: "{marking}"' in page.evaluate(margins)


def test_offline_page_joins_list_and_key_and_saves_its_log_line_first(published, opened, tmp_path):
    folder = published()
    numbers = {"p0000": "943 476 5919", "p0002": "943 476 5870"}
    key = tmp_path / "key.csv"
    key.write_text("person_id,nhs_number,name\n" + "".join(f'{p},{n},"Ng, {p}"\n' for p, n in numbers.items()))
    page = opened(folder / "reidentify.html")
    page.fill("#who", "A. Nurse, link worker")
    page.fill("#why", "Monthly list")
    page.set_input_files("#list", folder / "lists" / "C1" / "risk-list.csv")
    page.set_input_files("#key", key)
    with page.expect_download() as download:
        page.locator("button[type=submit]").click()
    line = json.loads(Path(download.value.path()).read_text())
    assert (line["who"], line["why"]) == ("A. Nurse, link worker", "Monthly list")
    assert {k: line["facts"][k] for k in ("shown", "unknown", "elsewhere")} == {
        "shown": 2,
        "unknown": 8,
        "elsewhere": 0,
    }
    assert line["facts"]["list"] == hashlib.sha256((folder / "lists" / "C1" / "risk-list.csv").read_bytes()).hexdigest()
    assert page.locator("#result tbody tr").count() == 2
    first = page.locator("#result tbody tr").first
    assert first.locator("th dd").all_inner_texts() == ["943 476 5919", "Ng, p0000"]
    assert first.locator("th h3").inner_text() == "Person 1"
    assert first.locator("td.ask li").count() == 2
    assert page.requests == [(folder / "reidentify.html").as_uri()]


@pytest.mark.parametrize("method", ["hmac", "openpseudonymiser"])
def test_offline_page_makes_the_same_pseudonyms_as_the_command(published, opened, tmp_path, method):
    folder = published()
    make = {
        "hmac": pseudonym,
        "openpseudonymiser": lambda n, s: open_pseudonym({"nhs_number": n}, s),
    }[method]
    (tmp_path / "list.csv").write_text(f"person_id,practice_code\n{make('9434765919', b'secret').upper()},X00001\n")
    (tmp_path / "key.csv").write_text("nhs_number,practice_code\n943 476 5919,X00001\n")
    (tmp_path / "secret.txt").write_bytes(b"secret\n")
    page = opened(folder / "reidentify.html")
    page.fill("#who", "A. Nurse")
    page.fill("#why", "Monthly list")
    page.locator("summary").click()
    page.select_option("#method", method)
    for field, name in (("#list", "list.csv"), ("#key", "key.csv"), ("#secret", "secret.txt")):
        page.set_input_files(field, tmp_path / name)
    page.locator("button[type=submit]").click()
    page.wait_for_selector("#result:not([hidden])")
    assert page.locator("#result tbody dd").first.inner_text() == "943 476 5919"


def test_offline_page_does_not_look_up_the_patients_of_another_practice(published, opened, tmp_path):
    folder = published()
    (tmp_path / "key.csv").write_text("person_id,practice_code,name\np0000,X00002,Ann Example\n")
    page = opened(folder / "reidentify.html")
    page.fill("#who", "A. Nurse")
    page.fill("#why", "Monthly list")
    page.fill("#practice", "X00001")
    page.set_input_files("#list", folder / "lists" / "C1" / "risk-list.csv")
    page.set_input_files("#key", tmp_path / "key.csv")
    page.locator("button[type=submit]").click()
    expect(page.locator("#problem")).not_to_be_empty()
    assert "no patient of practice X00001" in page.locator("#problem").inner_text()
    assert not page.locator("#result").is_visible()


def test_offline_page_shows_nobody_without_a_reason(published, opened):
    page = opened(published() / "reidentify.html")
    page.evaluate("document.querySelector('#form').noValidate = true")
    page.fill("#who", "  ")
    page.locator("button[type=submit]").click()
    expect(page.locator("#problem")).not_to_be_empty()
    assert not page.locator("#result").is_visible()


@pytest.fixture
def named(published, opened, tmp_path):
    """The page at the practice, with names showing."""

    def make():
        folder = published(people=60)
        (tmp_path / "key.csv").write_text("person_id,nhs_number,name\np0000,9434765919,Ng\np0002,9434765870,Li\n")
        page = opened(folder / "reidentify.html")
        page.fill("#who", "A. Nurse")
        page.fill("#why", "Monthly list")
        page.set_input_files("#list", [folder / "lists" / "C1" / f"{n}.csv" for n in ("risk-list", "also-consider")])
        page.set_input_files("#key", tmp_path / "key.csv")
        with page.expect_download():
            page.locator("button[type=submit]").click()
        page.wait_for_selector("#result:not([hidden])")
        return page

    return make


def test_names_and_outcomes_are_never_cut_off(named):
    page = named()
    cut = "[...document.querySelectorAll('#result td, #result th')].filter(cell => cell.scrollWidth > cell.clientWidth + 1).length"
    for font in ("", WIDE_FONT):
        page.add_style_tag(content=font or " ")
        for width in (320, 768, 1280):
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (width, font)
            assert (page.evaluate(cut), width, font) == (0, width, font)


def test_outcomes_are_saved_where_the_names_are_as_pseudonyms_only(named, tmp_path):
    page = named()
    page.get_by_label("Outcome, person 1", exact=True).select_option("Declined")
    assert page.locator("#unsaved").inner_text() == "1 outcome not saved yet."
    assert page.get_by_label("Date of outcome, person 1", exact=True).input_value()  # today
    with page.expect_download() as download:
        page.locator("#save").click()
    assert re.fullmatch(r"outcomes-C1-2026-04-01-\d{4}-\d\d-\d\d\.csv", download.value.suggested_filename)
    text = Path(download.value.path()).read_text()
    assert "p0000" in text
    assert not any(secret in text for secret in ("9434765919", "Ng"))
    assert page.locator("#unsaved").inner_text().startswith("Saved 1 outcome in outcomes-C1-2026-04-01-")


def test_leaving_with_unsaved_outcomes_warns_and_saved_ones_can_be_opened(published, opened, tmp_path):
    path = published() / "lists" / "C1" / "risk-list.html"
    page = opened(path)
    page.locator("[data-outcome]").first.select_option("Declined")
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    page.reload()
    assert asked == ["beforeunload"]
    saved = tmp_path / "saved.csv"
    saved.write_text(
        '"person_id","outcome","outcome_date"\r\n"p0002","Declined","2026-04-20"\r\n"p9999","Declined","2026-04-20"\r\n'
    )
    page.set_input_files("#open", saved)
    expect(page.locator("#unsaved")).not_to_be_empty()
    assert page.locator("#unsaved").inner_text() == "Opened 1 outcome; 1 of people who are not on this list."
    assert page.get_by_label("Outcome, person 2", exact=True).input_value() == "Declined"


def test_every_control_names_its_person_and_people_are_headings(published, opened):
    page = opened(published() / "lists" / "C1" / "risk-list.html")
    tree = page.locator("#list").aria_snapshot()
    assert tree.count("rowheader") == 10
    for n in (1, 10):
        assert f'heading "Person {n}" [level=3]' in tree
        assert f'combobox "Outcome, person {n}"' in tree
        assert f'textbox "Date of outcome, person {n}"' in tree


def test_people_collapse_on_a_phone_and_open_one_by_one(published, opened):
    page = opened(published() / "lists" / "C1" / "risk-list.html", 400)
    why = page.locator("#list td.why").first
    assert not why.is_visible()
    page.get_by_role("button", name="Show more about person 1", exact=True).click()
    assert why.is_visible()
    assert not page.locator("#list td.why").nth(1).is_visible()


def test_the_highest_risk_comes_first_on_the_first_click_and_male_does_not_find_female(published, opened):
    page = opened(published(people=100) / "lists" / "C1" / "risk-list.html")
    risks = "[...document.querySelectorAll('#list tbody tr')].map(r => +r.dataset.risk)"
    page.locator("#list thead button").nth(1).click()
    assert page.evaluate(risks) == sorted(page.evaluate(risks), reverse=True)
    page.fill("#find", "male")
    shown = "[...document.querySelectorAll('#list tbody tr')].filter(r => !r.hidden).map(r => r.cells[0].textContent)"
    assert not any("female" in text for text in page.evaluate(shown))
    page.fill("#find", "nobody like this")
    assert page.locator("#count").inner_text().startswith("Nobody on this list matches.")


def test_a_printed_practice_says_its_own_numbers(published, opened):
    page = opened(published(people=100, clusters=("C1",)) / "lists" / "C1" / "risk-list.html")
    page.select_option("#practice", "X00001")
    page.select_option("#band", "High")
    assert re.search(r"Printed: X00001.*, High: \d+ of \d+ people\.", page.locator("#printed").text_content())
