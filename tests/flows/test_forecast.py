"""What `check` forecasts is what `run` finds, and what would stop a run is reported by `check`."""

from __future__ import annotations

import datetime as dt

import pytest

from flows.forecast import forecast
from pipeline import events, ingest, outcomes, snapshots
from tests.pipeline.ingest.extracts_on_disk import Extracts

HEAD = "person_id,practice_code,registered_from,registered_to,birth_month,sex\n"
PEOPLE = "".join(f"p{n},A00001,2015-01-01,{'2021-06-01' if n == 9 else ''},1950-01-01,1\n" for n in range(10))
STAYS = "person_id,admission_date,discharge_date,admission_method\n" + "".join(
    f"p{n},{year}-0{month}-03,{year}-0{month}-05,21\n"
    for n, year, month in [(0, 2019, 2), (1, 2019, 5), (2, 2020, 3), (3, 2021, 3), (4, 2022, 7), (0, 2023, 1)]
)
AS_OF = dt.date(2023, 4, 1)


@pytest.fixture
def extracts(tmp_path):
    found = Extracts(tmp_path, as_of=AS_OF, minimum_events=1)
    return found.write("registrations", HEAD + PEOPLE).write("admissions", STAYS)


def seen(extracts):
    with ingest.checked(extracts.settings()) as (receipt, _):
        return forecast(extracts.settings(), receipt)


def test_people_and_outcomes_of_each_date(extracts):
    found = seen(extracts)
    assert found.as_of == AS_OF
    values = {(window.use, window.as_of): (window.people, window.outcomes, window.left) for window in found.windows}
    assert values["score", AS_OF] == (9, None, None)
    assert values["test", dt.date(2022, 4, 1)] == (9, 2, 0)
    assert values["train", dt.date(2021, 4, 1)] == (10, 0, 1)
    assert found.problems == []


def test_it_is_what_the_snapshots_hold(extracts):
    settings, store = extracts.settings(), extracts.store
    receipt = extracts.ingest()
    known = outcomes.outcome_events(settings, receipt, "unplanned_admission")
    window = next(w for w in seen(extracts).windows if w.use == "test")
    log = events.build_log(settings, receipt, store)
    taken = snapshots.take(settings, receipt, log, window.as_of, store)
    assert (taken.rows, known.dates.height) == (window.people, 6)


def test_too_few_outcomes_nobody_to_score_and_dates_that_do_not_fit(extracts):
    extracts.run["minimum_events"] = 500
    assert "at least 500 are needed" in seen(extracts).problems[0]
    extracts.run |= {"minimum_events": 1, "minimum_age": 99}
    assert any("nobody is on a list at the as-of date 2023-04-01" in problem for problem in seen(extracts).problems)
    extracts.run |= {"minimum_age": 18, "horizon_days": 3000}
    assert "no training date fits" in seen(extracts).problems[0]


def test_without_a_required_table_nothing_is_forecast(extracts):
    assert seen(extracts.without("admissions")).windows == []
