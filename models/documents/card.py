"""The model card: what was learnt from what, how well it does, for whom, and its limits, for a GP to read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from data_schemas.receipts import TrainedModel
from models import recalibrate, storage
from models.documents.card_when import over_time
from models.documents.card_whom import for_whom
from models.documents.words import article, number, percent, words

STRONGEST = 10
SHORT_LIST = "0.05"
"""The share of people at highest risk that the summary speaks of."""
STANDING = {
    "champion": "It is the **champion**: either it passed the gate (it raised no alarm that nobody has accepted, and was not worse than"
    " the champion before it, if there was one), or somebody has promoted it. The registered version says which, and who and why",
    "challenger": "It is a **challenger**: it has not passed the gate, or was rolled back. Read the warnings before any list made with it"
    " is used",
}
Known = Mapping[str, Any]


def model_card(model: TrainedModel) -> str:
    """Markdown of the model card."""
    described = storage.describe(model.path)
    evaluation = json.loads(Path(model.evaluation_path).read_bytes())
    parts = [
        _head(model, described), _warnings(described, evaluation), _in_short(described, evaluation), _how_well(evaluation),
        for_whom(evaluation), _drivers(evaluation), _bed_days(evaluation), over_time(evaluation), _against(evaluation),
        _learnt(described, evaluation), _limits(described),
    ]  # fmt: skip
    return "\n".join(parts)


def _head(model: TrainedModel, described: Known) -> str:
    plan = described["plan"]
    return (
        f"# Model card: {words(plan['outcome'])} within {plan['horizon_days']} days, {plan['site']}\n\n"
        f"For each registered person this model gives the chance of {article(plan['outcome'])} in the {plan['horizon_days']} days"
        " after the as-of date. It helps practices and link workers decide whom to offer support first. It is not a diagnosis, it does"
        " not replace clinical judgement, and it must not be used to refuse or delay care.\n\n"
        f"{STANDING.get(model.alias, 'It is not registered under an alias')}.\n\n"
        f"Version `{model.model_version}`, registered as `{model.registered_name}` version {model.registered_version}.\n"
    )


def _warnings(described: Known, evaluation: Known) -> str:
    moved = described.get("recalibrated")
    rows = [f"- **Alarm, {a['name'].replace('_', ' ')}**: {a['detail']}" for a in evaluation["alarms"]]
    rows += [f"- **Recalibrated**: {recalibrate.in_words(moved)}"] if moved else []
    rows += [f"- {n['detail']}" for n in evaluation["notices"]]
    return "## Warnings\n\n" + ("\n".join(rows) if rows else "None.") + "\n"


def _in_short(described: Known, evaluation: Known) -> str:
    test, outcome = evaluation["metrics"]["test"], words(described["plan"]["outcome"])
    found, ppv = test["sensitivity_at"][SHORT_LIST], test["ppv_at"][SHORT_LIST]
    return (
        "## In short\n\n"
        f"- Of every 100 people among the 5% at highest risk, {_hundred(ppv)} had {article(described['plan']['outcome'])}; of every 100"
        f" people altogether, {_hundred(test['prevalence'])}.\n"
        f"- Among those 5% were {percent(found)} of all people with the outcome. **The other {percent(_rest(found))} would not have been"
        " on a list that long**: a low risk is not an all-clear.\n"
        f"- {_total(test, outcome)}\n"
    )


def _hundred(share: float | None) -> str:
    return "an unknown number" if share is None else f"{100 * share:.0f}" if share >= 0.1 else f"{100 * share:.1f}"  # noqa: PLR2004


def _rest(share: float | None) -> float | None:
    return None if share is None else 1 - share


def _total(test: Known, outcome: str) -> str:
    low, high = test.get("observed_expected_low"), test.get("observed_expected_high")
    if low is None or high is None:
        return "Whether the risks are right in total is not known."
    said = f"For every 100 people predicted to have {article(outcome)}, {100 * test['observed_expected']:.0f} had one"
    if low <= 1 <= high:
        return f"{said}: in total the risks were about right."
    return f"{said}: in total the risks were too {'high' if test['observed_expected'] < 1 else 'low'}."


def _how_well(evaluation: Known) -> str:
    test = evaluation["metrics"]["test"]
    dates = ", ".join(s["as_of"] for s in evaluation["test"])
    head = (
        "## How well it does\n\n"
        f"Judged on {test['n']:,} person-dates (a person at a date: {dates}), on outcomes that it was not trained on;"
        f" {test['events']:,} ({percent(test['prevalence'])}) had the outcome. Ranges in brackets: the true value is expected inside 95"
        " times in 100.\n\n"
    )
    rows = [_top_row(test, share) for share in test["ppv_at"]]
    table = (
        "| If these are reached | of them, had the outcome | of all outcomes, found | people reached for one outcome |\n"
        "| --- | --- | --- | --- |\n"
    )
    tail = (
        f"- Ranking: shown one person with the outcome and one without, it puts the one with it higher {_hundred(test['auroc'])} times in"
        f" 100 (AUROC {number(test, 'auroc', 3)}; 0.5 is a coin, 1 is perfect).\n"
        f"- Total: the outcome happened {number(test, 'observed_expected')} times as often as predicted (1 is right; below 1, risks are too"
        " high).\n"
        f"- Spread: calibration slope {number(test, 'calibration_slope')} (1 is right; below 1, high risks are too high and low ones too"
        " low; above 1, the other way round).\n"
    )
    return head + table + "\n".join(rows) + "\n\n" + tail


def _top_row(test: Known, share: str) -> str:
    ppv = f"{percent(test['ppv_at'][share])} [{percent(test['ppv_at_low'][share])} to {percent(test['ppv_at_high'][share])}]"
    needed = test["number_needed_at"][share]
    reached = "not known" if needed is None else f"{needed:.1f}"
    return f"| the {float(share) * 100:g}% at highest risk | {ppv} | {percent(test['sensitivity_at'][share])} | {reached} |"


def _drivers(evaluation: Known) -> str:
    rows = evaluation.get("importance", [])[:STRONGEST]
    if not rows:
        return ""
    lines = [f"{i}. {row['features'][0]['means']}" for i, row in enumerate(rows, start=1)]
    return (
        "## What counts most\n\nOver all people, strongest first, one line for all facts of one kind (what counts for one person is on"
        " the list). These are what the model goes by, not causes.\n\n" + "\n".join(lines) + "\n"
    )


def _bed_days(evaluation: Known) -> str:
    found = evaluation["metrics"]["bed_days"]
    top = found["share_of_days_at"][SHORT_LIST]
    return (
        "## Bed days\n\n"
        "A second number beside the risk: unplanned days in hospital to be expected in the window, from what people at the same risk had."
        f" On the test dates a person had {found['days']:.2f} days on average, {number(found, 'observed_expected')} times as many as"
        f" predicted for people that the curve had not seen. The 5% at highest risk had {percent(top)} of all days: on average"
        f" {found['days_at'][SHORT_LIST]:.1f} each, {found['expected_days_at'][SHORT_LIST]:.1f} predicted.\n"
    )


def _against(evaluation: Known) -> str:
    lines = ["## Against simpler ways\n", "| | AUROC | this model's AUROC is higher by |", "| --- | --- | --- |"]
    for name, figures in evaluation["baselines"].items():
        d = evaluation["differences"][name]["auroc"]
        lines.append(
            f"| {words(name)} alone | {number(figures, 'auroc', 3)} | {d['difference']:.3f} [{d['low']:.3f} to {d['high']:.3f}] |"
        )
    lines.append(f"| this model | {number(evaluation['metrics']['test'], 'auroc', 3)} | |")
    return "\n".join(lines) + "\n"


def _learnt(described: Known, evaluation: Known) -> str:
    dates = ", ".join(s["as_of"] for s in described["train"])
    chosen = next(
        (t["means"] for t in evaluation["selection"] if t["candidate"] == described["candidate"]),
        described["candidate"],
    )
    return (
        "## What it was learnt from\n\n"
        f"- {described['people']:,} people at {_counted(len(described['train']), 'date')} ({dates}): {described['rows']:,} person-dates,"
        f" {described['events']:,} of them with the outcome.{_drawn(described)}\n"
        f"- {len(described['features'])} facts about each person, all known before the as-of date.\n"
        f"- Method: {chosen}. It was chosen on the training dates only, by how well each of {len(evaluation['selection'])} ways, simple"
        " rivals among them, foresaw people it had not been shown.\n"
        f"- Risks were then set right on people held out from training ({described['calibration']} calibration), so that of 100 people at"
        " 20% about 20 have the outcome, as long as the world stays as it was.\n"
    )


def _drawn(described: Known) -> str:
    """What rows stand for that were sampled, or weighted for those who left."""
    whole = described.get("stands_for", described["rows"])
    return "" if whole == described["rows"] else f" They are weighted to stand for {whole:,} person-dates."


def _counted(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def _limits(described: Mapping[str, Any]) -> str:
    left = (
        "left out of training and testing"
        if described["plan"]["leavers"] == "exclude"
        else "weighted for by those who stayed"
    )
    return (
        "## Limits\n\n"
        "- It knows only what has been recorded. Need that nobody wrote down is not seen, and people who seldom use services look healthier"
        " than they may be.\n"
        "- It predicts. It does not say that support would change what happens, or who support helps most.\n"
        "- Reasons on a list say what the model went by, not what causes an admission.\n"
        f"- It was made for {described['plan']['site']} and should not be used elsewhere without being judged there first.\n"
        f"- People who left the area before the end of the window were {left}.\n"
    )
