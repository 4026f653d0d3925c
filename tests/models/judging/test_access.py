"""Need at the same score and admissions at the same need: planted differences are found, equal groups raise no alarm,
and figures agree with ones worked out by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from models import storage
from models.judging import access, fairness
from models.judging.figures import Access
from models.judging.test_dates import load_test
from models.metrics import expit
from tests.benchmarks.access import audited

ETHNIC = ("ethnic_group", "Asian")
DEPRIVED = ("deprivation_fifth", "1")


@pytest.mark.parametrize("harder", [ETHNIC, DEPRIVED])
def test_a_third_fewer_admissions_of_a_group_are_found(harder):
    rows = audited(1, harder)
    assert [(row.group, row.value) for row in rows if row.less_access] == [harder]


def test_nothing_is_found_where_need_alone_differs():
    assert not any(row.less_access for seed in range(4) for row in audited(seed, None))


def test_a_group_with_less_need_has_no_fewer_admissions_than_its_need_says():
    # Two measures of need, each half noise; the second group has less need and the same access.
    rng = np.random.default_rng(5)
    less = np.arange(40_000) % 4 == 0
    need = rng.normal(0, 1, 40_000) - less
    measures = [need + rng.normal(0, 1, 40_000) for _ in range(2)]
    y = (rng.random(40_000) < expit(need - 2)).astype(np.int8)
    ones = np.ones(len(y))
    taken = access._expected(np.column_stack([ones, access.likely_need(measures, [less, ~less])]), y)
    assert access.admissions(y, taken, less)[0].value == pytest.approx(1, abs=0.08)
    as_they_are = access._expected(np.column_stack([ones, *measures]), y)
    assert access.admissions(y, as_they_are, less)[0].value < 0.85


def test_measures_are_as_reliable_as_what_they_have_in_common():
    rng = np.random.default_rng(6)
    common, noise = rng.normal(0, 1, 20_000), rng.normal(0, 1, (2, 20_000))
    assert access.reliability(common + noise) == pytest.approx(2 / 3, abs=0.02)
    assert access.reliability(np.array([common, common])) == pytest.approx(1)
    assert access.reliability(noise) == access.LEAST_RELIABLE
    assert access.reliability(noise[:1]) == 1


def test_a_score_that_knows_the_group_carries_what_it_lacks():
    row = next(row for row in audited(1, DEPRIVED) if (row.group, row.value) == DEPRIVED)
    assert row.more_need
    assert row.need_at_same_score.low > 0
    assert access.notices([row])[0].detail.endswith("the score is too low for what they need.")


def test_a_difference_and_its_chance_by_hand():
    values, rows = np.array([1.0, 2, 3, 4, 5, 6]), np.array([False, False, False, True, True, True])
    found, chance = access.difference(values, rows)
    assert found.value == pytest.approx(3)
    assert found.low < 3 < found.high
    rng = np.random.default_rng(0)
    shuffled = [
        abs(np.subtract(*(values[part].mean() for part in (dealt, ~dealt))))
        for dealt in rng.permuted(np.tile(rows, (4000, 1)), axis=1)
    ]
    assert np.var(shuffled) + np.mean(shuffled) ** 2 == pytest.approx(values.var() * (2 / 3) * 6 / 5, rel=0.05)
    assert 0 < chance < 0.2


def test_admissions_over_expected_by_hand():
    y, expected = np.array([1, 0, 0, 0, 1, 1, 0, 0], np.int8), np.full(8, 0.4)
    found, _ = access.admissions(y, expected, np.arange(8) < 4)
    assert found.value == pytest.approx((1 / 1.6) / (2 / 1.6))
    assert found.low < found.value < found.high


@pytest.mark.parametrize(("outcome", "death"), [("unplanned_admission", {access.DEATH}), ("unplanned_or_death", set())])
def test_groups_of_a_site_are_audited_once_for_each_person(site, monkeypatch, outcome, death):
    test = load_test(site.test, site.plan)
    died, test = test.outcome("died"), replace(test, plan=replace(test.plan, outcome=outcome))
    monkeypatch.setattr(type(test), "outcome", lambda _, __: died)
    rows = access.audit(test, test.risks(storage.load(site.model.path)), fairness.groupings(test))
    named = {(row.group, row.value) for row in rows}
    assert named == {("ethnic_group", "White"), ("ethnic_group", "Black"), *(("deprivation_fifth", f) for f in "12345")}
    assert all(isinstance(row, Access) and set(row.by_measure) == {"long_term_conditions", *death} for row in rows)
    assert not any(row.less_access for row in rows)
