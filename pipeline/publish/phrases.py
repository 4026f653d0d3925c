"""A feature's value about one person, in plain words."""

from __future__ import annotations

import re

from data_schemas.receipts import Feature
from pipeline import words

COUNTED = frozenset({"count", "total", "distinct"})
SINCE = frozenset({"days_since_last", "days_since_first"})

_KINDS_OF_CARE = frozenset({"admission", "ae", "outpatient", "appointment"})
_PLANNED = frozenset({"elective", "maternity", "other"})

_ABSENCE = re.compile(
    r"^(?:no|not|never|without|missing|unknown|nothing)\b|\b(?:not|never) (?:recorded|measured)\b|\bno record\b"
)
_INFERRED = re.compile(
    r"likelihood|log odds|prescribing index|average person|percent(?: %)?$|^strengths recorded$|\bone other person, recorded\b"
)
_HEAD = re.compile(
    r",| (?:in|of|for|with|by|to|at|since|over|on|from|that|where|when|who|seen|ever|recorded|attended|taken|kept|missed|cancelled|not"
    r"|above|after|\()"
)
_MEASURED = re.compile(r"\b(?:score|index|number|size|decile|weight|rate|level)\b")

_LONG = "(hospital diagnosis that care at home often manages)"
_COMPARED = re.compile(r"\b(?:below|above|or more)\b")
_ONE = {"days": "day", "months": "month", "people": "person"}

_THINGS = re.compile(r"^(?:[a-z-]+ [a-z-]*[a-z]s\b(?! alone)|kinds of )")

_LISTED = re.compile(
    r"^(?P<what>.+): (?P<rest>recorded|times (?:recorded )?in .+|items in .+|latest value|average of .+|change over .+)$"
)
_TENTH = re.compile(r"^(?P<what>.+?),? (?:of|in) the home's area, tenth of England")
_WITHIN = re.compile(r"^(?P<what>.+) (?P<when>in the last .+)$")
_SHARE = re.compile(r"^share of (?P<what>.+)$")
_TREND = re.compile(r"^(?P<what>.+): (?P<now>last .+) less the (?P<before>.+) before$")
_LAST_OF = re.compile(r"^(?P<what>.+): days since (?:the last|last recorded|(?P<first>first recorded))$")
_STAY = re.compile(r"^average days of an (?P<what>.+? stay), (?P<window>.+)$")
_REGISTERED = "days since registering"
_LAST = re.compile(r"^days since (?:the |their |an? )?(?P<which>last |latest |most recent |first )?(?P<what>.+)$")

EFI_GRADES = ((0.36, "Severe frailty"), (0.24, "Moderate frailty"), (0.12, "Mild frailty"))
"""Above so much of the electronic Frailty Index (Clegg 2016)."""


def meaning(feature: Feature) -> str:
    """What the feature is about: features of one meaning make one reason.

    The kind of care where it is one (`admission`, `ae`, `appointment` …), planned care apart; else its group; else what its
    concept is about, whichever code list says so (`condition.copd`, `acsc.copd`). What spans several kinds stands for itself.
    """
    families = {concept.partition(".")[0] for concept in feature.concept.split(" or ")}
    if len(families) > 1:
        return feature.group or feature.name
    family, _, about = feature.concept.split(" or ")[0].partition(".")
    if family in _KINDS_OF_CARE and about not in _PLANNED:
        return family
    return feature.group or about or family or feature.name


def spans(feature: Feature) -> bool:
    """Whether it counts several kinds of care at once."""
    families = {concept.partition(".")[0] for concept in feature.concept.split(" or ")}
    return len(families & _KINDS_OF_CARE) > 1


def is_absence(feature: Feature) -> bool:
    """Whether the feature says that something is not there; absence is not a reason."""
    return _ABSENCE.search(feature.means.lower()) is not None


def is_inferred(feature: Feature) -> bool:
    """Whether it is no fact about the person, but worked out from others' or about their surroundings."""
    return _INFERRED.search(f"{feature.means} {feature.unit}".strip()) is not None


def is_automatic(feature: Feature) -> bool:
    """Whether it is said in the form that every concept of a code list has (`pipeline.features.catalogue`)."""
    return _LISTED.match(feature.means) is not None or _LAST_OF.match(feature.means) is not None


def is_share(feature: Feature) -> bool:
    """Whether it is a part of a whole, from 0 to 1."""
    return _SHARE.match(feature.means) is not None


def is_tenth(feature: Feature) -> bool:
    """Whether it places the home's area among the tenths of England, 1 the worst."""
    return _TENTH.search(feature.means) is not None or feature.name == "imd_decile"


def phrase(feature: Feature, value: float) -> str:
    """One fact about a person, as a sentence without a full stop."""
    forms = (_frailty, _stay, _of_code_list, _tenth, _share, _count, _ago, _rise, _flag)
    said = next((text for form in forms if (text := form(feature, value))), "")
    return capital(said or f"{feature.means}: {_amount(feature, value)}").replace(_LONG, "(hospital diagnosis)")


