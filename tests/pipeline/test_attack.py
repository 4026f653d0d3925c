"""Nobody is found by combining pages and months. The attacker that shows this does find people where figures are
published badly.
"""

from __future__ import annotations

import pytest

from pipeline import disclosure
from tests.benchmarks.attacker import Attacker
from tests.benchmarks.disclosure import attack


def test_no_count_of_1_to_7_and_no_change_of_it_follows_from_all_pages_of_all_months() -> None:
    found = attack(people=700, months=2, seed=3)
    assert found.small > 40
    assert found.changes > 20
    assert found.recovered == []
    assert found.changes_recovered == []
    assert found.narrowest >= 3


def worked_out(true: list[int], shown: list[int | None], total: tuple[int, int]) -> list[tuple[float, float]]:
    attacker = Attacker()
    for n, pair in enumerate(zip(true, shown, strict=True)):
        attacker.see(n, *pair)
    attacker.sums.append((dict.fromkeys(range(len(true)), 1), total))
    return list(attacker.worked_out().values())


def test_the_attacker_finds_a_count_next_to_an_exact_total() -> None:
    assert worked_out([3, 20, 30], [None, 20, 30], (53, 53))[0] == (1, 7)
    assert worked_out([1, 18, 28], [None, 20, 30], (47, 47))[0] == (1, 1)


def test_the_attacker_finds_counts_next_to_a_total_rounded_by_itself() -> None:
    shown = [disclosure.protect(12)] * 4
    assert worked_out([12] * 4, shown, (48, 52)) == [(12, 12)] * 4  # 48, printed as 50 next to four times 10


def test_a_total_of_what_is_shown_leaves_every_count_as_it_was() -> None:
    attacker = Attacker()
    cells = {"a": 12, "b": 12, "c": 12, "d": 12}
    shown, total = disclosure.protect_line(cells)
    for name, true in cells.items():
        attacker.see(name, true, shown[name])
    attacker.line(list(cells), list(shown.values()), total)
    assert set(attacker.worked_out().values()) == {(8, 12)}


@pytest.mark.parametrize("true", [[1, 1, 90], [7, 7, 90], [1, 2, 3, 90], [7, 7, 7, 7, 90]])
def test_hidden_counts_keep_their_room(true: list[int]) -> None:
    attacker = Attacker()
    shown, total = disclosure.protect_line({str(n): count for n, count in enumerate(true)})
    for n, count in enumerate(true):
        attacker.see(n, count, shown[str(n)])
    attacker.line(list(range(len(true))), list(shown.values()), total)
    assert all(high - low >= 3 for low, high in list(attacker.worked_out().values())[:-1])
