"""Defines what is never printed about a person, in any output.

The subjects follow the codes that English GP systems keep out of shared records (gender identity, assisted conception,
sexually transmitted disease, HIV, termination of pregnancy, convictions and abuse by others), widened to all of sexual
and reproductive health, safeguarding, and the end of life, which the person may not know about. They may affect a risk,
but are never shown as a reason, a change, a strength or a need. Matching uses the starts of words in a feature's name,
concept, group and meaning. In doubt it hides a feature.
"""

from __future__ import annotations

import re

from data_schemas.receipts import Feature

SUBJECTS: dict[str, str] = {
    "abuse and violence": "abus, violen, assault, rape, batter, neglect, maltreat, traffick, slavery, perpetrat, coerci, fgm, "
    "female genital, forced marriage, honour based, grooming, intimate partner, stalking, exploitation",
    "safeguarding": "safeguard, child protection, child in need, looked after child, marac, adverse childhood",
    "sexual health": "sexual, homosex, bisex, hiv, gonorrh, chlamyd, syphil, genital, genitourinary, std, sti, stis, gum clinic, "
    "antiretrovir, sex work, prostitut",
    "reproductive health": "abortion, terminat, contracep, miscarr, pregnan, stillb, fertil, infertil, ivf, "
    "assisted conception, erectile, impoten, menopaus, hrt, hormone replacement, obstetric, maternity, antenatal, postnatal, "
    "childbirth, puerper, caesar, gynaecolog, pelvic inflam, endometrio, vasectom, sterilis, hysterect, family planning, "
    "cervical screening, cervical smear",
    "gender identity": "gender identity, gender reassign, gender dysphor, transgender, transsex",
    "offending": "convict, prison, imprison, offender, probation, custod, criminal",
    "end of life": "palliativ, end of life, terminal ill, terminal care, terminally, hospice, dying, life limiting, prognos",
}
"""Subject → the starts of words."""

SHORT = 4
"""Shorter stems must be whole words: `sti` is not the start of `still`."""

_PATTERN = re.compile(
    r"\b(?:"
    + "|".join(stem if len(stem) >= SHORT else rf"{stem}\b" for stem in ", ".join(SUBJECTS.values()).split(", "))
    + ")"
)


def is_restricted(feature: Feature) -> bool:
    """Whether nothing based on this feature may be printed about a person."""
    return feature.restricted or mentions(f"{feature.name} {feature.concept} {feature.group} {feature.means}")


def mentions(text: str) -> bool:
    """Whether a text mentions a restricted subject."""
    return _PATTERN.search(re.sub(r"[_.\-]+", " ", text.lower())) is not None
