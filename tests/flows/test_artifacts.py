"""Figures that could not be worked out do not stop a run that has written everything."""

from __future__ import annotations

from flows import artifacts

FIGURES = ("auroc", "auroc_low", "auroc_high", "average_precision", "brier", "calibration_slope", "observed_expected")


def test_figures_that_are_not_known_are_shown_as_such(monkeypatch):
    shown = {}
    monkeypatch.setattr(artifacts, "_table", lambda key, rows, _: shown.update({key: rows}))
    test = dict.fromkeys(FIGURES, 0.51234) | {"calibration_slope": None}
    artifacts.metrics_table({"metrics": {"test": test}, "baselines": {}, "alarms": []})
    (row,) = shown["test-metrics"]
    assert (row["calibration_slope"], row["auroc"]) == (None, 0.5123)
