"""Raises alarms: what people must check before they promote a model or release its lists. Alarms never stop a run."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from data_schemas.receipts import Feature, Notice, Snapshot
from data_schemas.small_numbers import protect, shown
from models import metrics
from models.judging import missing_tables
from models.judging.figures import GroupResult, Interval, Metrics
from models.judging.record import Influence, ModelMetrics
from models.learning.splits import windows_overlap

IMPLAUSIBLE_AUROC = 0.95
SINGLE_FEATURE_AUROC = 0.90
SINGLE_FEATURE_GAP = 0.02
TOTAL_LIMITS = (0.8, 1.25)
"""Limits of observed/expected. Beyond them, totals are wrong by a quarter."""
SLOPE_LIMITS = (5 / 6, 6 / 5)
"""Limits of the calibration slope. Beyond them, log-odds are a fifth too far apart or too close together."""
SUBGROUP_LIMITS = (2 / 3, 1.5)
"""Limits of observed/expected in a group, relative to everybody's."""
SUBGROUP_EVENTS = 30
"""With fewer events, predicted or observed, the intervals of a group are too rough to use."""
LEVEL = 0.05
"""The chance that any group raises the alarm by chance alone, however many are checked."""
MANY_LEAVERS = 0.05
"""Share of people left out because they left."""
LEAVERS_MATTER = 1.05
"""Observed/expected without leavers over that with weights for people who stayed, or the inverse: above this, it
matters."""
RISK_DRIFT = 0.25
Z_95 = 1.959964
SMALLEST = 1e-9
SCREENED = 20_000
"""Number of rows on which single features are tested."""


def clearly_off(figure: Interval, limits: tuple[float, float]) -> bool:
    """Whether a figure that should be 1 is outside its limits, and its 95% interval excludes 1.

    If the whole interval had to be outside, an error twice as large as matters would need hundreds of events to raise
    the alarm. docs/reference/alarms.md says how often this rule raises it, and how often by mistake.
    """
    return figure.leaves_out(1) and not limits[0] <= figure.value <= limits[1]


def calibration(test: Metrics) -> list[Notice]:
    """Raise an alarm if the calibration slope or observed/expected is clearly wrong."""
    slope, total = test.calibration_slope, test.observed_expected
    judged = (
        ("calibration slope", slope, SLOPE_LIMITS, _spread(slope)),
        ("observed/expected", total, TOTAL_LIMITS, _total(total)),
    )
    return [
        Notice("calibration", f"{name} on the test dates is {_interval(figure)}, not {low:.2f} to {high:.2f}: {means}.")
        for name, figure, (low, high), means in judged
        if clearly_off(figure, (low, high))
    ]


def _spread(slope: Interval) -> str:
    return "high risks are too high and low risks too low" if slope.value < 1 else "risks are not spread widely enough"


def _total(ratio: Interval) -> str:
    return f"{'fewer' if ratio.value < 1 else 'more'} people had the outcome than predicted"


def _interval(figure: Interval) -> str:
    return f"{figure.value:.2f} [{figure.low:.2f}, {figure.high:.2f}]"


def feedback(touched: Influence | None) -> list[Notice]:
    """Raise an alarm if people seen and people never listed differ: the ratio of their observed/expected is outside 0.8
    to 1.25, and its interval excludes 1.

    An interval that includes 1 shows few people, not an influence.
    """
    return [] if touched is None else feedback_of(touched.ratio)


def feedback_of(ratio: Interval) -> list[Notice]:
    """The alarm for a ratio of the two, if there is one."""
    if not ratio.bounded:
        return []
    if (ratio.low >= TOTAL_LIMITS[0] and ratio.high <= TOTAL_LIMITS[1]) or not ratio.leaves_out(1):
        return []
    text = (
        f"observed/expected of people seen is {_interval(ratio)} times that of people never listed: the lists change what the model"
        " predicts. See [learning] influenced before it is trained again."
    )
    return [Notice("feedback", text)]


def leavers(measured: ModelMetrics) -> list[Notice]:
    """Raise an alarm if more than a twentieth left before their outcome was known, and leaving them out changes the
    total by as much.

    People who have the outcome before leaving stay in, so leaving others out makes the outcome look more frequent than
    it is.
    """
    left = measured.leavers
    excluded, weighted = measured.leavers_excluded.observed_expected, measured.leavers_weighted.observed_expected
    if left is None or left.share <= MANY_LEAVERS or not (excluded.known and weighted.known):
        return []
    if 1 / LEAVERS_MATTER <= excluded.value / weighted.value <= LEAVERS_MATTER:
        return []
    gone = shown(protect(left.left))
    text = (
        f"{gone} people ({100 * left.share:.1f}%) left before their outcome was known; observed/expected is {_interval(excluded)}"
        f' with them left out, {_interval(weighted)} with those who stayed weighted for them: use leavers = "weight" in [run].'
    )
    return [Notice("calibration", text)]


