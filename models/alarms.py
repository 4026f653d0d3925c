"""Alarms: what must be looked at before a model is promoted or its lists are released; they never stop a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from data_schemas.receipts import Notice

NAMES = ("leakage", "calibration", "drift", "empty_join", "subgroup")
IMPLAUSIBLE_AUROC = 0.95
SINGLE_FEATURE_AUROC = 0.90
SINGLE_FEATURE_GAP = 0.02
SLOPE = (0.8, 1.25)
RATIO = (0.8, 1.25)


def outside(figures: Mapping[str, Any], name: str, limits: tuple[float, float]) -> bool:
    """Whether the whole 95% interval of a figure lies outside its limits."""
    low, high = figures.get(f"{name}_low"), figures.get(f"{name}_high")
    return low is not None and high is not None and (low > limits[1] or high < limits[0])


def calibration(test: Mapping[str, Any]) -> list[Notice]:
    """Slope or observed/expected outside 0.8 to 1.25, interval and all."""
    found = []
    for name, words, limits in (
        ("calibration_slope", "calibration slope", SLOPE),
        ("observed_expected", "observed/expected", RATIO),
    ):
        if outside(test, name, limits):
            text = f"{words} on the test dates is {_interval(test, name)}, outside {limits[0]} to {limits[1]}"
            found.append(Notice("calibration", f"{text}: {_meaning(name, test[name])}."))
    return found


def _meaning(name: str, value: float) -> str:
    if name == "observed_expected":
        return (
            "fewer people had the outcome than foreseen" if value < 1 else "more people had the outcome than foreseen"
        )
    return "high risks are too high and low risks too low" if value < 1 else "risks are not spread widely enough"


def _interval(figures: Mapping[str, Any], name: str) -> str:
    return f"{figures[name]:.2f} [{figures[f'{name}_low']:.2f}, {figures[f'{name}_high']:.2f}]"


def leakage(test: Mapping[str, Any], single: Mapping[str, float], overlapping: Sequence[str]) -> list[Notice]:
    """A test AUROC too good to be true, one feature that does it alone, or windows that overlap.

    `single` is the AUROC of each feature taken alone (direction disregarded).
    """
    found = []
    auroc = test.get("auroc") or 0.0
    if auroc > IMPLAUSIBLE_AUROC:
        found.append(
            Notice(
                "leakage",
                f"test AUROC {auroc:.3f} is above {IMPLAUSIBLE_AUROC}: something of the outcome is among the features.",
            )
        )
    for name, alone in sorted(single.items()):
        if alone > SINGLE_FEATURE_AUROC and alone > auroc - SINGLE_FEATURE_GAP:
            text = f"the feature {name!r} alone reaches AUROC {alone:.3f}, the whole model {auroc:.3f}: look where its values come from."
            found.append(Notice("leakage", text))
    found += [Notice("leakage", f"outcome windows overlap: {pair}.") for pair in overlapping]
    return found


def unaccepted(alarms: Sequence[Notice], accepted: Sequence[str]) -> list[Notice]:
    """Alarms whose name nobody has accepted."""
    return [alarm for alarm in alarms if alarm.name not in accepted]
