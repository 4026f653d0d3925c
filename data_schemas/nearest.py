"""Suggests the known name that somebody probably meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

SIMILAR = 0.5
"""Smallest similarity of two names, as difflib measures it: 1 means identical."""


def nearest(wanted: str | Iterable[str], known: Iterable[str], similar: float = SIMILAR) -> str:
    """`; nearest: …` with the most similar known name, or an empty text if none is similar. Case does not matter."""
    spelt = {name.casefold(): name for name in known}
    for name in [wanted] if isinstance(wanted, str) else wanted:
        if near := difflib.get_close_matches(name.casefold(), spelt, n=1, cutoff=similar):
            return f"; nearest: {spelt[near[0]]}"
    return ""
