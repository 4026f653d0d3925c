"""The model card: what was learnt from what, how well it does, for whom, and its limits, for a GP to read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from data_schemas.receipts import TrainedModel
from models import storage


def model_card(model: TrainedModel) -> str:
    """Markdown of the model card."""
    described = storage.describe(model.path)
    evaluation = json.loads(Path(model.evaluation_path).read_bytes())
    parts = [
        _head(model, described),
        _learnt(described),
        _how_well(evaluation),
        _alarms(evaluation),
        _limits(described),
    ]
    return "\n".join(parts)


def _head(model: TrainedModel, described: Mapping[str, Any]) -> str:
    plan = described["plan"]
    return (
        f"# Model card: {words(plan['outcome'])} within {plan['horizon_days']} days, {plan['site']}\n\n"
        f"Model version `{model.model_version}`, registered as `{model.registered_name}` version {model.registered_version}"
        f" ({model.alias or 'without alias'}).\n\n"
        f"For each registered person the model gives the chance of {article(plan['outcome'])} in the {plan['horizon_days']} days"
        " after the as-of date. It is meant to help practices decide whom to offer support first. It is not a diagnosis and must not"
        " be used to refuse care.\n"
    )


def words(outcome: str) -> str:
    """`unplanned_admission` → `unplanned admission`."""
    return {"ae_attendance": "A&E attendance", "acsc_admission": "avoidable (ambulatory-care-sensitive) admission"}.get(
        outcome, outcome.replace("_", " ")
    )


def article(outcome: str) -> str:
    """The outcome with its article."""
    named = words(outcome)
    return f"an {named}" if named[0].lower() in "aeiou" else f"a {named}"


def _learnt(described: Mapping[str, Any]) -> str:
    dates = ", ".join(s["as_of"] for s in described["train"])
    return (
        "## What it was learnt from\n\n"
        f"- {described['people']:,} people at {len(described['train'])} as-of date(s) ({dates}): {described['rows']:,} person-dates,"
        f" {described['events']:,} of them with the outcome.\n"
        f"- {len(described['features'])} facts about each person, all known before the as-of date.\n"
        f"- Method: {described['candidate'].replace('_', ' ')}, calibrated ({described['calibration']}).\n"
    )


def _how_well(evaluation: Mapping[str, Any]) -> str:
    test = evaluation["metrics"]["test"]
    ten = test["ppv_at"]["0.10"]
    lines = [
        "## How well it does\n",
        (
            f"Judged on {test['n']:,} person-dates ({', '.join(s['as_of'] for s in evaluation['test'])}) that it had not seen;"
            f" {test['events']:,} had the outcome.\n"
        ),
        f"- Given one person with and one without the outcome, it puts the right one first {_share(test, 'auroc')} of the time (AUROC).",
        f"- Of the 10% at highest risk, {_percent(ten)} had the outcome, against {_percent(test['prevalence'])} of everybody.",
        f"- The outcome happened {_number(test, 'observed_expected')} times as often as foreseen (1 is right).",
        f"- Calibration slope {_number(test, 'calibration_slope')} (1 is right; below 1, high risks are too high).\n",
        "| | AUROC | share with the outcome among the top 5% |",
        "| --- | --- | --- |",
    ]
    for name, figures in {"this model": test, **evaluation["baselines"]}.items():
        lines.append(
            f"| {name.replace('_', ' ')} | {_number(figures, 'auroc', 3)} | {_percent(figures['ppv_at']['0.05'])} |"
        )
    return "\n".join(lines) + "\n"


def _percent(value: float | None) -> str:
    return "not known" if value is None else f"{100 * value:.1f}%"


def _share(figures: Mapping[str, Any], name: str) -> str:
    return f"{_percent(figures[name])} (95% interval {_percent(figures[name + '_low'])} to {_percent(figures[name + '_high'])})"


def _number(figures: Mapping[str, Any], name: str, places: int = 2) -> str:
    if figures.get(name) is None:
        return "not known"
    if figures.get(f"{name}_low") is None:
        return f"{figures[name]:.{places}f}"
    return f"{figures[name]:.{places}f} [{figures[f'{name}_low']:.{places}f} to {figures[f'{name}_high']:.{places}f}]"


def _alarms(evaluation: Mapping[str, Any]) -> str:
    rows = [f"- **{a['name'].replace('_', ' ')}**: {a['detail']}" for a in evaluation["alarms"]]
    rows += [f"- {n['detail']}" for n in evaluation["notices"]]
    return "## Warnings\n\n" + ("\n".join(rows) if rows else "None.") + "\n"


def _limits(described: Mapping[str, Any]) -> str:
    return (
        "## Limits\n\n"
        "- It knows only what has been recorded: need that nobody wrote down is not seen, and people who seldom use services look healthier"
        " than they may be.\n"
        "- It foresees; it does not say that support would change what happens.\n"
        f"- It was made for {described['plan']['site']} and should not be used elsewhere without being judged there first.\n"
        "- People who left the area before the end of the window were "
        + (
            "left out of training and testing.\n"
            if described["plan"]["leavers"] == "exclude"
            else "weighted for by those who stayed.\n"
        )
    )
