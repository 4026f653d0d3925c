"""What each picture of an evaluation shows, on a matplotlib figure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from models.documents.words import in_group

BLUE, GREY = "#005eb8", "0.5"
COLOURS = {"model": BLUE, "age_sex": "#8a6d00", "prior_admissions": "#7c2855", "everybody": "#4c6272"}
AGED = {"old_score": "#7c2855", "refreshed": "#8a6d00", "retrained": BLUE}
Evaluation = Mapping[str, Any]


def named(name: str) -> str:
    """A name for a legend."""
    return name.replace("_", " ")


def selection(figure: Any, evaluation: Evaluation) -> None:
    """AUROC of every candidate in cross-validation, with its interval."""
    figure.subplots_adjust(left=0.28)
    axes, trials = figure.add_subplot(), evaluation["selection"]
    for place, trial in enumerate(trials):
        error = [[trial["auroc"] - trial["auroc_low"]], [trial["auroc_high"] - trial["auroc"]]]
        axes.errorbar(trial["auroc"], place, xerr=error, fmt="o", color=BLUE if trial["chosen"] else GREY, capsize=3)
    axes.set_yticks(range(len(trials)), [named(t["candidate"]) + (" (chosen)" if t["chosen"] else "") for t in trials])
    axes.set(xlabel="AUROC in cross-validation on the training dates (95% interval)", title="Candidates")


def calibration(figure: Any, evaluation: Evaluation) -> None:
    """Observed against expected in tenths of risk, and below how many people are at each risk."""
    rows, bars = evaluation["curves"]["calibration"], evaluation["curves"]["histogram"]
    figure.subplots_adjust(hspace=0.08)
    axes, below = figure.subplots(2, 1, sharex=True, height_ratios=[4, 1])
    expected, observed = [r["expected"] for r in rows], [r["observed"] for r in rows]
    error = [[max(r["observed"] - r["low"], 0) for r in rows], [max(r["high"] - r["observed"], 0) for r in rows]]
    top = max(*expected, *(r["high"] for r in rows)) * 1.03
    axes.plot([0, top], [0, top], color="0.6", linestyle="--", label="perfect")
    axes.errorbar(
        expected, observed, yerr=error, fmt="o-", color=BLUE, capsize=3, label="tenths of people, 95% interval"
    )
    axes.set(ylabel="share with the outcome", title="Calibration", ylim=(0, top))
    axes.legend(loc="upper left")
    width = [bar["high"] - bar["low"] for bar in bars]
    below.bar([bar["low"] for bar in bars], [bar["n"] for bar in bars], width, align="edge", color=BLUE, alpha=0.5)
    below.set(
        xlabel="expected risk", ylabel="people", yscale="log", xlim=(0, max(top, bars[-1]["high"] if bars else 0))
    )


def roc(figure: Any, evaluation: Evaluation) -> None:
    """Sensitivity against false positives."""
    axes = curves(figure, evaluation["curves"]["roc"], "fpr", "tpr")
    axes.plot([0, 1], [0, 1], color="0.6", linestyle="--", label="chance")
    axes.set(xlabel="false positive rate", ylabel="sensitivity", title="ROC")
    axes.legend(loc="lower right")


def precision_recall(figure: Any, evaluation: Evaluation) -> None:
    """PPV against sensitivity; the first points, of a handful of people, are left out of the scale."""
    table = evaluation["curves"]["precision_recall"]
    axes = curves(figure, {name: points[2:] for name, points in table.items()}, "recall", "precision")
    prevalence = evaluation["metrics"]["test"]["prevalence"]
    axes.axhline(prevalence, color="0.6", linestyle="--", label="chance")
    axes.set(xlabel="sensitivity", ylabel="PPV", title="Precision and recall", ylim=(0, None))
    axes.legend()


def lift(figure: Any, evaluation: Evaluation) -> None:
    """Share of all events among the people at highest risk."""
    axes = curves(figure, evaluation["curves"]["lift"], "people", "events")
    axes.plot([0, 1], [0, 1], color="0.6", linestyle="--", label="chance")
    axes.set(xlabel="share of people reached", ylabel="share of events among them", title="Lift")
    axes.legend(loc="lower right")


def curves(figure: Any, table: Mapping[str, Any], x: str, y: str) -> Any:
    """One line for the model and each rival."""
    axes = figure.add_subplot()
    for name, points in table.items():
        axes.plot([p[x] for p in points], [p[y] for p in points], color=COLOURS.get(name), label=named(name))
    return axes


def decision(figure: Any, evaluation: Evaluation) -> None:
    """Net benefit by threshold."""
    axes, rows = figure.add_subplot(), evaluation["curves"]["decision"]
    across = [row["threshold"] for row in rows]
    for name in ("model", *evaluation["baselines"], "everybody"):
        axes.plot(across, [row[name] for row in rows], color=COLOURS.get(name), label=named(name))
    axes.fill_between(across, [row["low"] for row in rows], [row["high"] for row in rows], color=BLUE, alpha=0.15)
    axes.axhline(0, color="0.4", linewidth=0.8, label="nobody")
    axes.set_ylim(min(row["low"] for row in rows) - 0.005, max(row["high"] for row in rows) * 1.15)
    axes.set(xlabel="risk at which people are reached", ylabel="net benefit per person", title="Decision curve")
    axes.legend()


def subgroups(figure: Any, evaluation: Evaluation) -> None:
    """Observed over expected of every group, with its interval and its number of people."""
    rows = [row for row in evaluation["subgroups"] if row.get("observed_expected_low") is not None][::-1]
    height = max(3, 0.24 * len(rows) + 1.2)
    figure.set_figheight(height)
    figure.subplots_adjust(left=0.57, top=1 - 0.35 / height, bottom=0.55 / height)
    axes = figure.add_subplot()
    for place, row in enumerate(rows):
        axes.plot([row["observed_expected_low"], row["observed_expected_high"]], [place, place], color=GREY)
        axes.plot(row["observed_expected"], place, "o", color=BLUE, markersize=4)
    axes.axvline(1, color="0.4", linewidth=0.8)
    names = [f"{in_group(row)[:56]} (n={row['n']:,})" for row in rows]
    axes.set_yticks(range(len(rows)), names, fontsize=8)
    axes.set(xlabel="observed / expected (1: as predicted)", title="Groups", ylim=(-0.7, len(rows) - 0.3))


def drift(figure: Any, evaluation: Evaluation) -> None:
    """The features that have changed most since training."""
    figure.subplots_adjust(left=0.4)
    axes, rows = figure.add_subplot(), evaluation["drift"]["features"][:15][::-1]
    axes.barh([named(row["feature"])[:48] for row in rows], [row["psi"] for row in rows], color=BLUE)
    axes.axvline(0.25, color="0.4", linewidth=0.8)
    axes.tick_params(axis="y", labelsize=8)
    title = f"Change from training to {evaluation['drift']['as_of']}"
    axes.set(xlabel="population stability index (0.25: marked change)", title=title, xlim=(0, None))


def months(figure: Any, evaluation: Evaluation) -> None:
    """Observed over expected in each twelfth of the outcome window."""
    axes, rows = figure.add_subplot(), evaluation["months"]
    ratio = [row["observed_expected"] for row in rows]
    error = [[row["observed_expected"] - row["observed_expected_low"] for row in rows],
             [row["observed_expected_high"] - row["observed_expected"] for row in rows]]  # fmt: skip
    axes.errorbar([row["part"] for row in rows], ratio, yerr=error, fmt="o-", color=BLUE, capsize=3)
    axes.axhline(1, color="0.4", linewidth=0.8)
    axes.set(xlabel="part of the outcome window", ylabel="observed / expected", title="Month by month", ylim=(0, None))
    axes.set_xticks([row["part"] for row in rows])


def rolling(figure: Any, evaluation: Evaluation) -> None:
    """Discrimination and calibration at every date, of the model that could be had by then."""
    rows = evaluation["rolling"]
    figure.subplots_adjust(wspace=0.3, bottom=0.27)
    sides = figure.subplots(1, 2)
    for axes, (name, title) in zip(
        sides, (("auroc", "AUROC"), ("observed_expected", "Observed / expected")), strict=True
    ):
        with_interval(axes, [row["test"] for row in rows], rows, name, BLUE, "")
        axes.set(title=title, xlabel="outcomes from")
        axes.tick_params(axis="x", labelrotation=45)
    sides[1].axhline(1, color="0.4", linewidth=0.8)


def staleness(figure: Any, evaluation: Evaluation) -> None:
    """AUROC of old scores, of the old model on what is known now, and of the newest model, by the age of the score."""
    rows, axes = [row for row in evaluation["staleness"] if "old_score" in row], figure.add_subplot()
    for who, colour in AGED.items():
        with_interval(
            axes, [row["days"] / 365.25 for row in rows], [row[who] for row in rows], "auroc", colour, named(who)
        )
    axes.set_xticks([row["days"] / 365.25 for row in rows], [f"{row['days']} days" for row in rows])
    axes.set(xlabel="age of the score", ylabel="AUROC (95% interval)", title="How scores age")
    axes.legend()


def with_interval(
    axes: Any, across: Sequence[Any], rows: Sequence[Evaluation], name: str, colour: str, label: str
) -> None:
    """A line of points with their intervals."""
    error = [[row[name] - row[f"{name}_low"] for row in rows], [row[f"{name}_high"] - row[name] for row in rows]]
    axes.errorbar(across, [row[name] for row in rows], yerr=error, fmt="o-", color=colour, capsize=3, label=label)


def importance(figure: Any, evaluation: Evaluation) -> None:
    """What moves risks most, over all people."""
    figure.subplots_adjust(left=0.5)
    axes, rows = figure.add_subplot(), evaluation["importance"][:15][::-1]
    axes.barh([row["features"][0]["means"][:56] for row in rows], [row["importance"] for row in rows], color=BLUE)
    axes.tick_params(axis="y", labelsize=8)
    axes.set(xlabel="mean size of its part in a person's log-odds", title="What counts most")


def dependence(figure: Any, evaluation: Evaluation) -> None:
    """Mean risk by the value of the strongest features, and where people are."""
    tables = evaluation["dependence"]
    height = 2.4 * ((len(tables) + 1) // 2) + 0.4
    figure.set_figheight(height)
    figure.subplots_adjust(top=1 - 0.3 / height, bottom=0.35 / height, hspace=0.35, wspace=0.3)
    for axes, table in zip(figure.subplots((len(tables) + 1) // 2, 2, squeeze=False).ravel(), tables, strict=False):
        across = [row["value"] for row in table["values"]]
        axes.plot(across, [row["risk"] for row in table["values"]], "o-", color=BLUE, markersize=3)
        axes.set_ylim(0, 1.15 * max(row["risk"] for row in table["values"]))
        axes.set_title(table["means"][:50], fontsize=8)
        axes.set_ylabel("mean risk", fontsize=8)
        density = axes.twinx()
        density.vlines(across, 0, [row["share"] for row in table["values"]], color="0.7", linewidth=4, alpha=0.6)
        density.set_ylim(0, 1)
        density.set_yticks([])
