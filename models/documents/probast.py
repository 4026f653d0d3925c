"""Lists PROBAST+AI (Moons and others 2025, BMJ 388:e082505), in our words: 16 questions on development, 18 on
evaluation, and the judgements.

The numbering is ours: D for development, E for evaluation, then the domain (people and data, predictors, outcome,
analysis) and the question.
"""

from __future__ import annotations

from data_schemas.outcomes import WORDS
from models.documents.evidence import (
    Answer,
    Item,
    Known,
    enough,
    first_chosen,
    large_enough,
    leavers,
    left_out,
    missing,
    needed,
    performance,
    selection,
)
from models.documents.words import number, percent
from models.judging.alarms import MANY_LEAVERS
from models.lineage import dates

CONCERN = "How much concern is there about the quality (low, high, unclear)?"
BIAS = "What is the risk of bias (low, high, unclear)?"
Questions = tuple[tuple[str, Answer | None], ...]
FIT = "What concern is there that it does not fit its use here (low, high, unclear)?"


def _who(known: Known) -> str:
    return (
        "Evidence: everyone alive and registered at the as-of date, of the configured minimum age; opted-out people are removed;"
        f" {leavers(known)}. People judge whether the register represents the people whom the lists are for."
    )


def _alike(known: Known) -> str:
    return (
        f"Yes by rule: each of {len(known.described.features)} predictors is declared once and computed in the same way for everybody."
        " Practices record different things; figures by recording are in report.json where the site has practices."
    )


def _split(known: Known) -> str:
    stands = sorted({alarm.name for alarm in known.evaluation.alarms} & {"leakage"})
    overlap = percent(known.test.share_also_trained_on)
    return (
        f"{'No: the alarm leakage was raised' if stands else 'Yes'}. Evidence: split by time, {dates(known.described.train)} and"
        f" {dates(known.evaluation.test)}, whose outcome windows do not overlap; features use nothing dated or recorded on or after the"
        f" as-of date (a test proves it). {overlap} of test people were in training at an earlier date; the others are reported"
        " separately."
    )


def _people_enough(known: Known) -> str:
    found = needed(known)
    answer = (
        "No information" if found is None else "Probably yes" if known.described.rows >= found.needed else "Probably no"
    )
    return f"{answer}. {enough(known)}"


def _few_left(known: Known) -> str:
    """Answer `no` if so many people left that the alarm on leavers applies."""
    left = known.evaluation.metrics.leavers
    return "yes" if left is None or left.share <= MANY_LEAVERS else "no"


def _deaths(known: Known) -> str:
    """What a death in the window counts as."""
    if WORDS[known.plan.outcome].includes_death:
        return "A death is the outcome too"
    return "Somebody who dies first is known not to have the outcome"


PEOPLE_AND_DATA: Questions = (
    ("Were the sources of data right for it?", None),
    ("Was the design of the study right for it?",
     lambda k: "Probably yes: a cohort from routine records, everyone followed from a fixed date for"
               f" {k.plan.horizon_days} days. Routine records have gaps: counts of rejected and unknown values are in report.json."),
    ("Do the people included represent those the model is meant for?", _who),
)  # fmt: skip
PREDICTORS: Questions = (
    ("Were predictors defined and assessed in the same way for everyone?", _alike),
    ("Were predictors prepared in the same way for everyone?",
     lambda _: "Yes: units, implausible values and missing values are handled by one rule for everybody."),
    ("Were predictors assessed without knowing the outcome?",
     lambda _: "Yes: only events dated and recorded before the as-of date reach a feature."),
    ("Are all predictors available when the model is used?",
     lambda _: "Yes: scoring takes its features from the same code, as of the day of the lists."),
)  # fmt: skip
OUTCOME: Questions = (
    ("Was the outcome defined and assessed appropriately?",
     lambda k: f"Probably yes: `{k.plan.outcome}` is fixed in the contract before any data are seen, from"
               f" {WORDS[k.plan.outcome].records}. Use of care depends on need and access: see the audit of label bias."),
    ("Was the outcome defined and assessed in the same way for everyone?",
     lambda k: f"Yes: one rule on {WORDS[k.plan.outcome].records}."),
    ("Was the outcome assessed without using the predictors?",
     lambda _: "Yes: the rule reads what happens from the as-of date on, and predictors read what happened before it."),
    ("Was the time between predictors and outcome appropriate?",
     lambda k: "Yes: predictors up to the day before the as-of date, outcomes in the"
               f" {k.plan.horizon_days} days from it on, for everybody."),
)  # fmt: skip
DEVELOPMENT: Questions = (
    ("Is there evidence that there were enough people?", _people_enough),
    ("Were numbers and categories handled well?",
     lambda _: "Yes: numbers are used as numbers, and trees and splines follow their shape. Some usual thresholds are added, never in"
         " place of the number."),
    ("Were people with missing or censored data handled well?",
     lambda k: f"Probably {_few_left(k)}. {missing(k)} {_deaths(k)}; {leavers(k)}. People who have the outcome first do"
         f" not count as having left, so leaving people out depends on the outcome. {left_out(k)}"),
    ("If a correction for rare outcomes was used, were the risks calibrated afterwards?",
     lambda _: "Not applicable: there is no such correction. If rows are sampled, they are weighted so that every rate stays the same."),
    ("Was overfitting addressed?",
     lambda k: f"Yes: {selection(k)} Settings are strongly regularised. {first_chosen(k.described)}"),
)  # fmt: skip
EVALUATION: Questions = (
    ("Was more than the apparent performance evaluated?",
     lambda k: f"Yes: on later dates ({dates(k.evaluation.test)}) that were not used for any choice. It was not tested in another"
         " place."),
    ("Is there evidence that there were enough people?", large_enough),
    ("Were people with missing or censored data handled well?",
     lambda k: f"Probably {_few_left(k)}: nobody is dropped for missing values; {leavers(k)}. {left_out(k)}"),
    ("If a correction for rare outcomes was used, was it left out of the data of the evaluation?",
     lambda _: "Not applicable: there is no such correction."),
    ("If the data were split, is there evidence that nothing leaked?", _split),
    ("If resampling was used to evaluate, were all steps of development repeated in it?",
     lambda _: "Not applicable to the figures reported: the bootstrap gives only their intervals. Cross-validation, which chooses the"
               " candidate, repeats fitting and calibration in every fold."),
    ("Was performance measured appropriately: calibration, discrimination, net benefit?",
     lambda k: f"Yes: {performance(k)} Curves of calibration and of net benefit are in the evaluation. ICI"
               f" {number(k.test.ici, 3)}."),
)  # fmt: skip
DOMAINS = ("People and data", "Predictors", "Outcome", "Analysis")


def _part(letter: str, judged: str, analysis: Questions) -> list[Item]:
    """Write the questions and judgements of one part."""
    items = []
    for domain, questions in enumerate((PEOPLE_AND_DATA, PREDICTORS, OUTCOME, analysis), start=1):
        asked = enumerate(questions, start=1)
        items += [Item(f"{letter}{domain}.{number}", asks, answer) for number, (asks, answer) in asked]
        items.append(Item(f"{letter}{domain} judgement", f"{DOMAINS[domain - 1]}. {judged}"))
        if questions is not analysis:
            items.append(Item(f"{letter}{domain} fit", f"{DOMAINS[domain - 1]}. {FIT}"))
    return [*items, Item(f"{letter} overall", f"Overall: {judged} What concern is there about the fit?")]


PROBAST = (*_part("D", CONCERN, DEVELOPMENT), *_part("E", BIAS, EVALUATION))
