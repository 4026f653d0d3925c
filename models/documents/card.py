"""Writes the model card, for a GP to read: the training data, how good the model is and for which people, and its
limits."""

from __future__ import annotations

import math

from data_schemas.receipts import TrainedModel
from models import storage
from models.documents.card_against import against, at_capacity, counted, deaths, ruled
from models.documents.card_lists import on_lists
from models.documents.card_when import over_time
from models.documents.card_whom import for_whom
from models.documents.words import article, in_percent, number, percent, recalibrated_in_words, words
from models.judging.figures import Interval, Metrics
from models.judging.record import Evaluation
from models.judging.shown import shown_at
from models.lineage import dates
from models.storage import Description

STRONGEST = 10
SHORT_LIST = "0.05"
"""The share of people at highest risk used in the summary."""
STANDING = {
    "champion": "It is the **champion**. Either it passed the gate (every alarm was accepted, and it was not worse than the champion"
    " before it, if there was one), or somebody promoted it. The registered version says which, who and why",
    "challenger": "It is a **challenger**: it has not passed the gate, or was rolled back. Read the warnings before you use any list"
    " made with it",
}


def model_card(model: TrainedModel) -> str:
    """Write the model card as Markdown."""
    described = storage.describe(model.path)
    evaluation = shown_at(model.evaluation_path)
    parts = [
        _head(model, described), _warnings(described, evaluation), _in_short(described, evaluation), _how_well(evaluation),
        for_whom(evaluation), on_lists(evaluation.influence), _drivers(evaluation), _bed_days(evaluation), over_time(evaluation),
        against(evaluation), at_capacity(evaluation), _trained_on(described, evaluation), _limits(described, evaluation),
    ]  # fmt: skip
    return "\n".join(parts)


def _head(model: TrainedModel, described: Description) -> str:
    plan = described.plan
    return (
        f"# Model card: {words(plan.outcome)} within {plan.horizon_days} days, {plan.site}\n\n"
        f"For each registered person, this model predicts the chance of {article(plan.outcome)} in the {plan.horizon_days} days after"
        " the as-of date. It helps practices and link workers decide who to offer support to first. It is not a diagnosis, it does"
        " not replace clinical judgement, and it must not be used to refuse or delay care.\n\n"
        f"{STANDING.get(model.alias, 'It is not registered under an alias')}.\n\n"
        f"Version `{model.model_version}`, registered as `{model.registered_name}` version {model.registered_version}.\n"
    )


def _warnings(described: Description, evaluation: Evaluation) -> str:
    moved = described.recalibrated
    rows = [f"- **Alarm, {a.name.replace('_', ' ')}**: {a.detail}" for a in evaluation.alarms]
    rows += [f"- **Recalibrated**: {recalibrated_in_words(moved)}"] if moved else []
    rows += [f"- {n.detail}" for n in evaluation.notices]
    return "## Warnings\n\n" + ("\n".join(rows) if rows else "None.") + "\n"


def _in_short(described: Description, evaluation: Evaluation) -> str:
    test, outcome = evaluation.metrics.test, described.plan.outcome
    found, ppv = test.sensitivity_at[SHORT_LIST].value, test.ppv_at[SHORT_LIST].value
    return (
        "## In short\n\n"
        f"- Of every 100 people among the 5% at highest risk, {_hundred(ppv)} had {article(outcome)}. Of every 100 people altogether,"
        f" it was {_hundred(test.prevalence.value)}.\n"
        f"- Those 5% include {percent(found)} of all people with the outcome. **The other {percent(1 - found)} would not have been on a"
        " list that long**: a low risk does not mean that all is well.\n"
        f"- {_total(test.observed_expected, outcome)}\n"
    )


def _hundred(share: float) -> str:
    return "an unknown number" if math.isnan(share) else f"{100 * share:.0f}" if share >= 0.1 else f"{100 * share:.1f}"  # noqa: PLR2004


def _total(total: Interval, outcome: str) -> str:
    if not total.bounded:
        return "Whether the risks are right in total is not known."
    start = f"For every 100 people predicted to have {article(outcome)}, {100 * total.value:.0f} had one"
    if not total.leaves_out(1):
        return f"{start}: in total the risks were about right."
    return f"{start}: in total the risks were too {'high' if total.value < 1 else 'low'}."


