"""Protects small numbers in an evaluation that leaves the output folder (MLflow, plots, model card). The folder itself
keeps exact figures.

Counts of people are protected (`data_schemas.small_numbers`). A hidden count becomes 0, and its group counts as too
small. Figures based on 1 to 7 people or events are left out, and all others are rounded so that nobody can work out a
count from them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from data_schemas.small_numbers import protect, rounded
from models.judging.drawn import AtCapacity, CalibrationBin, Curves, LiftPoint
from models.judging.figures import UNKNOWN, GroupResult, Interval, Metrics
from models.judging.record import Evaluation, WhoIsNew, read

COUNTS = frozenset({"n", "people", "events", "rows", "left", "observed"})
"""Fields that count people or events."""
SHARES = {CalibrationBin: frozenset({"observed"}), LiftPoint: frozenset({"people", "events"})}
"""Records in which the fields with these names are shares, not counts."""
AT = ("ppv_at", "sensitivity_at", "lift_at", "number_needed_at")
BOUNDS = ("ppv_at_worst", "ppv_at_best", "sensitivity_at_worst", "sensitivity_at_best")
FIGURES = 4
"""Significant figures of everything except counts."""

COARSE = 2
"""Decimal places of a figure that is based on few people and cannot be left out."""

Judged = TypeVar("Judged")


def shown_at(path: str | Path) -> Evaluation:
    """Read an evaluation in the form that may be shown. Raises the errors of `record.read`."""
    return _shown_at(Path(path), Path(path).read_bytes())


@lru_cache(maxsize=2)  # the champion and its challenger; each takes a fifth of a second
def _shown_at(path: Path, _written: bytes) -> Evaluation:
    return shown(read(path))


def shown(judged: Judged) -> Judged:
    """Return the evaluation, or a part of one, in the form that may be shown."""
    protected: Judged = _shown(judged)
    return protected


def _shown(value: Any) -> Any:
    if isinstance(value, Interval):
        return Interval(*(_rounded(part) for part in (value.value, value.low, value.high)))
    if is_dataclass(value) and not isinstance(value, type):
        return _record(value)
    if isinstance(value, Mapping):
        return {name: _shown(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_shown(each) for each in value)
    return _rounded(value) if isinstance(value, float) else value


def _record(record: Any) -> Any:
    written = {each.name: getattr(record, each.name) for each in fields(record)}
    counts = {
        name: round(value)
        for name, value in written.items()
        if name in COUNTS - SHARES.get(type(record), frozenset()) and _is_number(value)
    }
    happened = round(record.observed * record.n) if isinstance(record, CalibrationBin) else 0
    few = any(protect(count) is None for count in (*counts.values(), happened))
    blank = {each.name: "Number" in str(each.type) for each in fields(record)}
    shown = {
        name: _left_out(value, blank=blank[name]) if few else _shown(value)
        for name, value in written.items()
        if name not in counts
    }
    if isinstance(record, Metrics) and not few:
        shown |= _at_the_top(record)
    if isinstance(record, Evaluation):
        shown["curves"] = _shown(_without_a_few(record.curves, record.metrics.test.events))
    if isinstance(record, AtCapacity) and not few:
        shown |= _on_the_list(record)
    if isinstance(record, WhoIsNew):
        shown["ages"] = {band: rounded(count) for band, count in record.ages.items() if protect(count)}
    if isinstance(record, GroupResult) and few:
        return GroupResult(group=record.group, value=record.value, too_small=True)
    return replace(record, **shown, **{name: rounded(count) for name, count in counts.items()})


def _without_a_few(curves: Curves, events: int) -> Curves:
    """Remove points of the curves that represent 1 to 7 people with the outcome."""

    def enough(share: float) -> bool:
        return protect(round(share * events)) is not None

    return replace(
        curves,
        roc={name: [each for each in line if enough(each.tpr)] for name, line in curves.roc.items()},
        lift={name: [each for each in line if enough(each.events)] for name, line in curves.lift.items()},
        precision_recall={
            name: [each for each in line if enough(each.recall)] for name, line in curves.precision_recall.items()
        },
    )


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)


def _left_out(value: Any, *, blank: bool) -> Any:
    """Remove a figure based on few people, or round it heavily if a number is needed. Values that are not figures
    stay."""
    if isinstance(value, Interval):
        return UNKNOWN
    if isinstance(value, Mapping):
        return {name: _left_out(each, blank=blank) for name, each in value.items()}
    if isinstance(value, float):
        return math.nan if blank else round(value, COARSE)
    return value


def _at_the_top(metrics: Metrics) -> dict[str, Any]:
    """Keep figures by share of people at highest risk, except for shares in which 1 to 7 people had the outcome."""
    hits = {
        share: round(ppv.value * math.ceil(float(share) * metrics.n))
        for share, ppv in metrics.ppv_at.items()
        if not math.isnan(ppv.value)
    }
    few = {share for share, count in hits.items() if protect(count) is None}
    at = {name: {s: UNKNOWN if s in few else _shown(v) for s, v in getattr(metrics, name).items()} for name in AT}
    bounds = {
        name: {s: math.nan if s in few else _rounded(v) for s, v in getattr(metrics, name).items()} for name in BOUNDS
    }
    died = {share: _unless_few(value, math.ceil(float(share) * metrics.n)) for share, value in metrics.died_at.items()}
    return at | bounds | {"died_at": died}


def _on_the_list(row: AtCapacity) -> dict[str, Any]:
    """Keep deaths and the rivals' net benefit, unless 1 to 7 people died or a rival's list would have found 1 to 7
    people."""
    odds = row.threshold / max(1 - row.threshold, 1e-9)
    all_events = row.events / row.sensitivity.value if row.sensitivity.known and row.sensitivity.value else 0.0
    few = {
        name
        for name, value in row.rivals.items()
        if value.known and protect(round((value.value * all_events + odds * row.n) / (1 + odds))) is None
    }
    kept = {
        name: {rival: UNKNOWN if rival in few else _shown(value) for rival, value in getattr(row, name).items()}
        for name in ("rivals", "better_by")
    }
    return kept | {"died": _unless_few(row.died, row.n)}


def _unless_few(share: Interval, of: float) -> Any:
    """Keep a share of people, unless it represents 1 to 7 of them."""
    return UNKNOWN if share.known and protect(round(share.value * of)) is None else _shown(share)


def _rounded(value: float) -> float:
    return float(f"{value:.{FIGURES}g}") if math.isfinite(value) else value
