"""The known name that somebody probably meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

SIMILAR = 0.5
"""How alike two names must be, as difflib counts it: 1 is the same name."""


def nearest(wanted: str | Iterable[str], known: Iterable[str], similar: float = SIMILAR) -> str:
    """`; nearest: …`, the known name most like one of those wanted, or nothing where none is near; case does not
    matter."""
    spelt = {name.casefold(): name for name in known}
    for name in [wanted] if isinstance(wanted, str) else wanted:
        if near := difflib.get_close_matches(name.casefold(), spelt, n=1, cutoff=similar):
            return f"; nearest: {spelt[near[0]]}"
    return ""
