"""The table compared with its targets, and the statistics that it is based on."""

from __future__ import annotations

import dataclasses

import numpy as np
import polars as pl
import pytest

from pipeline.synthetic import targets
from pipeline.synthetic.analysis import area_ratios
from pipeline.synthetic.options import Options
from pipeline.synthetic.page import write_page
from pipeline.synthetic.places import build_places
from pipeline.synthetic.reading import Borough, Report, Row
from pipeline.synthetic.regression import auroc, fit, predict
from pipeline.synthetic.report import main, report


@pytest.fixture(scope="module")
def found(clean):
    return report(clean)


def achieved(found, measure, group):
    return next(row.achieved for row in found.rows if (row.measure, row.group) == (measure, group))


def test_auroc_counts_pairs_and_halves_ties():
    # events 0.9 and 0.5; others 0.5, 0.1: pairs 1, 1, ½, 1
    score, event = np.array([0.9, 0.5, 0.5, 0.1]), np.array([True, True, False, False])
    assert auroc(score, event) == pytest.approx(3.5 / 4)


def test_a_logistic_model_of_a_two_by_two_table_gives_its_odds_ratio():
    x = np.repeat([1.0, 1.0, 0.0, 0.0], [30, 70, 10, 90])[:, None]
    y = np.repeat([1.0, 0.0, 1.0, 0.0], [30, 70, 10, 90])
    beta = fit(x, y, "logistic")
    assert np.exp(beta[1]) == pytest.approx(30 * 90 / (70 * 10), rel=1e-3)
    assert predict(np.array([[0.0]]), beta)[0] == pytest.approx(np.log(10 / 90), rel=1e-3)


def test_a_poisson_model_of_two_groups_gives_their_rate_ratio():
    x, y = np.array([[0.0], [0.0], [1.0], [1.0]]), np.array([1.0, 3.0, 5.0, 7.0])
    assert np.exp(fit(x, y, "poisson")[1]) == pytest.approx(6 / 2, rel=1e-3)


def test_emergency_targets_add_up_to_the_boroughs_rate():
    places = build_places(Options(people=1_000, seed=1))
    people = targets.residents_by(places, targets.EMERGENCY_EDGES)
    assert people.sum() == 330_712  # ONS mid-2020
    overall = (targets.emergency_rates(places) * people).sum() / people.sum()
    ratio = np.average(places.areas["emergency_ratio"], weights=places.areas["residents"])
    assert overall == pytest.approx(0.108 * ratio / 100)
    rates = targets.emergency_rates(places)
    # East Devon, 67 and over: 1573 of 5575 in the most deprived fifth against 3500 of 17292 in the least
    assert rates[4, 0] / rates[4, 4] == pytest.approx((1573 / 5575) / (3500 / 17292))


def test_attendance_targets_keep_englands_total_and_gradient():
    rates = targets.attendance_rates()
    people = np.array(targets.ENGLAND_MILLIONS) * 1e6
    assert (rates.mean(axis=1) * people).sum() == pytest.approx(25.0e6, rel=1e-6)
    assert rates[3, 0] / rates[3, 4] == pytest.approx((3.1 + (3.1 - 1.5 / 9)) / (1.6 + (1.6 + 1.5 / 9)))


def test_a_row_is_within_its_limits_or_not():
    row = Row("a", "b", 10, 9, 11, 10.5, "%", "somewhere")
    assert row.within
    assert not Row("a", "b", 10, 9, 11, 11.5, "%", "somewhere").within
    table = Report([row]).table()
    assert table.splitlines()[2] == "| a | b | 10 % | 9 to 11 | 10.5 | yes | somewhere |"


PEOPLE = 6_000
ERRORS = 4
"""Number of standard errors by which a measure of a small borough may be outside its limits: about one chance in 16,000
for each measure."""
SHARE_OF_PEOPLE = {
    "adults": 0.8, "of under-18s": 0.2, "women of 65 and over who live alone": 0.10, "men of 65 and over who live alone": 0.09,
    "working age among the 5% at highest risk": 0.04, "emergency stays that end the same day": 0.12 * 6,
}  # fmt: skip
"""The people counted, as a share of everybody (for stays: per person and year, over six years)."""
EVENTS = PEOPLE * 0.8 * 0.09
"""Adults with an emergency admission in the test year."""
LONELY_OF_75, LONELY_OF_16_TO_24 = PEOPLE * 0.09 * 0.05, PEOPLE * 0.10 * 0.09
OLDER_ADMISSIONS = PEOPLE * 0.19 * 0.3


