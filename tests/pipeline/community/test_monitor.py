"""Indicators counted by hand, small numbers hidden, and control charts that stay silent if nothing happens."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pytest

from data_schemas.errors import ConfigurationError
from pipeline.community import site as pages
from pipeline.community.england import read_national
from pipeline.community.figures import Figure, against, against_england, change, since_last_year
from pipeline.community.indicators import NAMES, Year, season
from pipeline.community.monitor import BOROUGH, Monitor, monitor
from pipeline.community.rates import Rate
from pipeline.community.xmr import month_starts, trend
from tests.pipeline.community.sites import AS_OF, days, person, records, stay


def watched(seen: Monitor, name: str):
    (found,) = [each for each in seen.watched if each.indicator.name == name]
    return found


@pytest.fixture
def site(tmp_path: Path):
    people = [
        person(n, age=1 + (n * 7) % 94, sex="12"[n % 2], practice=f"P1000{1 + n % 3}", decile=1 + n % 10)
        for n in range(1900)
    ]
    stays = [stay(n, days(20 + n % 340)) for n in range(300)] + [
        stay(n, days(425 + n % 300), nights=4) for n in range(0, 300, 2)
    ]
    stays += [
        stay(n, days(12 + n % 340)) for n in range(40)
    ]  # a second stay, 8 days before the first and back within 30
    events = [(n, "strength.flu_vaccination", dt.date(2025, 10, 1), None) for n in range(0, 1900, 2)]
    return records(tmp_path / "s", people, events, stays, [(n, days(30 + n % 200)) for n in range(500)])


def test_admissions_by_hand(site) -> None:
    seen = watched(monitor(site, {}), "emergency_admissions")
    assert seen.now[BOROUGH].events == 345  # 340: 115 + 115 + 110 in three clusters
    assert seen.now[BOROUGH].people == 1905
    assert seen.now[BOROUGH].crude is not None
    assert seen.now[BOROUGH].crude.value == pytest.approx(100_000 * 345 / 1905)
    assert sum(figure.events or 0 for place, figure in seen.now.items() if place) == 345
    assert seen.before[BOROUGH].events == 150  # the others were not born in the middle of that year
    ratio = seen.change(BOROUGH)
    assert ratio is not None
    assert ratio.low > 1


def test_bed_days_count_nights_and_have_wider_limits_than_as_many_people(site) -> None:
    seen = watched(monitor(site, {}), "bed_days")
    assert seen.now[BOROUGH].events == 680
    crude = seen.now[BOROUGH].crude
    assert crude is not None
    assert (crude.high - crude.low) / crude.value > 1.3 * 2 * 1.96 / 680**0.5


def test_readmissions_look_30_days_ahead_and_no_further(site) -> None:
    seen = watched(monitor(site, {}), "readmissions")
    assert (
        seen.now[BOROUGH].events == 30
    )  # of the 40, the 27 whose first stay ended 30 days before the as-of date or earlier: 9 in each cluster


def test_flu_counts_the_last_full_season(site) -> None:
    found = watched(monitor(site, {}), "flu_vaccination_65").now[BOROUGH]
    assert found.headline is not None
    assert found.headline.value == pytest.approx(50, abs=2)
    assert season(Year(AS_OF)) == (dt.date(2025, 9, 1), dt.date(2026, 3, 1))
    assert season(Year(dt.date(2026, 2, 1))) == (dt.date(2024, 9, 1), dt.date(2025, 3, 1))


def test_what_the_extracts_do_not_hold_is_named(site) -> None:
    missing = {indicator.name for indicator in monitor(site, {}).missing}
    assert missing == {"acsc_admissions", "falls_65", "deaths_under_75", "health_checks"}


def test_falls_need_an_injury_and_a_fall(tmp_path: Path) -> None:
    stays = [stay(n, days(50)) | {"diag_01": "S720", "diag_02": "W010"} for n in range(20)]
    stays += [stay(n, days(50)) | {"diag_01": "J18", "diag_02": "W010"} for n in range(20, 40)]
    stays += [stay(n, days(50)) | {"diag_01": "S720"} for n in range(40, 60)]
    site = records(tmp_path / "s", [person(n, 80) for n in range(100)], (), stays)
    assert watched(monitor(site, {}), "falls_65").now[BOROUGH].events == 20


def test_someone_who_died_in_the_year_counts(tmp_path: Path) -> None:
    people = [person(n, 60) for n in range(200)]
    died = [person(n, 60, death_date=days(20 + n)) for n in range(200, 240)]
    found = watched(monitor(records(tmp_path / "s", people + died), {}), "deaths_under_75").now[BOROUGH]
    assert found.events == 40


def test_small_numbers_are_hidden_and_cannot_be_taken_off_the_borough(tmp_path: Path) -> None:
    people = [person(n, 50, practice=f"P1000{1 + n % 3}") for n in range(900)]
    stays = [stay(n, days(50)) for n in range(0, 9, 3)]  # three people of N01
    stays += [stay(n, days(60)) for n in range(1, 90, 3)] + [stay(n, days(60)) for n in range(2, 180, 3)]
    found = watched(monitor(records(tmp_path / "s", people, (), stays), {}), "emergency_admissions").now
    assert found["N01"].events is None
    assert found["N02"].events is None, "alone, N01 would be the borough less the others"
    assert found["N03"].events == 60


def test_words_for_differences() -> None:
    assert against(Rate(110, 105, 115), 100, "England") == "Higher than England"
    assert against(Rate(90, 85, 95), 100, "England") == "Lower than England"
    assert against(Rate(98, 90, 106), 100, "England") == "No different from England beyond chance"
    assert since_last_year(change(Rate(120, 115, 125), Rate(100, 95, 105))) == "Up 20% on the year before"
    assert since_last_year(change(Rate(102, 90, 115), Rate(100, 90, 110))) == "No change beyond chance"
    assert since_last_year(None) == ""


def test_england_is_compared_like_with_like() -> None:
    national = read_national(known=NAMES)
    figure = Figure(100, 1000, headline=Rate(5000, 4000, 6000), crude=Rate(20000, 19000, 21000))
    assert against_england(figure, national["emergency_admissions"]) == "Higher than England"  # crude with crude
    assert (
        against_england(figure, national["deaths_under_75"]) == "Higher than England"
    )  # standardised with standardised
    assert against_england(figure, None) == ""


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("falls,crude,1,2020,s,https://e", "line 2: indicator"),
        ("falls_65,age,1,2020,s,https://e", "line 2: measure: accepted"),
        ("falls_65,crude,lots,2020,s,https://e", "line 2: value"),
        ("falls_65,crude,1,2020,,https://e", "line 2: source: missing"),
    ],
)
def test_a_sites_own_rates_say_what_is_wrong(tmp_path: Path, line: str, problem: str) -> None:
    file = tmp_path / "rates.csv"
    file.write_text(f"indicator,measure,value,period,source,url\n{line}\n")
    with pytest.raises(ConfigurationError) as caught:
        read_national(file, NAMES)
    assert problem in str(caught.value.problems)


def test_charts_of_nothing_give_at_most_one_false_signal_in_a_hundred_points() -> None:
    months = month_starts(AS_OF)[:-1]
    rng, outside, points = np.random.default_rng(1), 0, 0
    for _ in range(1000):
        events = dict(zip(months, rng.poisson(200, len(months)).tolist(), strict=True))
        found = trend(months, dict.fromkeys(months, 20_000), events)
        assert found is not None
        points += len(found.rates)
        outside += sum(not found.low <= rate <= found.high for rate in found.rates)
    assert outside / points <= 0.01


def test_pages_and_figures_of_every_place(site) -> None:
    seen = pages.monitored(site)
    names = {"N01": "North", "N02": "Central", "N03": "South"}
    for place in pages.places("Wigan", names):
        text = pages.monitor_page(seen, "Wigan", place, names).decode()
        assert "In short" in text
        assert "Emergency admissions" in text
    data = pages.monitor_json(seen, "Wigan")
    assert data["indicators"]["emergency_admissions"]["places"]["borough"]["events"] == 345
    assert data["missing"] == ["acsc_admissions", "falls_65", "deaths_under_75", "health_checks"]


def test_charts_count_people_and_events_only_of_the_indicators_ages(tmp_path: Path) -> None:
    people = [person(n, 80 if n < 400 else 30) for n in range(800)]
    fell = {"diag_01": "S720", "diag_02": "W010"}
    stays = [
        stay(at + n, month + dt.timedelta(days=n)) | fell
        for month in month_starts(AS_OF)[:-1]
        for at in (0, 400)
        for n in range(12)
    ]
    seen = watched(monitor(records(tmp_path / "s", people, (), stays), {}), "falls_65")
    assert set(seen.months[BOROUGH].rates) == {1000 * 10 / 400}
    assert seen.now[BOROUGH].events == 145
