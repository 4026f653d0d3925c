"""Writes two sections of the model card: the rivals, and lists as long as each cluster's capacity."""

from __future__ import annotations

from data_schemas.small_numbers import HIDDEN, protect, shown
from models.documents.words import difference, in_percent, number, words
from models.judging.drawn import AtCapacity
from models.judging.figures import UNKNOWN, Interval, Metrics
from models.judging.record import Evaluation
from models.judging.rivals import MEANS
from models.learning.candidates import PARR30
from models.learning.published import PUBLISHED

USUAL_LIST, RIVAL = "0.05", PARR30.name
"""The list length on the card, and the rival that each cluster's list is compared with. The report has all of them."""
WORTH = (
    "The table shows a list of as many people as the cluster can take on in a month. **Net benefit**: the people with the outcome on"
    " the list, minus the others on it, who are weighted by the odds of the last risk on the list; as a share of all people with the"
    " outcome. 100% is a perfect list, 0 is the same as no list.\n"
)


def against(evaluation: Evaluation) -> str:
    """Write the section on rivals: their results on the test dates, and the sources of published scores."""
    lines = [
        "## Against simpler methods\n",
        "Tested on the same people and outcomes. PPV: the share of the 5% at highest risk who had the outcome.\n",
        "| | AUROC | this model's AUROC is higher by | PPV | this model's PPV is higher by |",
        "| --- | --- | --- | --- | --- |",
    ]
    for name, figures in evaluation.baselines.items():
        gained, place = evaluation.differences[name], f"ppv_at:{USUAL_LIST}"
        lines.append(
            f"| {words(name)} | {number(figures.auroc, 3)} | {difference(gained['auroc'])}"
            f" | {number(figures.ppv_at[USUAL_LIST], 3)} | {difference(gained[place])} |"
        )
    test = evaluation.metrics.test
    lines.append(f"| this model | {number(test.auroc, 3)} | | {number(test.ppv_at[USUAL_LIST], 3)} | |")
    return "\n".join([*lines, "", *_sources(evaluation), ""])


def _sources(evaluation: Evaluation) -> list[str]:
    """State where published weights come from. Only the line from score to risk was fitted here."""
    scores = [score for score in PUBLISHED if score.name in evaluation.baselines]
    lines = [f"- {words(score.name)}: {score.means} ({score.source})." for score in scores]
    fitted = [f"- {words(name)}: {MEANS[name]}, fitted here." for name in (RIVAL,) if name in evaluation.baselines]
    return [*fitted, *lines]


def at_capacity(evaluation: Evaluation) -> str:
    """Write the section on each cluster's list at its capacity, and compare its value with the best simple rule."""
    if not evaluation.capacity:
        return ""
    died = " of them, died without it |" if evaluation.metrics.test.died_at else ""
    lines = [
        "## At each cluster's capacity\n",
        WORTH,
        f"| cluster | places | of them, had the outcome |{died} net benefit | more than by {words(RIVAL)} |",
        ruled(6 if died else 5),
        *(_cluster(row, deaths_apart=bool(died)) for row in evaluation.capacity),
    ]
    return "\n".join(lines) + "\n"


def ruled(columns: int) -> str:
    """The line under the headings of a table."""
    return "|" + " --- |" * columns


def _cluster(row: AtCapacity, *, deaths_apart: bool) -> str:
    better = row.better_by.get(RIVAL, UNKNOWN)
    died = f" {counted(row.died, row.n)} |" if deaths_apart else ""
    return (
        f"| {row.cluster} | {shown(protect(round(row.n)))} | {counted(row.ppv, row.n)} |{died} {in_percent(row.standardised_net_benefit)}"
        f" | {in_percent(better)} |"
    )


def counted(share: Interval, of: float) -> str:
    """A share of people as text. It is hidden if it represents a small number of people."""
    return HIDDEN if share.known and protect(round(share.value * of)) is None else in_percent(share)


def deaths(test: Metrics) -> str:
    """State how many people at highest risk died without the outcome. The model counts them as false alarms, but they
    are not."""
    died = test.died_at.get(USUAL_LIST, UNKNOWN)
    if not died.known or died.value == 0:
        return ""
    return (
        f"- Deaths: {counted(died, float(USUAL_LIST) * test.n)} of the 5% at highest risk died without the outcome. They count as false"
        ' alarms here, though they were not. To predict unplanned admission or death, set `outcome = "unplanned_or_death"` in `[run]`.\n'
    )
