"""TRIPOD+AI and PROBAST, filled as far as a run can know; judgements of bias stay with people."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data_schemas.receipts import TrainedModel
from models import storage
from models.words import article, number, percent, words

TO_FILL = "to be filled by people"
Known = Mapping[str, Any]
"""`described` (model.json) and `evaluation` of one model."""


@dataclass(frozen=True)
class Item:
    """One item of a checklist; `answer` is worked out by the run, or nothing, and then people answer `asks`."""

    number: str
    asks: str
    answer: Callable[[Known], str] | None = None


def _plan(known: Known) -> Mapping[str, Any]:
    found: Mapping[str, Any] = known["described"]["plan"]
    return found


def _dates(known: Known, which: str) -> str:
    rows = known["described"]["train"] if which == "train" else known["evaluation"]["test"]
    return ", ".join(row["as_of"] for row in rows)


def _test(known: Known) -> Mapping[str, Any]:
    found: Mapping[str, Any] = known["evaluation"]["metrics"]["test"]
    return found


def _performance(known: Known) -> str:
    test = _test(known)
    return (
        f"AUROC {number(test, 'auroc', 3)}, calibration slope {number(test, 'calibration_slope')}, observed/expected"
        f" {number(test, 'observed_expected')}, Brier {number(test, 'brier', 4)}; PPV at the top 5% {percent(test['ppv_at']['0.05'])}."
    )


def _groups(known: Known) -> str:
    rows = known["evaluation"]["subgroups"]
    names = sorted({row["group"].replace("_", " ") for row in rows})
    small = sum(bool(row.get("too_small")) for row in rows)
    return f"By {', '.join(names)}: {len(rows) - small} groups with figures and intervals, {small} too small to say."


def _missing(known: Known) -> str:
    features = known["described"]["features"]
    unknown = sum(feature["missing"] is None for feature in features)
    return (
        f"Of {len(features)} predictors, {unknown} may be unknown: trees send missing values their own way, linear models have a column"
        " that says so and the mean in its place; the others say nothing recorded as a number. Rows are never dropped for missing values."
    )


def _rivals(known: Known) -> str:
    found = known["evaluation"]["baselines"]
    return (
        "; ".join(f"{name.replace('_', ' ')}: AUROC {number(figures, 'auroc', 3)}" for name, figures in found.items())
        + "."
    )


def _selection(known: Known) -> str:
    trials = known["evaluation"]["selection"]
    chosen = next(trial for trial in trials if trial["chosen"])
    return (
        f"{len(trials)} candidates by cross-validation on the training dates, each person's rows in one fold, by calibrated log loss"
        f" (slower kinds only where clearly better): {chosen['candidate'].replace('_', ' ')} ({chosen['log_loss']:.4f})."
        f" Calibrated by {known['described']['calibration']}."
    )


TRIPOD = (
    Item("1", "Is the study named as developing or judging a prediction model, with its population and outcome?",
         lambda k: f"Development and temporal validation of a model of {words(_plan(k)['outcome'])} within {_plan(k)['horizon_days']} days"
                   f" in {_plan(k)['site']}."),
    Item("3a", "What is the health context, and why this model?"),
    Item("3b", "For whom and for what is it meant, and who will use it?"),
    Item("3c", "What inequalities are known in this population?"),
    Item("5a", "Where do the data come from, and when were they collected?",
         lambda k: f"Extracts of {_plan(k)['site']}; trained at {_dates(k, 'train')}, judged at {_dates(k, 'test')}, each followed for"
                   f" {_plan(k)['horizon_days']} days."),
    Item("5b", "How well do the data stand for the people it will be used for?"),
    Item("6a", "Who is included?",
         lambda _: "Everyone alive and registered at the as-of date, of the configured minimum age; opted-out people are removed"
                   " before anything else."),
    Item("6c", "What treatments did people get, and how was that handled?"),
    Item("7", "How were data prepared and checked?",
         lambda _: "One declaration for each table; bad rows quarantined and counted; features know nothing dated or recorded on or after"
                   " the as-of date. Counts are in report.json."),
    Item("8a", "What is the outcome, and how was it assessed?",
         lambda k: f"Whether {article(_plan(k)['outcome'])} falls in the window [as-of date, as-of date + {_plan(k)['horizon_days']} days),"
                   " from hospital records, by rule and without sight of the predictors."),
    Item("9a", "Which predictors, and why these?",
         lambda k: f"{len(k['described']['features'])} declared features; their meanings and windows are in docs/feature-dictionary.md."),
    Item("10", "How was the sample size arrived at?",
         lambda k: f"All that the extracts hold at these dates, or as much as fits into memory: {k['described']['events']:,} events in"
                   f" {k['described']['rows']:,} person-dates of {k['described']['people']:,} people, standing for"
                   f" {k['described'].get('stands_for', k['described']['rows']):,} person-dates; training is refused under"
                   f" {_plan(k)['minimum_events']} events."),
    Item("11", "How were missing values handled?", _missing),
    Item("12a", "How were data used for training and testing?",
         lambda k: "By time: outcome windows of training and of testing share no day."
                   f" {percent(_test(k).get('share_also_trained_on'))} of test people were also trained on; others are reported apart."),
    Item("12b", "How were predictors handled?",
         lambda _: "As they are in trees, held to a direction where medicine demands one; logarithms of counts and a spline of age in"
                   " linear models."),
    Item("12c", "What kind of model, how built, how chosen?", _selection),
    Item("12e", "How was performance measured?",
         lambda _: "Discrimination, calibration (slope, intercept, ICI), overall (Brier), usefulness (net benefit) and top-of-list figures,"
                   " with 95% intervals from resampling people."),
    Item("12f", "Was the model updated after validation?",
         lambda _: "No: the model judged is the model that scores, unless a run was asked to recalibrate in the large; then its"
                   " report and model card say by how much."),
    Item("13", "How was class imbalance handled?",
         lambda _: "Without resampling; where rows are sampled for size, weights keep every rate right. Calibrated out of fold."),
    Item("14", "How was fairness looked at?", _groups),
    Item("15", "What does the model give?", lambda _: "The chance of the outcome, 0 to 1; lists are cut at each cluster's capacity."),
    Item("17", "Was there ethical approval?"),
    Item("18a", "Who funded the work?"),
    Item("18e", "Where are data and code?",
         lambda k: f"Code {k['described']['code']}; the data are not shared, their fingerprints are in MLflow."),
    Item("19", "How were patients and the public involved?"),
    Item("20a", "How many people took part, and how many had the outcome?",
         lambda k: f"Training {k['described']['rows']:,} ({k['described']['events']:,} with the outcome), test {_test(k)['n']:,}"
                   f" ({_test(k)['events']:,})."),
    Item("20b", "What are the people like, and do training and test differ?",
         lambda k: f"{k['evaluation']['drift']['marked']} of {len(k['evaluation']['drift']['features'])} features have changed markedly;"
                   f" stability index of the risks {k['evaluation']['drift']['risk']:.3f}."),
    Item("22", "Is the whole model available?",
         lambda k: f"Yes: version {k['described']['model_version']} in skops form, in the registry and the store."),
    Item("23a", "How well does it do?", _performance),
    Item("23b", "How different is it across groups and places?", _groups),
    Item("25", "What do the results mean, set against earlier models?", lambda k: f"Simple rivals on the same people: {_rivals(k)}"),
    Item("26", "What are the limits?"),
    Item("27a", "How should poor or missing input be handled in use?",
         lambda _: "Missing values are allowed; tables that stop arriving raise the empty_join alarm, changes in people the drift alarm."),
    Item("27b", "What must users know and be able to do?"),
    Item("27c", "What comes next, above all for use elsewhere?"),
)  # fmt: skip

PROBAST = (
    Item("1.1", "Were appropriate data sources used?"),
    Item("1.2", "Were inclusions and exclusions appropriate?"),
    Item("2.1", "Were predictors defined alike for everyone?",
         lambda _: "Evidence: one declaration for each feature, computed by one engine for all."),
    Item("2.2", "Were predictors assessed without knowing the outcome?",
         lambda _: "Evidence: only events dated and recorded before the as-of date reach a feature; a test proves it."),
    Item("2.3", "Are all predictors available when the model is used?",
         lambda _: "Evidence: scoring uses the same snapshot code as training."),
    Item("3.1", "Was the outcome determined appropriately?"),
    Item("3.4", "Was the outcome defined alike for everyone?", lambda _: "Evidence: one rule on hospital records (docs)."),
    Item("3.6", "Was the time between predictors and outcome right?"),
    Item("4.1", "Were there enough people with the outcome?",
         lambda k: f"Evidence: {k['described']['events']:,} events for {len(k['described']['features'])} features"
                   f" ({k['described']['events'] / max(len(k['described']['features']), 1):.1f} a feature)."),
    Item("4.2", "Were continuous predictors handled appropriately?", lambda _: "Evidence: never cut into classes."),
    Item("4.3", "Were all people included in the analysis?",
         lambda k: f"Evidence: leavers: {_plan(k)['leavers']}; figures both ways are in the evaluation."),
    Item("4.4", "Were missing values handled appropriately?", lambda k: f"Evidence: {_missing(k)}"),
    Item("4.6", "Was censoring accounted for?",
         lambda _: "Evidence: deaths are known non-events; leavers are left out or weighted for, and both are reported."),
    Item("4.7", "Were performance measures appropriate?", lambda k: f"Evidence: {_performance(k)}"),
    Item("4.8", "Were overfitting and optimism accounted for?", lambda k: f"Evidence: {_selection(k)} Judged on later dates."),
    Item("overall", "What is the risk of bias, and what concerns are there about applicability?"),
)  # fmt: skip


def checklists(model: TrainedModel) -> str:
    """Markdown of both checklists."""
    known = {
        "described": storage.describe(model.path),
        "evaluation": json.loads(Path(model.evaluation_path).read_bytes()),
    }
    intro = (
        "Filled by the run where a run can know. PROBAST asks for judgements: the run gives evidence, the answer (yes, probably yes,"
        " probably no, no) and the risk of bias are for people.\n"
    )
    parts = [f"# Checklists of model {model.model_version}\n", intro]
    for title, items in (("TRIPOD+AI (Collins 2024)", TRIPOD), ("PROBAST (Wolff 2019)", PROBAST)):
        parts += [
            f"## {title}\n",
            "| item | question | answer |",
            "| --- | --- | --- |",
            *[_row(item, known) for item in items],
            "",
        ]
    return "\n".join(parts)


def _row(item: Item, known: Known) -> str:
    answer = item.answer(known) if item.answer else f"*{TO_FILL}*"
    return f"| {item.number} | {item.asks} | {answer} |"