def spread(row):
    """Standard error of a measure from the size of its sample; of the logarithm for ratios."""
    if row.unit == "%":  # people of one household or area are similar, which widens it by half
        share = row.target / 100
        return 1.5 * 100 * np.sqrt(share * (1 - share) / (PEOPLE * SHARE_OF_PEOPLE.get(row.group, 1.0)))
    if row.unit == "AUROC":
        return 0.3 / np.sqrt(EVENTS)
    if row.unit == "odds ratio":
        return np.sqrt(1 / LONELY_OF_75 + 1 / LONELY_OF_16_TO_24)
    if row.unit == "ratio":  # a third live alone; one person's admissions come together: four times Poisson's variance
        return np.sqrt(4 * (3 / OLDER_ADMISSIONS + 1.5 / OLDER_ADMISSIONS))
    if row.unit == "r":  # of 200 areas with 30 people each
        return 0.15
    return 0.03 * row.target  # rates whose limits already include most of the sample's error


def near_enough(row):
    off = ERRORS * spread(row)
    if row.unit in ("odds ratio", "ratio"):
        return row.low * np.exp(-off) <= row.achieved <= row.high * np.exp(off)
    return row.low - off <= row.achieved <= row.high + off


def test_every_measure_of_a_small_borough_is_as_near_as_its_size_allows(found):
    assert len(found.rows) > 75
    assert [(row.measure, row.group, row.achieved) for row in found.rows if not near_enough(row)] == []


def test_a_borough_that_is_off_is_found_out(found):
    registers = [row for row in found.rows if row.measure == "register" and row.target > 4]
    assert registers
    assert not any(near_enough(dataclasses.replace(row, achieved=2 * row.target)) for row in registers)


def test_registers_are_counted_from_the_record(found, clean):
    day = pl.lit("2026-03-31").str.to_date()
    people = pl.read_parquet(clean / "extracts" / "registrations-*.parquet")
    to = pl.col("registered_to")
    now = people.filter(pl.col("registered_from") <= day, to.is_null() | (to > day))["person_id"].unique()
    codes = pl.read_parquet(clean / "extracts" / "gp_events-*.parquet").filter(pl.col("code") == "195967001")
    share = 100 * now.is_in(codes["person_id"].implode()).mean()
    assert achieved(found, "register", "asthma") == pytest.approx(share)


def test_nothing_ranks_people_better_than_the_truth(found):
    best = achieved(found, "risk", "AUROC of the true risk")
    assert 0.78 < best < 0.90
    assert achieved(found, "risk", "AUROC of prior hospital use alone") < best


def test_area_ratios_have_the_borough_as_100(clean):
    ratios = area_ratios(Borough(clean))
    assert len(ratios) == 200
    overall = 100 * ratios["events"].sum() / ratios["rate"].sum()
    assert overall == pytest.approx(100, abs=6)


def test_the_page_holds_the_table_and_its_pictures(found, clean, tmp_path):
    page = write_page(found, clean, tmp_path)
    text = page.read_text(encoding="utf-8")
    assert found.table() in text
    assert "{" not in text.split("## How close it is to published figures")[1]
    pictures = [line.split("(")[1].rstrip(")") for line in text.splitlines() if line.startswith("![")]
    assert len(pictures) == 6
    assert all((tmp_path / picture).stat().st_size > 5_000 for picture in pictures)


def test_the_table_of_a_folder_is_printed_and_its_page_written_where_asked(clean, tmp_path, capsys):
    main([str(clean), str(tmp_path)])
    printed = capsys.readouterr().out
    assert "| risk | AUROC of the true risk |" in printed
    assert (tmp_path / "synthetic-borough.md").exists()
    main([str(clean)])
    assert "synthetic-borough.md" not in capsys.readouterr().out
