"""Code notation: the plain codes that people mean by `I50.-`, `I50-I51` or `2.12`.

ICD: `I50.-`, `I50.x`, `I50%`, `I50*` and `G63.2*` (a dagger or asterisk code) all mean every code with that prefix.
`I50-I51` and `I50.1-I50.9` are ranges that include both ends. BNF: `2.12` and `02.12` are section 0212; `0212%` is a
prefix. SNOMED CT: a term in bars after the code is ignored. Anything else is refused, because it could never match.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from data_schemas import snomed

_DASHES = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-"))
_ICD10 = re.compile(r"[A-Z][0-9][0-9A-Z][0-9A-Z]{0,4}")
_ICD9 = re.compile(r"(?:[0-9]{3}[0-9]{0,2}|V[0-9]{2}[0-9]{0,2}|E[0-9]{3}[0-9]?)")
_ANY_ICD = re.compile(r"[0-9A-Z]{1,7}")
"""A code prefix: `F`, `F2`."""
_BNF = re.compile(r"[0-9]{2}[0-9A-Z]{0,13}")
_OPEN_END = re.compile(r"(?:\.?[-Xx_%*#]+|\.)$|[*+%†‡]$")
"""Endings that mean "every code with this prefix", and the dagger and asterisk marks."""
_RANGE = re.compile(r"([0-9A-Za-z.]+)\s*(?:-|:|\bto\b|\bTO\b)\s*([0-9A-Za-z.]+)")
_LONGEST_RANGE = 3000


class NotUnderstood(ValueError):
    """A code is written in an unknown notation. The message says what is accepted."""


def plain(system: str, code: str) -> list[str]:
    """The plain codes that one line of a list means. Raises `NotUnderstood` with the accepted notation."""
    return _READERS[system](code.strip().translate(_DASHES))


def _snomed(code: str) -> list[str]:
    bare = re.sub(r"\s*\|[^|]*\|?$", "", code)
    bare = re.sub(snomed.DECIMAL, r"\1", bare) if re.match(snomed.DECIMAL, bare) else bare
    if snomed.is_rounded(bare):
        raise NotUnderstood("was rounded by a spreadsheet; take the list from its source again and open it as text")
    if re.search(r"[\s<>,;|*%]", bare):
        raise NotUnderstood("is not one code; accepted: one SNOMED CT code a line, without operators")
    if snomed.is_shaped(bare) and not snomed.is_valid(bare):
        raise NotUnderstood(
            "does not have SNOMED CT's check digit, so a digit is wrong; copy it from its source again "
            '(system "local" takes a site\'s own codes)'
        )
    return [bare]


def _local(code: str) -> list[str]:
    if re.match(snomed.SCIENTIFIC, code) and "." in code:
        raise NotUnderstood("was rounded by a spreadsheet; give it as text")
    return [code]


def _icd(shape: re.Pattern[str], example: str) -> Callable[[str], list[str]]:
    def read(code: str) -> list[str]:
        if span := _RANGE.fullmatch(code):
            return _between(_bare(span[1]), _bare(span[2]), shape)
        bare = _bare(code)
        if not (shape.fullmatch(bare) or (len(bare) < _CATEGORY and _ANY_ICD.fullmatch(bare))):
            raise NotUnderstood(f"is not understood; accepted: {example}")
        return [bare]

    return read


_CATEGORY = 3
"""Characters of an ICD category."""


def _bare(code: str) -> str:
    """The code in capitals, without its dot or any mark at its end."""
    return _OPEN_END.sub("", _OPEN_END.sub("", code.strip())).replace(".", "").upper()


def _between(first: str, last: str, shape: re.Pattern[str]) -> list[str]:
    """Every code from one end to the other, at the same length: `I50` to `I51`, `I501` to `I509`, `C00` to `D48`."""
    if last.isdigit():  # I50.1-9, I50-51
        last = first[: len(first) - len(last)] + last
    if not (shape.fullmatch(first) and shape.fullmatch(last) and len(first) == len(last) and first <= last):
        raise NotUnderstood("is not a valid range; accepted: two codes of one length, the lower first, such as I50-I51")
    if not (first[1:] + last[1:]).isdigit():
        raise NotUnderstood("is a range over letters; give each code its own line")
    return _counted(first, last)


def _counted(first: str, last: str) -> list[str]:
    digits = len(first) - 1 if first[0].isalpha() else len(first)
    letters = [chr(c) for c in range(ord(first[0]), ord(last[0]) + 1)] if first[0].isalpha() else [""]
    codes = []
    for letter in letters:
        start = int(first[-digits:]) if letter in ("", first[0]) else 0
        end = int(last[-digits:]) if letter in ("", last[0]) else 10**digits - 1
        codes += [f"{letter}{number:0{digits}d}" for number in range(start, end + 1)]
        if len(codes) > _LONGEST_RANGE:
            raise NotUnderstood(
                f"is a range of more than {_LONGEST_RANGE:,} codes; give categories of three characters"
            )
    return codes


def _bnf(code: str) -> list[str]:
    bare = re.sub(r"[-%*.\s]+$", "", code).upper()
    if re.fullmatch(r"[0-9]{1,2}(\.[0-9]{1,2})+", bare):
        bare = "".join(part.zfill(2) for part in bare.split("."))
    if not _BNF.fullmatch(bare):
        raise NotUnderstood("is not understood; accepted: a BNF code or the beginning of one, such as 0212 or 2.12")
    return [bare]


_READERS: dict[str, Callable[[str], list[str]]] = {
    "snomed": _snomed,
    "local": _local,
    "icd10": _icd(_ICD10, "a code or the beginning of one (I50, I50.1, I50.-), or a range (I50-I51); one per line"),
    "icd9": _icd(_ICD9, "a code or the beginning of one (428, 428.0, V45), or a range (490-496); one per line"),
    "bnf": _bnf,
}