def leakage(test: Metrics, single: Mapping[str, float]) -> list[Notice]:
    """Raise an alarm if the test AUROC is too good to be true, or one feature reaches it alone. `single` is the AUROC
    of each feature by itself."""
    found = []
    auroc = test.auroc.value if test.auroc.known else 0.0
    if auroc > IMPLAUSIBLE_AUROC:
        text = f"test AUROC {auroc:.3f} is above {IMPLAUSIBLE_AUROC}: something of the outcome is among the features."
        found.append(Notice("leakage", text))
    for name, alone in sorted(single.items(), key=lambda item: (-item[1], item[0])):
        if alone > SINGLE_FEATURE_AUROC and alone > auroc - SINGLE_FEATURE_GAP:
            text = f"the feature {name!r} alone reaches AUROC {alone:.3f}, the whole model {auroc:.3f}: find out where it comes from."
            found.append(Notice("leakage", text))
    return found


def overlap(train: Sequence[Snapshot], test: Sequence[Snapshot], horizon_days: int) -> list[Notice]:
    """Raise an alarm if outcome windows of training and test share days."""
    pairs = [(a.as_of, b.as_of) for a in train for b in test if windows_overlap(a.as_of, b.as_of, horizon_days)]
    return [
        Notice("leakage", f"the outcome windows of the training date {a} and the test date {b} overlap.")
        for a, b in pairs
    ]


def single_features(values: NDArray[np.float32], y: NDArray[np.int8], features: Sequence[Feature]) -> dict[str, float]:
    """AUROC of each feature by itself, in the better direction. A missing value counts as the lowest or as the
    highest."""
    return {feature.name: _alone(values[:, i].astype(np.float64), y) for i, feature in enumerate(features)}


def screened_rows(y: NDArray[np.int8], seed: int) -> NDArray[np.intp]:
    """All rows or, in a large site, a sample: half with the event (if there are enough) and half without."""
    if len(y) <= SCREENED:
        return np.arange(len(y))
    rng = np.random.default_rng(seed)
    halves = [rng.permutation(np.flatnonzero(y == outcome))[: SCREENED // 2] for outcome in (0, 1)]
    return np.sort(np.concatenate(halves))


def _alone(column: NDArray[np.float64], y: NDArray[np.int8]) -> float:
    missing = np.isnan(column)
    if missing.all():
        return 0.5
    found = []
    for stand_in in (np.nanmin(column) - 1, np.nanmax(column) + 1) if missing.any() else (0.0,):
        area = metrics.auroc(y, np.where(missing, stand_in, column))
        found += [area, 1 - area]
    return max(found)


def drift(test: Metrics, risk_index: float) -> list[Notice]:
    """Raise an alarm if features predict the outcome differently from training, or the mix of risks has changed
    markedly."""
    found = []
    if clearly_off(test.observed_expected, TOTAL_LIMITS):
        text = f"the outcome happened {_interval(test.observed_expected)} times as often on the test dates as the training dates predicted"
        found.append(Notice("drift", f"{text}: recording, coding or the world has changed in between."))
    if risk_index >= RISK_DRIFT:
        text = f"risks on the test dates are spread differently from those in training (population stability index {risk_index:.2f})."
        found.append(Notice("drift", text))
    return found


def empty_join(snapshots: Sequence[Snapshot], tables: Collection[str]) -> list[Notice]:
    """Raise an alarm if a configured table has no events for anybody, far fewer at one as-of date than at another, or
    shifted dates.

    `tables` are names, or a mapping of names to receipts. Tables that are not in it never raise an alarm (see
    `models.judging.missing_tables`).
    """
    return missing_tables.missing(snapshots, tables)


def subgroup(test: Metrics, rows: Sequence[GroupResult]) -> list[Notice]:
    """Raise an alarm for groups whose observed/expected is outside the limits around everybody's, by more than chance.

    Groups are compared with everybody, so that a model that predicts too much for all raises one alarm and not one per
    group. The level is shared by the groups checked (Bonferroni), so that twenty groups do not raise false alarms more
    often than one.
    """
    overall = test.observed_expected.value if test.observed_expected.known else 1.0
    judged = [row for row in rows if row.observed_expected.bounded and _expected_or_seen(row) >= SUBGROUP_EVENTS]
    return [
        Notice(
            "subgroup",
            f"{_group(row)}: observed/expected {_interval(row.observed_expected)}, everybody {overall:.2f} (of {len(judged)} groups).",
        )
        for row in judged
        if not SUBGROUP_LIMITS[0] <= row.observed_expected.value / overall <= SUBGROUP_LIMITS[1]
        and chance(row.observed_expected, overall) < LEVEL / len(judged)
    ]


def chance(ratio: Interval, of: float) -> float:
    """P value (two-sided) of a ratio this far from another, from the width of its 95% interval on the logarithmic
    scale."""
    error = math.log(ratio.high / max(ratio.low, SMALLEST)) / (2 * Z_95)
    return math.erfc(abs(math.log(max(ratio.value, SMALLEST) / of)) / max(error, SMALLEST) / math.sqrt(2))


def _expected_or_seen(row: GroupResult) -> float:
    """Predicted or observed events of a group, whichever number is higher."""
    return max(row.events, row.events / row.observed_expected.value)


def _group(row: GroupResult) -> str:
    return f"{row.group.replace('_', ' ')} {row.value}"


def unaccepted(alarms: Sequence[Notice], accepted: Sequence[str]) -> list[Notice]:
    """Alarms whose name nobody has accepted."""
    return [alarm for alarm in alarms if alarm.name not in accepted]
