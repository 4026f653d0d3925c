"""The compiled pass and the oracle agree with the tables of `cases`, and the reference page written from them is
current."""

from __future__ import annotations

import pytest

from pipeline.features import declare
from tests.spec import oracle, reference
from tests.spec.cases import AS_OF, CASES, HISTORY_DAYS, events
from tests.spec.counted import compute


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.title)
def test_the_compiled_pass(case):
    found = compute({"feature": case.feature}, events(case.events), sorted(case.expected), AS_OF, HISTORY_DAYS)
    assert found["feature"] == case.expected


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.title)
def test_oracle(case):
    rows = events(case.events)
    values = {person: oracle.value(case.feature, rows, person, AS_OF, HISTORY_DAYS) for person in case.expected}
    assert values == case.expected


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.title)
def test_the_declaration_shown_is_the_one_tested(case):
    assert eval(case.declared, vars(declare)) == case.feature


def test_every_statistic_has_a_case():
    assert {case.statistic for case in CASES} == {*declare.STATISTICS} - {"fact", "score"}


def test_the_reference_page_is_current():
    assert reference.main(["--check"]) == 0
