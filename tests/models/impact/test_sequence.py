"""Confidence sequences: worked out by hand, and right in every month at once."""

from __future__ import annotations

import numpy as np
import pytest

from models.impact.sequence import expected_before, half_width, looks, scores, tightest_at


def test_the_width_by_hand() -> None:
    # t = 100, r = 0.1: sqrt(2 * 2 / 100 * log(sqrt(2) / 0.05)).
    assert half_width(100, 0.1) == pytest.approx(np.sqrt(0.04 * np.log(np.sqrt(2) / 0.05)))


def test_it_is_narrowest_where_it_was_asked_to_be() -> None:
    r = tightest_at(500)
    widths = {people: half_width(people, r) * np.sqrt(people) for people in (50, 100, 300, 500, 800, 2000, 5000)}
    assert min(widths, key=lambda people: widths[people]) == 500


def test_a_score_is_unbiased_for_the_effect() -> None:
    # Drawn with probability 1/4: the four equally likely draws of one person with outcomes 7 offered and 3 not.
    found = scores(np.array([7.0, 3, 3, 3]), np.array([True, False, False, False]), np.full(4, 0.25), np.full(4, 2.0))
    assert found.mean() == pytest.approx(4.0)


def test_what_is_expected_never_looks_ahead() -> None:
    y, batch = np.array([1.0, 0, 1, 1, 0]), np.array([0, 0, 1, 1, 2])
    assert expected_before(y, batch, 0.3).tolist() == pytest.approx([0.3, 0.3, 0.5, 0.5, 0.75])


def covered(seed: int, effect: float, months: int = 24, people: int = 60) -> bool:
    """Whether the interval contains the truth at every check."""
    rng = np.random.default_rng(seed)
    batch = np.repeat(np.arange(months), people)
    offered = np.concatenate([rng.permutation(np.arange(people) < people // 2) for _ in range(months)])
    y = (rng.random(months * people) < 0.4 + effect * offered).astype(float)
    found = scores(y, offered, np.full(len(y), 0.5), expected_before(y, batch, 0.4))
    return all(look.low <= effect <= look.high for look in looks(found, batch, len(y)))


def test_the_interval_holds_at_all_of_24_months() -> None:
    assert sum(covered(seed, -0.04) for seed in range(100)) >= 95
