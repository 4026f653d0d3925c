"""Figures that could not be worked out do not stop a run that has written everything."""

from __future__ import annotations

import json
from pathlib import Path

from data_schemas.receipts import Publication
from flows import artifacts
from flows.report import summary

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
    said = summary(Publication(str(tmp_path), []))
    assert said["auroc"] == "not known [not known, not known]"
    assert said["baselines"] == {"age_sex": None}


def test_where_the_lists_are_is_said_as_text(tmp_path):
    day = tmp_path / "2026-04-01"
    for name in ("borough.html", "lists/C1/risk-list.html", "lists/C1/risk-list.csv", "report.json"):
        (day / name).parent.mkdir(parents=True, exist_ok=True)
        (day / name).touch()
    said = artifacts.places_in_words("Wigan", day)
    assert f"    {day / 'lists' / 'C1' / 'risk-list.html'}\n" in said
    assert "file://" not in said
    assert "risk-list.csv" not in said


def test_the_keys_of_two_sites_differ():
    assert artifacts.key_of("Wigan & Leigh", "alarms") == "alarms-wigan-leigh"
