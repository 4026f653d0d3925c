"""Figures that could not be worked out do not stop a run that has written everything."""

from __future__ import annotations

import json
from pathlib import Path

from data_schemas.receipts import IngestReceipt, Publication, TableReceipt
from flows import artifacts
from flows.summary import summary

FIGURES = ("auroc", "auroc_low", "auroc_high", "average_precision", "brier", "calibration_slope", "observed_expected")


def test_figures_that_are_not_known_are_shown_as_such(monkeypatch):
    shown = {}
    monkeypatch.setattr(artifacts, "_table", lambda _site, key, rows, _: shown.update({key: rows}))
    test = dict.fromkeys(FIGURES, 0.51234) | {"calibration_slope": None}
    artifacts.metrics_table("Wigan", {"metrics": {"test": test}, "baselines": {}, "alarms": []})
    (row,) = shown["test-metrics"]
    assert (row["calibration_slope"], row["auroc"]) == (None, 0.5123)


def test_the_last_lines_of_a_run_do_without_any_figure(tmp_path: Path) -> None:
    nothing = dict.fromkeys(FIGURES)
    report = {
        "as_of": "2026-04-01", "model_version": "m", "model": {"candidate": "logistic", "alias": ""}, "alarms": [], "notices": [],
        "metrics": {"test": nothing}, "baselines": {"age_sex": nothing},
    }  # fmt: skip
    (tmp_path / "report.json").write_text(json.dumps(report))
    result = summary(Publication(str(tmp_path), []))
    assert result["auroc"] == "not known [not known, not known]"
    assert result["baselines"] == {"age_sex": None}


def test_the_place_of_the_lists_is_shown_as_text(tmp_path):
    day = tmp_path / "2026-04-01"
    for name in ("borough.html", "lists/C1/risk-list.html", "lists/C1/risk-list.csv", "report.json"):
        (day / name).parent.mkdir(parents=True, exist_ok=True)
        (day / name).touch()
    text = artifacts.places_in_words("Wigan", day)
    assert f"    {day / 'lists' / 'C1' / 'risk-list.html'}\n" in text
    assert "file://" not in text
    assert "risk-list.csv" not in text


def test_a_table_has_headings_in_words_no_empty_column_and_no_bullet_points():
    rows = [
        {"table": "gp_events", "rows_read": "130,175", "deleted": "0", "rejects": "sex.values: *", "unregistered": "*"},
        {"table": "practices", "rows_read": "*", "deleted": "0", "rejects": "", "unregistered": "0"},
    ]
    assert artifacts.readable(rows) == [
        {"table": "gp_events", "read": "130,175", "rejected, by rule": r"sex.values: \*", "unregistered": r"\*"},
        {"table": "practices", "read": r"\*", "rejected, by rule": "", "unregistered": "0"},
    ]
    figures = {"method": "PARR-30", "calibration_slope": None, "brier": 0.5}
    assert artifacts.readable([figures]) == [{"method": "PARR-30", "calibration slope": "not known", "Brier": "0.500"}]


def test_the_keys_of_two_sites_differ():
    assert artifacts.key_of("Wigan & Leigh", "alarms") == "alarms-wigan-leigh"


def test_everybody_with_an_account_sees_counts_of_rows_that_are_protected(monkeypatch, tmp_path) -> None:
    shown = {}
    monkeypatch.setattr(artifacts, "_table", lambda _site, key, rows, _: shown.update({key: rows}))
    table = TableReceipt(
        "admissions", str(tmp_path), "", rows_read=10_004, rows=9_986, rejects={"sex.values": 3, "sex.length": 13}, unregistered=2,
        emptied={"value.max": 7},
    )  # fmt: skip
    artifacts.data_quality_table("Wigan", IngestReceipt("", "", 9, "", {"admissions": table}))
    (row,) = shown["data-quality"]
    assert (row["rows"], row["rejected"], row["unregistered"], row["superseded"]) == ("9,985", "15", "*", "0")
    assert (row["rejects"], row["emptied"]) == ("sex.length: 15; sex.values: *", "value.max: *")
    assert row["rows_read"] == "10,005"  # the sum of what is shown, and of hidden ones as any of them could be


def test_the_report_of_a_check_is_protected_as_well(monkeypatch) -> None:
    shown = {}
    monkeypatch.setattr(artifacts, "_table", lambda _site, key, rows, _: shown.update({key: rows}))
    row = {"table": "clusters", "rows_read": 4, "rows": 4, "rejected": 0, "rejects": {}, "unregistered": 0, "superseded": 0, "deleted": 0,
           "left_out": 0, "emptied": {}, "first_day": None, "last_day": None}  # fmt: skip
    artifacts.quality_table("Wigan", {"tables": [row]})
    none = dict.fromkeys(("rejected", "unregistered", "superseded", "deleted", "left_out"), "0")
    empty = dict.fromkeys(("rejects", "emptied", "first_day", "last_day"), "")
    assert shown["data-quality-check"] == [{"table": "clusters", "rows_read": "*", "rows": "*", **none, **empty}]
