"""Writes the model card's section on people whom lists reached, and compares the team's choices with the model's."""

from __future__ import annotations

from data_schemas.small_numbers import HIDE_UP_TO, protect, shown
from models.documents.words import number
from models.judging.figures import GroupResult
from models.judging.record import Influence

HEAD = (
    "## People whom a list reached\n\nIf people who were seen had the outcome much less often than predicted (well below 1), support"
    " may have helped, or they may have been at their worst when they were listed. Only a comparison can show which (`neighbourly"
    " impact`).\n\n"
    "| group | people | with the outcome | times as often as predicted |\n| --- | --- | --- | --- |\n"
)
TEAM = "\nThe team knows more than the model. A year later, these had had the outcome: {shares}.\n"


def on_lists(found: Influence | None) -> str:
    """Write the section. It is empty if nobody has been on a list yet."""
    if found is None:
        return ""
    rows = [_row(group) for group in (*found.groups, *found.chosen) if group.n]
    return HEAD + "\n".join(rows) + "\n" + _team(found)


def _row(group: GroupResult) -> str:
    few = _few(group)
    ratio = "too few to say" if few else number(group.observed_expected)
    return f"| {group.value} | {shown(protect(group.n))} | {shown(protect(group.events))} | {ratio} |"


def _team(found: Influence) -> str:
    """Compare the team's additions and removals with the model's own choices. Empty if the team made none."""
    if all(group.value == "chosen by the model" for group in found.chosen):
        return ""
    return TEAM.format(shares=", ".join(f"{_share(group)} of those **{group.value}**" for group in found.chosen))


def _share(group: GroupResult) -> str:
    return "too few to say how many" if _few(group) else f"{100 * group.events / group.n:.0f}%"


def _few(group: GroupResult) -> bool:
    return min(group.n, group.events, group.n - group.events) <= HIDE_UP_TO
