"""The card, the checklists and the plots show what the run knows, and nothing about a person."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace

import pytest

from data_schemas.outcomes import OUTCOMES, WORDS
from data_schemas.receipts import Notice
from data_schemas.small_numbers import rounded
from models import storage
from models.documents.card import _trained_on, model_card
from models.documents.card_against import deaths
from models.documents.card_when import over_time
from models.documents.card_whom import for_whom
from models.documents.checklists import TO_FILL, checklists
from models.documents.evidence import Known, needed
from models.documents.plots import PICTURES, draw, page
from models.documents.probast import PROBAST
from models.documents.tripod import TRIPOD
from models.documents.words import article, number, percent, words
from models.judging import record
from models.judging.figures import Access, Gap, GroupResult, Interval

CHROMIUM = shutil.which("chromium")


@pytest.fixture(scope="module")
def evaluation(site):
    return record.read(site.model.evaluation_path)


def test_the_card_answers_what_a_gp_asks(site, evaluation):
    card = model_card(site.model)
    headings = re.findall(r"^## (.*)$", card, re.MULTILINE)
    assert headings == [
        "Warnings", "In short", "How well it does", "For whom", "What counts most", "Bed days", "Over time", "Against simpler methods",
        "What it was trained on", "Limits",
    ]  # fmt: skip
    test = evaluation.metrics.test
    assert f"{rounded(test.n):,} person-dates (one person at one date: 2024-04-01)" in card
    assert f"{test.n:,}" not in card or test.n == rounded(test.n)
    assert "a low risk does not mean that all is well" in card
    assert "were not examined (`neighbourly train --rolling` does)" in card
    assert "run `neighbourly update`. It compares the model" in card
    assert percent(test.ppv_at["0.05"].value) in card
    assert "must not be used to refuse" in card
    assert "None" not in card
    assert "nan" not in card


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_every_document_names_the_outcome_of_the_model_and_no_other(site, evaluation, tmp_path, monkeypatch, outcome):
    described, said = storage.describe(site.model.path), WORDS[outcome]
    monkeypatch.setattr(
        storage, "describe", lambda _: replace(described, plan=replace(described.plan, outcome=outcome))
    )
    test = replace(evaluation.metrics.test, died_at={} if said.includes_death else evaluation.metrics.test.died_at)
    record.write(tmp_path / "e.json", replace(evaluation, metrics=replace(evaluation.metrics, test=test)))
    model = replace(site.model, evaluation_path=str(tmp_path / "e.json"))
    card, filled = model_card(model), checklists(model)
    for text in (card, filled):
        assert said.term in text
        assert not [other for other in OUTCOMES if article(other) in text.replace(article(outcome), "")]
    assert filled.count(f"one rule on {said.records}.") == 2
    assert ("died without it" in card) is not said.includes_death
    assert ("Somebody who dies first is known not to have the outcome" in filled) is not said.includes_death


def test_the_card_tells_of_alarms(site, evaluation, tmp_path):
    alarm = Notice("empty_join", "the table 'attendances' has stopped.")
    record.write(tmp_path / "e.json", replace(evaluation, alarms=[alarm]))
    card = model_card(replace(site.model, evaluation_path=str(tmp_path / "e.json"), alias="challenger"))
    assert "**Alarm, empty join**: the table 'attendances' has stopped." in card
    assert "has not passed the gate" in card


def test_the_card_asks_for_an_update_where_the_risks_are_off(evaluation):
    def card_of(total):
        test = replace(evaluation.metrics.test, observed_expected=total, calibration_slope=Interval(1, 0.9, 1.1))
        return over_time(replace(evaluation, metrics=replace(evaluation.metrics, test=test)))

    assert "the total of the risks is wrong by more than chance" in card_of(Interval(0.7, 0.6, 0.8))
    assert "wrong by more than chance" not in card_of(Interval(0.9, 0.8, 1.1))


@pytest.mark.parametrize(("whole", "weighted"), [(900, True), (90, False)])
def test_rows_that_were_sampled_are_said_to_stand_for_more(site, evaluation, whole, weighted):
    described = replace(storage.describe(site.model.path), rows=90, people=50, events=9, stands_for=whole)
    text = _trained_on(described, evaluation)
    assert "90 person-dates, 9 of them with the outcome." in text
    assert ("weighted to represent 900 person-dates" in text) is weighted


def test_riley_s_criteria_are_worked_out_for_rows_that_were_drawn(site, evaluation):
    described = storage.describe(site.model.path)
    whole = needed(Known(described, evaluation))
    drawn = needed(Known(replace(described, stands_for=5 * described.rows), evaluation))
    assert drawn.events_per_parameter == whole.events_per_parameter
    share = evaluation.metrics.test.prevalence.value
    assert drawn.for_overall_risk == pytest.approx((1.96 / 0.05) ** 2 * share * (1 - share), rel=0.03)


def test_groups_that_are_clearly_off_come_before_small_ones_that_may_be_chance(evaluation):
    def row(value, ratio, low, high):
        figures = {"observed_expected": Interval(ratio, low, high), "auroc": Interval(0.7)}
        return GroupResult(group="ethnicity", value=value, n=500, events=50, **figures)

    rows = [row("A", 0.83, 0.5, 1.2), row("B", 0.94, 0.91, 0.97), row("C", 1.1, 1.04, 1.2)]
    result = for_whom(replace(evaluation, subgroups=rows))
    assert re.findall(r"\| 500 \| 50 \| (\d\.\d\d)", result) == ["1.10", "0.94", "0.83"]


def test_the_card_says_where_the_missed_differ_most_with_age_and_sex_equal(evaluation):
    def gap(plain, alike, by_chance=0.001):
        return Gap(
            false_omission_rate_gap=Interval(plain),
            false_omission_rate_gap_adjusted=Interval() if alike is None else Interval(alike, 0.9 * alike, 1.2 * alike),
            by_chance={"false_omission_rate_gap_adjusted": by_chance},
        )

    gaps = {
        "sex": gap(0.09, 0.01),
        "lives_alone": gap(0.08, 0.034),
        "cluster": gap(0.2, None),
        "age_band": gap(0.3, 0.3),
    }
    result = for_whom(replace(evaluation, gaps=gaps))
    assert (
        "differs most by living alone: by 3.4 [3.1 to 4.1] in 100 between the groups furthest apart (8.0 without adjusting)"
        in result
    )
    assert "one time in twenty." in result
    chance = for_whom(replace(evaluation, gaps={"sex": gap(0.09, 0.01, 0.02)}))
    assert "it would exceed 2.0 one time in twenty: this may be chance." in chance
    assert "**Missed**" not in for_whom(replace(evaluation, gaps={}))


@pytest.mark.parametrize(("low", "high", "said"), [(1.2, 1.6, "too low"), (0.5, 0.8, "too high"), (0.9, 1.6, "")])
def test_the_card_says_when_the_risks_of_new_people_are_off(evaluation, low, high, said):
    figures = replace(
        evaluation.metrics.new_people, n=321, auroc=Interval(0.7), observed_expected=Interval(1.4, low, high)
    )
    result = for_whom(replace(evaluation, metrics=replace(evaluation.metrics, new_people=figures)))
    assert f"1.40 [{low:.2f} to {high:.2f}] times as often as predicted" in result
    assert re.findall(r"Their risks are (.*?)\.", result) == ([said] if said else [])


def test_the_card_says_who_died_without_the_outcome_unless_it_points_at_people(evaluation):
    died = replace(evaluation.metrics.test, n=4000, died_at={"0.05": Interval(0.06, 0.03, 0.09)})
    assert "6.0% [3.0% to 9.0%] of the 5% at highest risk died without the outcome" in deaths(died)
    assert 'outcome = "unplanned_or_death"' in deaths(died)
    assert "- Deaths: * of the 5%" in deaths(replace(died, n=1000))
    assert deaths(replace(died, died_at={"0.05": Interval(0.0, 0.0, 0.0)})) == ""


def test_the_card_says_for_whom_access_may_be_harder(evaluation):
    row = Access(
        group="ethnic_group", value="Black", n=900, need_at_same_score=Interval(0.12, 0.1, 0.14), need_chance=0.001, by_measure={},
        admissions_at_same_need=Interval(0.72, 0.65, 0.8), admissions_chance=0.001, more_need=True, less_access=True,
    )  # fmt: skip
    result = for_whom(replace(evaluation, access=[row]))
    assert "ethnic group: Black had 0.72 [0.65 to 0.80] times as many outcomes at the same recorded need" in result
    assert "the score is too low for what they need" in result
    silent = for_whom(replace(evaluation, access=[replace(row, less_access=False)]))
    assert "none of 1 groups has clearly fewer outcomes" in silent


def test_the_card_says_how_many_lonely_people_a_list_by_risk_would_miss(evaluation):
    shown = evaluation.subgroups[0]
    lonely = replace(shown, group="recorded_lonely", value="yes", n=200, flagged_share=Interval(0.157, 0.14, 0.17))
    others = replace(lonely, value="no", n=9800, flagged_share=Interval(0.049, 0.04, 0.05))
    card = for_whom(replace(evaluation, subgroups=[lonely, others]))
    assert "200 people (2.0%) are recorded as lonely. By risk alone, 15.7% [14.0% to 17.0%] of them" in card
    few = replace(lonely, flagged_share=Interval(float("nan")))
    assert "**Loneliness**" not in for_whom(replace(evaluation, subgroups=[few, others]))


def test_every_item_of_both_checklists_is_asked():
    sections = {
        3: "abc",
        5: "ab",
        6: "abc",
        8: "abc",
        9: "abc",
        12: "abcdefg",
        18: "abcdef",
        20: "abc",
        23: "ab",
        27: "abc",
    }
    tripod = [f"{n}{part}" for n in range(1, 28) for part in sections.get(n, [""])]
    assert [item.number for item in TRIPOD] == tripod
    counts = {"D": (3, 4, 4, 5), "E": (3, 4, 4, 7)}
    asked = [item for item in PROBAST if re.match(r"[DE]\d\.", item.number)]
    assert [item.number for item in asked] == [
        f"{part}{domain}.{n}"
        for part, many in counts.items()
        for domain, count in enumerate(many, start=1)
        for n in range(1, count + 1)
    ]
    assert [sum(item.number.startswith(part) for item in asked) for part in "DE"] == [16, 18]
    judged = [item for item in PROBAST if item not in asked]
    assert len(judged) == 2 * (4 + 3 + 1)
    assert all(item.answer is None for item in judged)


def test_checklists_fill_what_a_run_knows_and_leave_judgement_to_people(site):
    text = checklists(site.model)
    rows = [line for line in text.splitlines() if re.match(r"\| [DE]?\d|\| [DE] overall", line)]
    assert len(rows) == len(TRIPOD) + len(PROBAST)
    left = [line for line in rows if TO_FILL in line]
    assert len(left) == sum(item.answer is None for item in (*TRIPOD, *PROBAST))
    assert all(line.count("|") == 4 for line in rows)
    assert any("What is the risk of bias" in line for line in left)
    assert not re.search(r"None|nan", text)


def test_every_picture_is_drawn_and_the_page_stands_alone(evaluation, tmp_path):
    paths = draw(evaluation, tmp_path)
    pictures = [path for path in paths if path.suffix == ".png"]
    assert {path.stem for path in pictures} == set(PICTURES) - {"rolling", "staleness"}
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in pictures)
    text = (tmp_path / "evaluation.html").read_text()
    assert not re.search(r"""(src|href)=(?!"#)""", text)
    data = json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL).group(1))
    assert data["metrics"]["test"]["auroc"] == evaluation.metrics.test.auroc.value


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="Debian's chromium is not installed: apt-get install chromium")
def test_the_page_draws_everything_in_a_browser(evaluation, tmp_path):
    from playwright.sync_api import sync_playwright

    (tmp_path / "page.html").write_text(page(evaluation))
    errors = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        opened = browser.new_page()
        opened.on("pageerror", lambda error: errors.append(str(error)))
        opened.goto((tmp_path / "page.html").as_uri())
        titles = opened.locator("svg").evaluate_all("all => all.map(one => one.getAttribute('aria-label'))")
        rows = opened.locator("#figures tbody tr").count()
        apart, gaps = (opened.locator(f"#{place} tbody tr").count() for place in ("apart", "gaps"))
        browser.close()
    assert errors == []
    assert {"Calibration", "People at each risk", "ROC", "Lift", "Decision curve", "Month by month"} <= set(titles)
    assert rows == 13
    measured = evaluation.metrics
    same = measured.person_disjoint_same_ages
    assert apart == 3 + measured.new_people.auroc.known + (same is not None and same.auroc.known)
    assert gaps == len(evaluation.gaps)


def test_words():
    assert words("unplanned_admission") == "unplanned admission"
    assert article("unplanned_admission") == "an unplanned admission"
    assert number(Interval(0.5, 0.25, 0.75)) == "0.50 [0.25 to 0.75]"
    assert number(Interval()) == percent(None) == "not known"
