"""Small numbers: what may be shown of counts of people.

NHS England's rule for HES and ECDS below national level: 1 to 7 is hidden and shown as `*`, every other count is rounded to
the nearest 5, zero is shown (change to disclosure control methodology, September 2018). Percentages come from the rounded
numbers. Beyond the rule, a count that could be had by subtracting shown ones from a shown total is hidden as well (secondary
suppression), over every file that shows part of the same table.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from data_schemas.small_numbers import HIDDEN, HIDE_UP_TO, ROUND_TO, Count, protect, shown

__all__ = [
    "HIDDEN", "HIDE_UP_TO", "ROUND_TO", "Count", "percentage", "protect", "protect_table", "rate", "shown",
]  # fmt: skip


def percentage(part: Count, whole: Count) -> str:
    """A percentage of protected counts as printed; hidden where either is."""
    if part is None or not whole:
        return HIDDEN
    percent = 100 * part / whole
    return "under 1%" if 0 < percent < 1 else f"{percent:.0f}%"


def rate(events: Count, people: Count, per: int = 1000) -> float | None:
    """Events per so many people, of protected counts; None where either is hidden."""
    return None if events is None or not people else per * events / people


def protect_table(counts: Mapping[str, Sequence[int]]) -> dict[str, list[Count]]:
    """A table of counts whose rows and columns are both shown with their totals.

    Rows by name (clusters, say), columns the categories of one partition of people. No row and no column is left with a single
    hidden count, unless its total is hidden too. Zeros stay where there is anything else to hide.
    """
    names = list(counts)
    cells = [list(counts[name]) for name in names]
    hidden = {(r, c) for r, row in enumerate(cells) for c, count in enumerate(row) if protect(count) is None}
    while more := _exposed(cells, hidden):
        hidden.add(more)
    return {
        name: [None if (r, c) in hidden else protect(count) for c, count in enumerate(cells[r])]
        for r, name in enumerate(names)
    }


def _exposed(cells: list[list[int]], hidden: set[tuple[int, int]]) -> tuple[int, int] | None:
    """The next count to hide, in a line with exactly one hidden and a total that is shown: the smallest, zeros last."""
    for line in _lines(cells):
        total = sum(cells[r][c] for r, c in line)
        if total > HIDE_UP_TO and sum(place in hidden for place in line) == 1:
            others = [(cells[r][c] == 0, cells[r][c], r, c) for r, c in line if (r, c) not in hidden]
            if others:
                return min(others)[2:]
    return None


def _lines(cells: list[list[int]]) -> Iterable[list[tuple[int, int]]]:
    width = len(cells[0]) if cells else 0
    yield from ([(r, c) for c in range(width)] for r in range(len(cells)))
    if len(cells) > 1:
        yield from ([(r, c) for r in range(len(cells))] for c in range(width))
