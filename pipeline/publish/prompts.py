"""Holds the questions to ask people: open ones that start from a person's reason, strength or offer. All are reviewed
here.
"""

from __future__ import annotations

from data_schemas.receipts import Feature
from pipeline.publish import phrases
from pipeline.publish.community import COMES_TO_PEOPLE, DASH, NOTHING_NEAR

WHAT_MATTERS = "What matters most to you at the moment?"

OF_COUNTS = {
    "appointment.dna": "Is there anything that makes it hard to get to your appointments?",
    "appointment.cancelled": "Is there anything that makes it hard to get to your appointments?",
    "outpatient.dna": "Is there anything that makes it hard to get to your appointments?",
    "outpatient.cancelled": "Is there anything that makes it hard to get to your appointments?",
    "ae": "You have had {fact}. What was going on each time?",
    "admission": "You have had {fact}. How have things been since you came home?",
    "appointment": "You have had {fact}. What do you most want from them?",
    "outpatient": "You have had {fact}. How do you find getting to them?",
}
"""Questions about counts of care, by concept or by meaning."""

OF_MEANING = {
    "ae": "What was going on when you last went to A&E?",
    "admission": "How have things been since you were last in hospital?",
    "elective": "How have things been since you were last in hospital?",
    "appointment": "What would you like most from your GP practice?",
    "outpatient": "How easy is it for you to get to the hospital?",
    "function_falls": "How do you feel about getting about, indoors and out?",
    "function_mobility": "How do you feel about getting about, indoors and out?",
    "function_housebound": "What would you like to do that is hard to do now?",
    "frailty": "What would you most like to keep doing for yourself?",
    "medicine_groups": "How are you getting on with your medicines?",
    "lonely": "Who do you see in a usual week, and who would you like to see more of?",
    "lives_alone": "Who do you see in a usual week, and who would you like to see more of?",
    "carer": "Who looks after you while you look after someone else?",
    "cared_for": "How is the help that you get working for you?",
    "bereavement": "How have you been since your loss?",
    "money": "Is there anything about money or bills that you would like help with?",
    "housing": "How are things at home: is it warm, safe and the right size for you?",
    "household": "How are things at home?",
    "moves": "How are you settling in where you live now?",
    "work": "How do you feel about work at the moment?",
    "smoking": "What would you like to change about your health, if anything?",
    "alcohol": "What would you like to change about your health, if anything?",
    "rx": "How are you getting on with your medicines?",
    "condition": "How does your health affect your day?",
    "acsc": "How does your health affect your day?",
    "charlson": "How does your health affect your day?",
    "long_term_conditions": "How does your health affect your day?",
    "function": "What would you like to do that is hard to do now?",
    "measure": "How does your health affect your day?",
}
"""Questions about any other reason, by meaning or the first part of it."""

OF_STRENGTH = {
    "lives_with_others": "Who is at home with you, and how do you help each other?",
    "community": "What do you enjoy doing with other people?",
    "social_prescribing": "What has helped you before?",
    "activity": "What keeps you moving, and what would help you to do more of it?",
    "work": "How is work going for you at the moment?",
    "self_management": "What do you do already that helps you to keep well?",
    "keeps_appointments": "What helps you to keep your appointments?",
}
"""Questions about strengths, by meaning."""

OF_OFFER = "{offer} is not far from you. Would you like to hear more about it?"
AT_HOME = "{offer} can come to you, or ring you. Would you like to hear more about it?"


UNSAID = {"less urgent ": "", "very urgent ": "", " attended": "", " that earlier care might have avoided,": " in the"}
"""Words about visits that a list uses and a question leaves out, because they judge or sound odd to the person."""


def of_reason(feature: Feature, fact: str) -> str:
    """The question for a reason. Empty if there is none."""
    about = phrases.meaning(feature)
    if feature.statistic == "count":
        text = OF_COUNTS.get(feature.concept) or OF_COUNTS.get(about)
        if text:
            return text.replace("{fact}", _reworded(fact))
    return OF_MEANING.get(about) or OF_MEANING.get(about.partition("_")[0], "")


def _reworded(fact: str) -> str:
    for words, instead in UNSAID.items():
        fact = fact.replace(words, instead)
    return fact


def of_offer(offer: str) -> str:
    """The question for an offer as printed on the list. Empty if there is none."""
    named, _, about = offer.partition(": ")
    name = named.partition(DASH)[0]
    if not name or name.startswith(NOTHING_NEAR):
        return ""
    return (AT_HOME if COMES_TO_PEOPLE in about else OF_OFFER).replace("{offer}", name)


def every() -> list[str]:
    """Every question, for reviewers."""
    questions = [*OF_COUNTS.values(), *OF_MEANING.values(), *OF_STRENGTH.values(), OF_OFFER, AT_HOME]
    return [WHAT_MATTERS, *dict.fromkeys(questions)]
