"""Column names that suggest something which identifies a person."""

from __future__ import annotations

import re

_WHOSE = (
    r"(?:patients?|persons?|pat|pt|clients?|serviceusers?|customers?|members?|residents?|applicants?|tenants?|subjects?|carers?|nok|nextofkin|"
    r"mothers?|fathers?|parents?|guardians?|(?:emergency)?contact|home|work|personal|private|current|previous|former|main|primary|secondary|"
    r"usual|permanent|temporary|correspondence|full|preferred|alternative|daytime|evening|registered|birth|legal|new|residential|person)*"
)
_TAIL = r"(?:numbers?|no|num|text|full|line|value)*[0-9]*"
_MEANINGS = {
    "NHS numbers": r"nhs(?:no|num|number|id)?|chi(?:no|number)|hcnumber|nino|ninumber|nationalinsurance(?:no|number)?",
    "names": r"(?:sur|last|family|fore|first|given|middle|maiden|full)names?|names?|knownas|initials|nextofkin",
    "addresses": r"address(?:es)?(?:line)?|addr|homeadd|street(?:name)?|numberandstreet|uprn|(?:house|flat)(?:name|number|no)(?:flat)?",
    "postcodes": r"postcodes?|postalcode|postcd|pcds|pcd|zip(?:code)?|postcodeof(?:usual|home)?address",
    "telephone numbers": r"(?:tele)?phones?|tel|mobiles?(?:phone|tel)?|landline|cell(?:phone)?|fax",
    "e-mail addresses": r"emails?(?:address(?:es)?)?",
}
_BIRTH = re.compile(
    rf"{_WHOSE}(?:dob|doby?full|dateofbirth|birthda(?:te|y)|birthdt|birthdatetime|datetimeofbirth|dtofbirth|birthtime){_TAIL}"
)
_NAMES = {meaning: re.compile(rf"{_WHOSE}(?:{pattern}){_TAIL}") for meaning, pattern in _MEANINGS.items()}


def _bare(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def meaning(name: str) -> str | None:
    """What a column of this name holds about a person, or None. Names that say derived or masked give None."""
    bare = _bare(name)
    return next((meaning for meaning, pattern in _NAMES.items() if pattern.fullmatch(bare)), None)


def means_birth_date(name: str) -> bool:
    """Whether the name suggests full birth dates. Its values decide, because it may hold only months."""
    return _BIRTH.fullmatch(_bare(name)) is not None
