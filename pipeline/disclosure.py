"""Small numbers: the one door for counts of people that are published (docs/explanation/small-numbers.md says it in
full).

NHS England's rule for HES and ECDS below national level: 1 to 7 is hidden and shown as `*`, every other count is
rounded to the nearest 5, zero is shown (change to disclosure control methodology, September 2018). Percentages and
rates come from the rounded numbers. Beyond the rule, no line of a table has a single hidden count (secondary
suppression), and a total is the sum of what is shown of its parts, so that it tells nothing that they do not: whatever
is added, subtracted or compared, over pages and over months, leaves each count as uncertain as its own rounding made
it.
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
"""What pages say of their counts."""
EVENTS_A_STEP = 2.5
STEPS = (0.01, 0.1, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0)
"""What rates per 100 are rounded to: the finest of which one step is at least EVENTS_A_STEP events; the last is enough
for the fewest people of whom anything is shown."""
MARGIN = 2
"""The least by which a total's share for hidden counts stays away from the sum that would give each of them away."""


def percentage(part: Count, whole: Count) -> str:
    """A percentage of protected counts as printed; hidden where either is."""
    if part is None or not whole:
        return HIDDEN
    percent = 100 * part / whole
    return "under 1%" if 0 < percent < 1 else f"{percent:.0f}%"


def rate(events: Count, people: Count, per: int = 1000) -> float | None:
    """Events per so many people, of protected counts; None where either is hidden."""
    return None if events is None or not people else per * events / people


def protect_table(counts: Mapping[str, Sequence[int]], few: Collection[str] = ()) -> dict[str, list[Count]]:
    """A table of counts whose rows and columns are both shown with their totals.

    Rows by name (clusters, say), columns the categories of one partition of people. No row and no column is left with a
    single hidden count, unless its total is hidden too. Zeros stay where there is anything else to hide. Rows named in
    `few` are hidden whatever they hold: events of a few people, say.
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
    """The counts of one thing by place, those of `few` people hidden, and their total."""
    as_shown = {name: row[0] for name, row in protect_table({name: [n] for name, n in counts.items()}, few).items()}
    return as_shown, total(list(counts.values()), list(as_shown.values()))


def total(counts: Sequence[int], as_shown: Sequence[Count]) -> Count:
    """The total of some counts as it may be shown: the sum of what is shown of each, with the hidden ones taken
    together."""
    if protect(sum(counts)) is None:
        return None
    hidden = [count for count, each in zip(counts, as_shown, strict=True) if each is None]
    return sum(each for each in as_shown if each is not None) + _taken_together(hidden)


def per_hundred(value: float, people: float, *, sign: bool = False) -> str:
    """A rate per 100 people as printed: so coarse that it fits several counts of them, never one alone."""
    step = next((each for each in STEPS if each * people >= 100 * EVENTS_A_STEP), STEPS[-1])
    places = max(0, -math.floor(math.log10(step)))
    return f"{step * round(value / step) + 0.0:{'+' if sign else ''}.{places}f}".replace("-", "\N{MINUS SIGN}")


def _taken_together(hidden: Sequence[int]) -> int:
    """The sum of hidden counts, rounded, and away from both ends where only one set of counts could make it up."""
    if not hidden:
        return 0
    least, most = len(hidden) + MARGIN, HIDE_UP_TO * len(hidden) - MARGIN
    rounded = max(_nearest(sum(hidden)), -(-least // ROUND_TO) * ROUND_TO)
    return rounded if max(hidden) > HIDE_UP_TO else min(rounded, most // ROUND_TO * ROUND_TO)


def _nearest(count: int) -> int:
    return (count + ROUND_TO // 2) // ROUND_TO * ROUND_TO


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
