"""Works out what published counts reveal, by linear programming. Every count is an unknown, and every page gives sums
of them.

The attacker knows the rules of `pipeline.disclosure` and combines the pages of all months. It even knows which hidden
counts are 1 to 7 and which were hidden only to protect those.
"""

from __future__ import annotations

import itertools
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csr_array, vstack

from pipeline import disclosure
from pipeline.disclosure import HIDE_UP_TO, Count

MOST = 1_000_000
"""An upper limit for unknown counts, larger than any population here."""
ROUNDING = 2
"""A shown count is at most this far from the true one."""

Cell = Hashable
Range = tuple[float, float]


@dataclass
class Attacker:
    """Unknown counts, and what is known about each and about their sums."""

    known: dict[Cell, Range] = field(default_factory=dict)
    sums: list[tuple[dict[Cell, int], Range]] = field(default_factory=list)
    truth: dict[Cell, int] = field(default_factory=dict)

    def see(self, cell: Cell, true: int, shown: Count) -> None:
        """Add a count on a page. `true` is used to check the result and to mark which hidden counts are small."""
        self.truth[cell] = true
        self.known[cell] = seen_range(true, shown)

    def line(self, cells: Sequence[Cell], shown: Sequence[Count], total: Count) -> None:
        """Add a line of counts with its total, which limits the hidden ones together."""
        hidden = [cell for cell, count in zip(cells, shown, strict=True) if count is None]
        if total is None:
            true = sum(self.truth[cell] for cell in cells)
            self.sums.append((dict.fromkeys(cells, 1), seen_range(true, None)))
        elif hidden:
            together = total - sum(count for count in shown if count is not None)
            self.sums.append((dict.fromkeys(hidden, 1), sum_range(together, [self.truth[cell] for cell in hidden])))

    def same(self, first: Sequence[Cell], second: Sequence[Cell]) -> None:
        """Add the fact that two counts are of the same people."""
        coefficients = dict.fromkeys(first, 1)
        for cell in second:
            coefficients[cell] = coefficients.get(cell, 0) - 1
        self.sums.append((coefficients, (0, 0)))

    def worked_out(self) -> dict[Cell, Range]:
        """Work out the lowest and highest possible value of every count, from everything known."""
        found: dict[Cell, Range] = {}
        for cells, sums in self._parts():
            found |= solved(cells, {cell: self.known[cell] for cell in cells}, sums)
        return found

    def _parts(self) -> list[tuple[list[Cell], list[tuple[dict[Cell, int], Range]]]]:
        """Group counts that are linked by sums, with these sums. Separate groups do not affect each other."""
        parent: dict[Cell, Cell] = {cell: cell for cell in self.known}

        def root(cell: Cell) -> Cell:
            while parent[cell] != cell:
                parent[cell] = parent[parent[cell]]
                cell = parent[cell]
            return cell

        for coefficients, _ in self.sums:
            for one, other in itertools.pairwise(coefficients):
                parent[root(one)] = root(other)
        cells: dict[Cell, list[Cell]] = {}
        for cell in self.known:
            cells.setdefault(root(cell), []).append(cell)
        sums: dict[Cell, list[tuple[dict[Cell, int], Range]]] = {}
        for each in self.sums:
            sums.setdefault(root(next(iter(each[0]))), []).append(each)
        return [(own, sums.get(place, [])) for place, own in cells.items()]


def seen_range(true: int, shown: Count) -> Range:
    """The range that a count on a page shows by itself."""
    if shown is None:
        return (min(true, 1), HIDE_UP_TO) if true <= HIDE_UP_TO else (HIDE_UP_TO + 1, MOST)
    return (shown, shown) if shown == 0 else (max(shown - ROUNDING, HIDE_UP_TO + 1), shown + ROUNDING)


def sum_range(together: int, hidden: Sequence[int]) -> Range:
    """All sums of hidden counts that would give a total this share."""
    if max(hidden) > HIDE_UP_TO:
        return together - ROUNDING if together > len(hidden) + 2 * ROUNDING else 0, together + ROUNDING
    least = sum(min(count, 1) for count in hidden)
    fits = [n for n in range(least, HIDE_UP_TO * len(hidden) + 1) if share_of(n, len(hidden)) == together]
    return min(fits), max(fits)


def share_of(together: int, number: int) -> Count:
    """What a total reveals about `number` hidden counts of 1 to 7 that add up to `together`, next to a large one."""
    each, more = divmod(together, number)
    counts = [each + (n < more) for n in range(number)]
    total = disclosure.total([*counts, 1000], [*([None] * number), 1000])
    return None if total is None else total - 1000


def solved(cells: list[Cell], known: dict[Cell, Range], sums: list[tuple[dict[Cell, int], Range]]) -> dict[Cell, Range]:
    """Solve one group: the lowest and highest value of each count, as whole numbers."""
    if not sums:
        return known
    place = {cell: n for n, cell in enumerate(cells)}
    rows = [(n, place[cell], value) for n, (line, _) in enumerate(sums) for cell, value in line.items()]
    matrix = csr_array(
        ([value for *_, value in rows], ([row for row, *_ in rows], [column for _, column, _ in rows])),
        shape=(len(sums), len(cells)),
    )
    low, high = (np.array([bounds[side] for _, bounds in sums]) for side in (0, 1))
    both = vstack([matrix, -matrix])
    limits = np.concatenate([high, -low])
    bounds = [known[cell] for cell in cells]
    found = {}
    for cell in cells:
        aim = np.zeros(len(cells))
        aim[place[cell]] = 1
        ends = [linprog(sign * aim, A_ub=both, b_ub=limits, bounds=bounds, method="highs") for sign in (1, -1)]
        if not all(end.success for end in ends):
            raise AssertionError("the pages contradict each other: the attack is not set up rightly")
        found[cell] = (float(np.ceil(ends[0].fun - 1e-6)), float(np.floor(-ends[1].fun + 1e-6)))
    return found
