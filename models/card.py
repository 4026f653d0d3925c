"""The model card: what was learnt from what, how well it does, for whom, and its limits, for a GP to read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from data_schemas.receipts import TrainedModel
from models import storage
from models.words import article, number, percent, words

WORST = 5
STRONGEST = 10


def model_card(model: TrainedModel) -> str:
    """Markdown of the model card."""
    described = storage.describe(model.path)
    evaluation = json.loads(Path(model.evaluation_path).read_bytes())
    parts = [
        _head(model, described), _warnings(evaluation), _learnt(described, evaluation), _how_well(evaluation), _against(evaluation),
        _for_whom(evaluation), _drivers(evaluation), _over_time(evaluation), _limits(described),
    ]  # fmt: skip
    return "\n".join(parts)


def _head(model: TrainedModel, described: Mapping[str, Any]) -> str:
    plan = described["plan"]
    held = {
        "champion": "the champion: it passed the gate",
        "challenger": "a challenger: it has not passed the gate, see the warnings",
    }
    return (
        f"# Model card: {words(plan['outcome'])} within {plan['horizon_days']} days, {plan['site']}\n\n"
        f"For each registered person this model gives the chance of {article(plan['outcome'])} in the {plan['horizon_days']} days"
        " after the as-of date. It helps practices and link workers decide whom to offer support first. It is not a diagnosis, and must not"
        " be used to refuse or delay care.\n\n"
        f"Model version `{model.model_version}`, registered as `{model.registered_name}` version {model.registered_version};"
        f" {held.get(model.alias, 'not registered under an alias')}.\n"
    )


def _warnings(evaluation: Mapping[str, Any]) -> str:
    rows = [f"- **Alarm, {a['name'].replace('_', ' ')}**: {a['detail']}" for a in evaluation["alarms"]]
    rows += [f"- {n['detail']}" for n in evaluation["notices"]]
    return "## Warnings\n\n" + ("\n".join(rows) if rows else "None.") + "\n"


def _learnt(described: Mapping[str, Any], evaluation: Mapping[str, Any]) -> str:
    dates = ", ".join(s["as_of"] for s in described["train"])
    chosen = next(
        (t["means"] for t in evaluation["selection"] if t["candidate"] == described["candidate"]),
        described["candidate"],
    )
    return (
        "## What it was learnt from\n\n"
        f"- {described['people']:,} people at {len(described['train'])} as-of date(s) ({dates}): {described['rows']:,} person-dates,"
        f" {described['events']:,} of them with the outcome.\n"
        f"- {len(described['features'])} facts about each person, all known before the as-of date.\n"
        f"- Method: {chosen}. It was chosen among {len(evaluation['selection'])} by how well each foresaw people it had not been shown,"
        " on the training dates only.\n"
        f"- Risks were then set right ({described['calibration']} calibration), so that of 100 people at 20% about 20 have the outcome.\n"
    )


def _how_well(evaluation: Mapping[str, Any]) -> str:
    test = evaluation["metrics"]["test"]
    dates = ", ".join(s["as_of"] for s in evaluation["test"])
    head = (
        "## How well it does\n\n"
        f"Judged on {test['n']:,} person-dates ({dates}), later than anything it was taught with; {test['events']:,}"
        f" ({percent(test['prevalence'])}) had the outcome. Ranges in brackets hold the true value 95 times in 100.\n\n"
        f"- Shown one person with the outcome and one without, it ranks the right one higher {number(test, 'auroc')} of the time"
        " (AUROC; 0.5 is a coin, 1 is perfect).\n"
        f"- The outcome happened {number(test, 'observed_expected')} times as often as it foresaw (1 is right).\n"
        f"- Calibration slope {number(test, 'calibration_slope')} (1 is right; below 1, high risks are too high and low ones too low).\n"
    )
    rows = [_top_row(test, share) for share in test["ppv_at"]]
    table = "| If this many are reached | had the outcome | of all outcomes, found | people reached for one |\n| --- | --- | --- | --- |\n"
    return head + "\n" + table + "\n".join(rows) + "\n"


def _top_row(test: Mapping[str, Any], share: str) -> str:
    ppv = f"{percent(test['ppv_at'][share])} [{percent(test['ppv_at_low'][share])} to {percent(test['ppv_at_high'][share])}]"
    needed = test["number_needed_at"][share]
    reached = "not known" if needed is None else f"{needed:.1f}"
    return f"| the {float(share) * 100:g}% at highest risk | {ppv} | {percent(test['sensitivity_at'][share])} | {reached} |"


def _against(evaluation: Mapping[str, Any]) -> str:
    lines = ["## Against simpler ways\n", "| | AUROC | this model's AUROC is higher by |", "| --- | --- | --- |"]
    for name, figures in evaluation["baselines"].items():
        d = evaluation["differences"][name]["auroc"]
        lines.append(
            f"| {name.replace('_', ' ')} | {number(figures, 'auroc', 3)} | {d['difference']:.3f} [{d['low']:.3f} to {d['high']:.3f}] |"
        )
    lines.append(f"| this model | {number(evaluation['metrics']['test'], 'auroc', 3)} | |")
    return "\n".join(lines) + "\n"


def _for_whom(evaluation: Mapping[str, Any]) -> str:
    rows = [row for row in evaluation["subgroups"] if row.get("observed_expected") is not None]
    furthest = sorted(rows, key=lambda row: -abs(row["observed_expected"] - 1))[:WORST]
    lines = ["## For whom\n", "Groups in which it is furthest from right (1 = as often as foreseen):\n",
             "| group | people | with the outcome | observed/expected | AUROC |", "| --- | --- | --- | --- | --- |"]  # fmt: skip
    lines += [
        f"| {row['group'].replace('_', ' ')}: {row['value']} | {row['n']:,} | {row['events']:,} | {number(row, 'observed_expected')} |"
        f" {number(row, 'auroc')} |"
        for row in furthest
    ]
    small = sum(bool(row.get("too_small")) for row in evaluation["subgroups"])
    lines.append(f"\n{len(rows)} groups were looked at; {small} more were too small to say anything about.")
    return "\n".join(lines) + "\n" + _rising(evaluation["metrics"].get("rising_risk", {})) + _new(evaluation["metrics"])


def _rising(figures: Mapping[str, Any]) -> str:
    if not figures.get("auroc"):
        return ""
    return (
        f"\n**Rising risk**: {percent(figures['share_of_all_events'])} of all outcomes fall on people with no emergency admission in the"
        f" last two years. Among them the AUROC is {number(figures, 'auroc')}; {percent(figures['flagged_share'])} of them are among the 5%"
        " at highest risk.\n"
    )


def _new(found: Mapping[str, Any]) -> str:
    figures, share = found["new_people"], found["test"]["share_also_trained_on"]
    text = f"\n{percent(share)} of the people it was judged on had also been in training, at an earlier date. "
    if not figures.get("auroc"):
        return text + "The others are too few to judge apart.\n"
    return text + f"For the {figures['n']:,} others the AUROC is {number(figures, 'auroc')}.\n"


def _drivers(evaluation: Mapping[str, Any]) -> str:
    rows = evaluation.get("importance", [])[:STRONGEST]
    if not rows:
        return ""
    lines = [f"{i}. {row['features'][0]['means']}" for i, row in enumerate(rows, start=1)]
    return (
        "## What counts most\n\nOver all people, strongest first (what counts for one person is on the list):\n\n"
        + "\n".join(lines)
        + "\n"
    )


def _over_time(evaluation: Mapping[str, Any]) -> str:
    drift = evaluation["drift"]
    return (
        "## Over time\n\n"
        f"At {drift['as_of']}, {drift['marked']} of {len(drift['features'])} facts were spread markedly differently from training; the"
        f" risks themselves had a stability index of {drift['risk']:.2f} (from 0.25: a marked change).\n"
    )


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
        "- It foresees; it does not say that support would change what happens, nor whom support helps most.\n"
        "- Reasons on a list say what the model went by, not what causes an admission.\n"
        f"- It was made for {described['plan']['site']} and should not be used elsewhere without being judged there first.\n"
        f"- People who left the area before the end of the window were {left}.\n"
    )