def _how_well(evaluation: Evaluation) -> str:
    test = evaluation.metrics.test
    head = (
        "## How well it does\n\n"
        f"Tested on {test.n:,} person-dates (one person at one date: {dates(evaluation.test)}), with outcomes that it was not trained"
        f" on. {test.events:,} of them ({percent(test.prevalence.value)}) had the outcome. We expect the true value to be inside the"
        " range in brackets 95 times in 100.\n\n"
    )
    rows = [_top_row(test, share) for share in test.ppv_at]
    died = " of them, died without it |" if test.died_at else ""
    table = (
        f"| If these are reached | of them, had the outcome |{died} of all outcomes, found | people reached for one outcome |\n"
        f"{ruled(5 if died else 4)}\n"
    )
    tail = (
        f"- Ranking: given one person with the outcome and one without, it gives the one with the outcome the higher risk"
        f" {_hundred(test.auroc.value)} times in 100 (AUROC {number(test.auroc, 3)}; 0.5 is a coin, 1 is perfect).\n"
        f"- Total: the outcome happened {number(test.observed_expected)} times as often as predicted (1 is right; below 1, risks are too"
        " high).\n"
        f"- Spread: calibration slope {number(test.calibration_slope)} (1 is right; below 1, high risks are too high and low ones too"
        " low; above 1, the other way round).\n"
    )
    return head + table + "\n".join(rows) + "\n\n" + tail + deaths(test)


def _top_row(test: Metrics, share: str) -> str:
    needed = test.number_needed_at[share]
    reached = f"{needed.value:.1f}" if needed.known else "not known"
    died = f" {counted(test.died_at[share], float(share) * test.n)} |" if share in test.died_at else ""
    return (
        f"| the {float(share) * 100:g}% at highest risk | {in_percent(test.ppv_at[share])} |{died}"
        f" {percent(test.sensitivity_at[share].value)} | {reached} |"
    )


def _drivers(evaluation: Evaluation) -> str:
    rows = evaluation.importance[:STRONGEST]
    if not rows:
        return ""
    lines = [f"{i}. {row.features[0].means}" for i, row in enumerate(rows, start=1)]
    return (
        "## What counts most\n\nThe strongest facts over all people come first, with one line for all facts of one kind. The list says"
        " what counts for one person. These facts are what the model uses, not causes.\n\n" + "\n".join(lines) + "\n"
    )


def _bed_days(evaluation: Evaluation) -> str:
    found = evaluation.metrics.bed_days
    return (
        "## Bed days\n\n"
        "A second number next to the risk: the unplanned days in hospital to expect in the window, from what people at the same risk had."
        f" On the test dates a person had {found.days:.2f} days on average, {number(found.observed_expected)} times as many as"
        " predicted for people that the curve had not seen. The 5% at highest risk had"
        f" {percent(found.share_of_days_at[SHORT_LIST])} of all days: on average {found.days_at[SHORT_LIST]:.1f} each,"
        f" {found.expected_days_at[SHORT_LIST]:.1f} predicted.\n"
    )


def _trained_on(described: Description, evaluation: Evaluation) -> str:
    chosen = next((t.means for t in evaluation.selection if t.candidate == described.candidate), described.candidate)
    return (
        "## What it was trained on\n\n"
        f"- {described.people:,} people at {_counted(len(described.train), 'date')} ({dates(described.train)}):"
        f" {described.rows:,} person-dates, {described.events:,} of them with the outcome.{_drawn(described)}\n"
        f"- {len(described.features)} facts about each person, all known before the as-of date.{_looked_at(described)}\n"
        f"- Method: {chosen}. It was chosen on the training dates only, by how well each of {len(evaluation.selection)} methods, simple"
        " ones among them, predicted for people it had not been trained on.\n"
        f"- Risks were then corrected on people held out from training ({described.calibration} calibration), so that of 100 people at"
        " 20% about 20 have the outcome, as long as conditions stay as they were.\n"
    )


def _looked_at(described: Description) -> str:
    """If a first look chose the features, state how many there were to choose from."""
    return (
        f" A first look at a fifth of the people chose them out of {described.looked_at}."
        if described.looked_at
        else ""
    )


def _drawn(described: Description) -> str:
    """State what sampled or weighted rows represent."""
    whole = described.stands_for
    return "" if whole == described.rows else f" They are weighted to represent {whole:,} person-dates."


def _counted(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def _leavers(evaluation: Evaluation) -> str:
    """State how many people left, and the total under both ways of treating them."""
    found = evaluation.metrics.leavers
    if found is None or not found.left:
        return ""
    excluded, weighted = evaluation.metrics.leavers_excluded, evaluation.metrics.leavers_weighted
    return (
        f" On the test dates {found.left:,} people left ({percent(found.share)}). Observed/expected is"
        f" {number(excluded.observed_expected)} without them, and {number(weighted.observed_expected)} with those who stayed weighted"
        " to represent them."
    )


def _limits(described: Description, evaluation: Evaluation) -> str:
    left = (
        "left out of training and testing"
        if described.plan.leavers == "exclude"
        else "represented by weighting those who stayed"
    )
    return (
        "## Limits\n\n"
        "- It uses only what has been recorded. It cannot see need that nobody wrote down, and people who rarely use services may look"
        " healthier than they are.\n"
        "- It only predicts. It does not say whether support would change what happens, or who support helps most.\n"
        "- Reasons on a list say what the model used, not what causes the outcome.\n"
        f"- It was made for {described.plan.site} and should not be used elsewhere without being tested there first.\n"
        f"- People who left the area before the end of the window were {left}.{_leavers(evaluation)}\n"
    )
