"""Draws the plots of an evaluation with matplotlib."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from models.documents.words import in_group
from models.judging.figures import Interval
from models.judging.record import Evaluation

BLUE, GREY = "#005eb8", "0.5"
COLOURS = {
    "model": BLUE, "age_sex": "#8a6d00", "prior_admissions": "#7c2855", "everybody": "#4c6272",
    "parr30": "#00703c", "parr30_published": "#5bb98c", "frailty_index": "#b58840", "charlson_age": "#912b88",
}  # fmt: skip
AGED = {"old_score": "#7c2855", "refreshed": "#8a6d00", "retrained": BLUE}


def named(name: str) -> str:
    """Name of a model or rival for a legend."""
    return name.replace("_", " ")


def selection(figure: Any, evaluation: Evaluation) -> None:
    """Draw the AUROC of every candidate in cross-validation, with its interval."""
    figure.subplots_adjust(left=0.28)
    axes, trials = figure.add_subplot(), evaluation.selection
    for place, trial in enumerate(trials):
        error = [[trial.auroc - trial.auroc_low], [trial.auroc_high - trial.auroc]]
        axes.errorbar(trial.auroc, place, xerr=error, fmt="o", color=BLUE if trial.chosen else GREY, capsize=3)
    axes.set_yticks(range(len(trials)), [named(t.candidate) + (" (chosen)" if t.chosen else "") for t in trials])
    axes.set(xlabel="AUROC in cross-validation on the training dates (95% interval)", title="Candidates")


def calibration(figure: Any, evaluation: Evaluation) -> None:
    """Draw observed against expected risk in tenths of people and, below it, how many people are at each risk."""
    rows, bars = evaluation.curves.calibration, evaluation.curves.histogram
    figure.subplots_adjust(hspace=0.08)
    axes, below = figure.subplots(2, 1, sharex=True, height_ratios=[4, 1])
    expected, observed = [r.expected for r in rows], [r.observed for r in rows]
    error = [[max(r.observed - r.low, 0) for r in rows], [max(r.high - r.observed, 0) for r in rows]]
    top = max(*expected, *(r.high for r in rows)) * 1.03
    axes.plot([0, top], [0, top], color="0.6", linestyle="--", label="perfect")
    axes.errorbar(
        expected, observed, yerr=error, fmt="o-", color=BLUE, capsize=3, label="tenths of people, 95% interval"
    )
    axes.set(ylabel="share with the outcome", title="Calibration", ylim=(0, top))
    axes.legend(loc="upper left")
    width = [bar.high - bar.low for bar in bars]
    below.bar([bar.low for bar in bars], [bar.n for bar in bars], width, align="edge", color=BLUE, alpha=0.5)
    below.set(xlabel="expected risk", ylabel="people", yscale="log", xlim=(0, max(top, bars[-1].high if bars else 0)))
    below.yaxis.set_major_formatter("{x:,.0f}")


def roc(figure: Any, evaluation: Evaluation) -> None:
    """Draw the ROC curve: sensitivity against the false positive rate."""
    axes = curves(figure, {name: [(p.fpr, p.tpr) for p in points] for name, points in evaluation.curves.roc.items()})
    axes.plot([0, 1], [0, 1], color="0.6", linestyle="--", label="chance")
    axes.set(xlabel="false positive rate", ylabel="sensitivity", title="ROC")
    axes.legend(loc="lower right")


def precision_recall(figure: Any, evaluation: Evaluation) -> None:
    """Draw PPV against sensitivity. The first points, based on a handful of people, do not affect the scale."""
    table = evaluation.curves.precision_recall
    axes = curves(figure, {name: [(p.recall, p.precision) for p in points[2:]] for name, points in table.items()})
    prevalence = evaluation.metrics.test.prevalence.value
    axes.axhline(prevalence, color="0.6", linestyle="--", label="chance")
    axes.set(xlabel="sensitivity", ylabel="PPV", title="Precision and recall", ylim=(0, None))
    axes.legend()


def lift(figure: Any, evaluation: Evaluation) -> None:
    """Draw the share of all events among the people at highest risk."""
    axes = curves(
        figure, {name: [(p.people, p.events) for p in points] for name, points in evaluation.curves.lift.items()}
    )
    axes.plot([0, 1], [0, 1], color="0.6", linestyle="--", label="chance")
    axes.set(xlabel="share of people reached", ylabel="share of events among them", title="Lift")
    axes.legend(loc="lower right")


def curves(figure: Any, table: Mapping[str, Sequence[tuple[float, float]]]) -> Any:
    """Draw one line for the model and one for each rival."""
    axes = figure.add_subplot()
    for name, points in table.items():
        axes.plot([x for x, _ in points], [y for _, y in points], color=COLOURS.get(name), label=named(name))
    return axes


def decision(figure: Any, evaluation: Evaluation) -> None:
    """Draw the net benefit at each threshold."""
    axes, rows = figure.add_subplot(), evaluation.curves.decision
    across = [row.threshold for row in rows]
    for name in ("model", *evaluation.baselines, "everybody"):
        axes.plot(across, [row.of(name) for row in rows], color=COLOURS.get(name), label=named(name))
    axes.fill_between(across, [row.low for row in rows], [row.high for row in rows], color=BLUE, alpha=0.15)
    axes.axhline(0, color="0.4", linewidth=0.8, label="nobody")
    axes.set_ylim(min(row.low for row in rows) - 0.005, max(row.high for row in rows) * 1.15)
    axes.set(xlabel="risk at which people are reached", ylabel="net benefit per person", title="Decision curve")
    axes.legend()


def subgroups(figure: Any, evaluation: Evaluation) -> None:
    """Draw observed/expected of every group, with its interval and its number of people."""
    rows = [row for row in evaluation.subgroups if row.observed_expected.bounded][::-1]
    height = max(3, 0.24 * len(rows) + 1.2)
    figure.set_figheight(height)
    figure.subplots_adjust(left=0.57, top=1 - 0.35 / height, bottom=0.55 / height)
    axes = figure.add_subplot()
    figures, places = [row.observed_expected for row in rows], range(len(rows))
    axes.hlines(places, [f.low for f in figures], [f.high for f in figures], color=GREY)
    axes.plot([f.value for f in figures], places, "o", color=BLUE, markersize=4)
    axes.axvline(1, color="0.4", linewidth=0.8)
    names = [f"{in_group(row)[:56]} (n={row.n:,})" for row in rows]
    axes.set_yticks(places, names, fontsize=8)
    axes.set(xlabel="observed / expected (1: as predicted)", title="Groups", ylim=(-0.7, len(rows) - 0.3))


def drift(figure: Any, evaluation: Evaluation) -> None:
    """Draw the features that have changed most since training."""
    figure.subplots_adjust(left=0.4)
    axes, rows = figure.add_subplot(), evaluation.drift.features[:15][::-1]
    axes.barh([named(row.feature)[:48] for row in rows], [row.psi for row in rows], color=BLUE)
    axes.axvline(0.25, color="0.4", linewidth=0.8)
    axes.tick_params(axis="y", labelsize=8)
    title = f"Change from training to {evaluation.drift.as_of}"
    axes.set(xlabel="population stability index (0.25: marked change)", title=title, xlim=(0, None))


def months(figure: Any, evaluation: Evaluation) -> None:
    """Draw observed/expected in each twelfth of the outcome window."""
    axes, rows = figure.add_subplot(), evaluation.months
    with_interval(axes, [row.part for row in rows], [row.observed_expected for row in rows], BLUE, "")
    axes.axhline(1, color="0.4", linewidth=0.8)
    axes.set(xlabel="part of the outcome window", ylabel="observed / expected", title="Month by month", ylim=(0, None))
    axes.set_xticks([row.part for row in rows])


def rolling(figure: Any, evaluation: Evaluation) -> None:
    """Draw discrimination and calibration at every date, each for the model that was available by then."""
    rows = evaluation.rolling or []
    figure.subplots_adjust(wspace=0.3, bottom=0.27)
    sides = figure.subplots(1, 2)
    shown = (("AUROC", [row.auroc for row in rows]), ("Observed / expected", [row.observed_expected for row in rows]))
    for axes, (title, figures) in zip(sides, shown, strict=True):
        with_interval(axes, [row.test for row in rows], figures, BLUE, "")
        axes.set(title=title, xlabel="outcomes from")
        axes.tick_params(axis="x", labelrotation=45)
    sides[1].axhline(1, color="0.4", linewidth=0.8)


def staleness(figure: Any, evaluation: Evaluation) -> None:
    """Draw the AUROC by the age of the score: of the old score, the old model on newest data, and the newest model."""
    rows, axes = [row for row in evaluation.staleness or [] if row.by_age()], figure.add_subplot()
    for who, colour in AGED.items():
        figures = [row.by_age()[who].auroc for row in rows]
        with_interval(axes, [row.days / 365.25 for row in rows], figures, colour, named(who))
    axes.set_xticks([row.days / 365.25 for row in rows], [f"{row.days} days" for row in rows])
    axes.set(xlabel="age of the score", ylabel="AUROC (95% interval)", title="How scores age")
    axes.legend()


def with_interval(axes: Any, across: Sequence[Any], figures: Sequence[Interval], colour: str, label: str) -> None:
    """Draw a line of points with their intervals."""
    error = [[f.value - f.low for f in figures], [f.high - f.value for f in figures]]
    axes.errorbar(across, [f.value for f in figures], yerr=error, fmt="o-", color=colour, capsize=3, label=label)


def importance(figure: Any, evaluation: Evaluation) -> None:
    """Draw the features that affect risks most, over all people."""
    figure.subplots_adjust(left=0.5)
    axes, rows = figure.add_subplot(), evaluation.importance[:15][::-1]
    axes.barh([row.features[0].means[:56] for row in rows], [row.importance for row in rows], color=BLUE)
    axes.tick_params(axis="y", labelsize=8)
    axes.set(xlabel="mean size of its part in a person's log-odds", title="What counts most")


def dependence(figure: Any, evaluation: Evaluation) -> None:
    """Draw the mean risk by the value of the strongest features, and how many people have each value."""
    tables = evaluation.dependence
    height = 2.4 * ((len(tables) + 1) // 2) + 0.4
    figure.set_figheight(height)
    figure.subplots_adjust(top=1 - 0.3 / height, bottom=0.35 / height, hspace=0.35, wspace=0.3)
    for axes, table in zip(figure.subplots((len(tables) + 1) // 2, 2, squeeze=False).ravel(), tables, strict=False):
        across = [point.value for point in table.values]
        axes.plot(across, [point.risk for point in table.values], "o-", color=BLUE, markersize=3)
        axes.set_ylim(0, 1.15 * max(point.risk for point in table.values))
        axes.set_title(table.means[:50], fontsize=8)
        axes.set_ylabel("mean risk", fontsize=8)
        upwards = axes.get_xaxis_transform()  # shares from 0 at the bottom of the axes to 1 at their top
        shares = [point.share for point in table.values]
        axes.vlines(across, 0, shares, transform=upwards, color="0.7", linewidth=4, alpha=0.6, zorder=3)