def singular(means: str) -> str:
    """`emergency admissions in the last year` as said of one: its head noun in the singular."""
    head = _head(means)
    rest = means[len(head) :]
    for several, one in (("ies", "y"), ("noses", "nosis")):
        if head.endswith(several):
            return head.removesuffix(several) + one + rest
    return (head[:-1] if _is_plural(head) else head) + rest


def _head(means: str) -> str:
    """`emergency admissions` of `emergency admissions in the last year`."""
    found = _HEAD.search(means)
    return means[: found.start()] if found else means


def _is_plural(head: str) -> bool:
    return head.endswith("s") and not head.endswith(("ss", "us", "is"))


def capital(text: str) -> str:
    """The text with a capital first letter."""
    return text[:1].upper() + text[1:]


def _frailty(feature: Feature, value: float) -> str:
    grade = next((name for above, name in EFI_GRADES if value > above), "")
    return f"{grade} (electronic Frailty Index {value:.2f})" if feature.name == "frailty_index" and grade else ""


def _stay(feature: Feature, value: float) -> str:
    found = _STAY.match(feature.means)
    length = "less than a day" if value < 1 else words.things(round(value), "day")
    return f"{found['what']}s of {length} on average, {found['window']}" if found else ""


def _of_code_list(feature: Feature, value: float) -> str:
    """Facts in the form `what: how`."""
    found = _LISTED.match(feature.means)
    if found is None:
        return ""
    what, rest = found["what"], found["rest"]
    first, _, window = rest.removeprefix("times recorded ").removeprefix("times ").partition(" ")
    if rest == "recorded":
        return f"{what}: on the record"
    if rest.startswith("times"):
        done = "prescribed" if feature.concept.startswith("rx.") else "recorded"
        return f"{what}: {done} {_times(value)} {first} {window}"
    if rest.startswith("items"):
        return f"{what}: {words.number(value)} {'item' if value == 1 else 'items'} {window}"
    if rest.startswith("change"):
        return f"{what}: {'up' if value > 0 else 'down'} by {_amount(feature, abs(value))} {window}"
    return f"{what}: {_amount(feature, value)}" + (f", {rest}" if rest.startswith("average") else "")


def _tenth(feature: Feature, value: float) -> str:
    found = _TENTH.match(feature.means)
    if not is_tenth(feature):
        return ""
    what = found["what"] if found else "deprivation"
    most = "most deprived" if what == "deprivation" else "worst"
    return (
        f"home in one of the {10 * value:.0f}% {most} areas of England{'' if what == 'deprivation' else f' for {what}'}"
    )


def _share(feature: Feature, value: float) -> str:
    found = _SHARE.match(feature.means)
    return f"{words.percent(value) if value < 1 else '100%'} of {found['what']}" if found else ""


def _count(feature: Feature, value: float) -> str:
    is_number_of_things = feature.statistic == "score" and _THINGS.match(feature.means) and not feature.unit
    if feature.statistic not in COUNTED and not is_number_of_things:
        return ""
    happened = _WITHIN.match(feature.means) if feature.statistic == "count" else None
    if happened and not _is_plural(_head(happened["what"])):
        return f"{happened['what']} {_times(value)} {happened['when']}"
    return f"{words.number(value)} {singular(feature.means) if value == 1 else feature.means}"


def _ago(feature: Feature, value: float) -> str:
    if feature.statistic not in SINCE and not feature.means.startswith(_REGISTERED):
        return ""
    listed, found = _LAST_OF.match(feature.means), _LAST.match(feature.means)
    ago = f"{words.duration(value)} ago"
    if listed:
        done = "prescribed" if feature.concept.startswith("rx.") else "recorded"
        return f"{listed['what']}: {'first' if listed['first'] else 'last'} {done} {ago}"
    if found is None:
        return f"{feature.means}: {words.duration(value)}"
    what = found["what"].replace("registering", "registered")
    what = what.replace("anyone in the NHS last saw the person", "last seen by anyone in the NHS")
    is_sentence = " was " in what or what.startswith(("registered", "last seen"))
    return f"{what} {ago}" if is_sentence else f"{found['which'] or 'last '}{found['what']} {ago}"


def _rise(feature: Feature, value: float) -> str:
    found = _TREND.match(feature.means)
    if feature.statistic == "trend" and found:
        what = singular(found["what"]) if value == 1 else found["what"]
        return f"{words.number(value)} more {what} in the {found['now']} than in the {found['before']} before"
    if feature.statistic in ("trend", "change"):
        return f"{feature.means}: {'up' if value > 0 else 'down'} by {_amount(feature, abs(value))}"
    return ""


def _flag(feature: Feature, value: float) -> str:
    """A fact that is simply so."""
    is_flag = feature.statistic in ("ever", "fact", "score") and value == 1 and not feature.unit
    is_measure = _MEASURED.search(feature.means) and not _COMPARED.search(feature.means)
    return feature.means if is_flag and not is_measure else ""


def _times(value: float) -> str:
    return {1: "once", 2: "twice"}.get(round(value), f"{words.number(value)} times")


def _amount(feature: Feature, value: float) -> str:
    unit = _ONE.get(feature.unit, feature.unit) if round(value, 1) == 1 else feature.unit
    return f"{words.number(round(value, 1))} {unit}".rstrip()
