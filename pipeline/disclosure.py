"""Protects small numbers: every published count of people passes through this module (see
docs/explanation/small-numbers.md).

It uses NHS England's rule for HES and ECDS below national level: 1 to 7 is hidden and shown as `*`, every other count
is rounded to the nearest 5, and zero is shown (change to disclosure control methodology, September 2018). Percentages
and rates come from the rounded numbers. In addition, no line of a table has only one hidden count (secondary
suppression). A total is the sum of its parts as shown, so it reveals nothing more than they do. If you add, subtract or
compare counts over pages and months, each count stays as uncertain as its own rounding made it.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence

from data_schemas.small_numbers import HIDDEN, HIDE_UP_TO, ROUND_TO, Count, protect, shown

__all__ = [
    "HIDDEN", "HIDE_UP_TO", "ROUND_TO", "RULE", "Count", "per_hundred", "percentage", "protect", "protect_line", "protect_table", "rate",
    "shown", "total",
]  # fmt: skip

RULE = (
    f"Counts of 1 to {HIDE_UP_TO} are hidden ({HIDDEN}), and some others so that nobody can work those out. All others are rounded to "
    f"the nearest {ROUND_TO}. Totals are the sums of the rounded counts, and shares come from them."
)
"""The note on pages about their counts."""
EVENTS_A_STEP = 2.5
STEPS = (0.01, 0.1, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0)
"""Steps to which rates per 100 are rounded. A rate uses the finest step that covers at least EVENTS_A_STEP events. The
last step is coarse enough for the smallest number of people that is ever shown.
"""
MARGIN = 2
"""Smallest distance between a total's share for hidden counts and the sum that would reveal each of them."""


def percentage(part: Count, whole: Count) -> str:
    """A percentage of protected counts, as printed. Hidden if either count is hidden."""
    if part is None or not whole:
        return HIDDEN
    percent = 100 * part / whole
    return "under 1%" if 0 < percent < 1 else f"{percent:.0f}%"


def rate(events: Count, people: Count, per: int = 1000) -> float | None:
    """Events per `per` people, from protected counts. None if either count is hidden."""
    return None if events is None or not people else per * events / people


def protect_table(counts: Mapping[str, Sequence[int]], few: Collection[str] = ()) -> dict[str, list[Count]]:
    """Protect a table of counts that is shown with totals of rows and columns.

    Rows are by name (such as clusters); columns are the categories of one partition of people. No row or column is left
    with a single hidden count, unless its total is hidden too. Zeros stay if there is anything else to hide. Rows in
    `few` are always hidden, for example events of a few people.
    """
    names = list(counts)
    cells = [list(counts[name]) for name in names]
    hidden = {
        (r, c)
        for r, name in enumerate(names)
        for c, count in enumerate(cells[r])
        if name in few or protect(count) is None
    }
    while more := _exposed(cells, hidden):
        hidden.add(more)
    return {
        name: [None if (r, c) in hidden else protect(count) for c, count in enumerate(cells[r])]
        for r, name in enumerate(names)
    }


def protect_line(counts: Mapping[str, int], few: Collection[str] = ()) -> tuple[dict[str, Count], Count]:
    """Protect the counts of one thing by place, and their total. Counts of places in `few` are hidden."""
    as_shown = {name: row[0] for name, row in protect_table({name: [n] for name, n in counts.items()}, few).items()}
    return as_shown, total(list(counts.values()), list(as_shown.values()))


def total(counts: Sequence[int], as_shown: Sequence[Count]) -> Count:
    """The total of some counts, as it may be shown: the sum of the shown counts, and the hidden ones as one group."""
    if protect(sum(counts)) is None:
        return None
    hidden = [count for count, each in zip(counts, as_shown, strict=True) if each is None]
    return sum(each for each in as_shown if each is not None) + _taken_together(hidden)


def per_hundred(value: float, people: float, *, sign: bool = False) -> str:
    """A rate per 100 people, as printed. It is rounded so that several counts could have given it, never only one."""
    step = next((each for each in STEPS if each * people >= 100 * EVENTS_A_STEP), STEPS[-1])
    places = max(0, -math.floor(math.log10(step)))
    return f"{step * round(value / step) + 0.0:{'+' if sign else ''}.{places}f}".replace("-", "\N{MINUS SIGN}")


def _taken_together(hidden: Sequence[int]) -> int:
    """The rounded sum of hidden counts, kept away from the extremes at which only one set of counts could give it."""
    if not hidden:
        return 0
    least, most = len(hidden) + MARGIN, HIDE_UP_TO * len(hidden) - MARGIN
    rounded = max(_nearest(sum(hidden)), -(-least // ROUND_TO) * ROUND_TO)
    return rounded if max(hidden) > HIDE_UP_TO else min(rounded, most // ROUND_TO * ROUND_TO)


def _nearest(count: int) -> int:
    return (count + ROUND_TO // 2) // ROUND_TO * ROUND_TO


def _exposed(cells: list[list[int]], hidden: set[tuple[int, int]]) -> tuple[int, int] | None:
    """The next count to hide in a line with exactly one hidden count and a shown total: the smallest, zeros last."""
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
