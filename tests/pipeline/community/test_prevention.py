"""Prevention: who is due, compared with a plain-Python oracle that shares no code, and what pages may say about it."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.community.guidance import RULES
from pipeline.community.prevention import gap, judged, people_to_reach, prevention, share_ratio
from pipeline.community.recorded import concepts_in
from tests.pipeline.community.sites import AS_OF, Event, concepts, days, person, records

CHECK = "strength.health_check"
BARRED = (
    "condition.chd", "condition.ckd", "condition.diabetes", "condition.hypertension", "condition.af", "condition.tia", "condition.stroke",
    "condition.heart_failure", "condition.pad", "prevention.familial_hypercholesterolaemia",
)  # fmt: skip
SEEN = (
    *BARRED,
    CHECK,
    "rx.statin",
    "rx.anticoagulant",
    "strength.flu_vaccination",
    "condition.copd",
    "prevention.qrisk",
)


def oracle(age: int, events: list[Event]) -> dict[str, bool | None]:
    """Whether a check is due (True), done (False) or not for this person (None), following the guidance event by
    event."""
    known = [(name, (AS_OF - day).days, value) for _, name, day, value in events if day < AS_OF]
    names = {name for name, _, _ in known}

    def recently(name: str, limit: int) -> bool:
        return any(seen == name and ago <= limit for seen, ago, _ in known)

    qrisks = sorted((-ago, value) for name, ago, value in known if name == "prevention.qrisk" and ago <= 1826)
    at_high_risk = bool(qrisks) and qrisks[-1][1] >= 20
    found: dict[str, bool | None] = {}
    invited = 40 <= age <= 74 and not names & set(BARRED) and not recently("rx.statin", 365) and not at_high_risk
    found["nhs-health-check"] = not recently(CHECK, 1826) if invited else None
    diseased = names & {"condition.chd", "condition.stroke", "condition.tia", "condition.pad"}
    found["cvd-statin"] = not recently("rx.statin", 183) if diseased else None
    found["copd-flu"] = not recently("strength.flu_vaccination", 365) if "condition.copd" in names else None
    points = sum(name in names for name in ("condition.heart_failure", "condition.hypertension", "condition.diabetes"))
    points += bool(names & {"condition.chd", "condition.pad"}) + (age >= 65) + (age >= 75)
    points += 2 * bool(names & {"condition.stroke", "condition.tia"})
    found["af-anticoagulant"] = (
        not recently("rx.anticoagulant", 183) if "condition.af" in names and points >= 2 else None
    )
    return found


event = st.tuples(st.sampled_from(SEEN), st.integers(-40, 2400), st.integers(1, 60))


@settings(max_examples=25)
@given(st.lists(st.tuples(st.integers(30, 90), st.lists(event, max_size=6)), min_size=1, max_size=12))
def test_denominators_and_those_due_equal_a_brute_force_oracle(
    tmp_path_factory: pytest.TempPathFactory, people: list
) -> None:
    folder = tmp_path_factory.mktemp("site") / "s"
    histories = {
        number: [
            (number, name, days(ago), float(value) if name == "prevention.qrisk" else None)
            for name, ago, value in events
        ]
        for number, (_, events) in enumerate(people)
    }
    site = records(
        folder, [person(n, age) for n, (age, _) in enumerate(people)], [e for each in histories.values() for e in each]
    )
    rules = [rule for rule in RULES if rule.name in oracle(50, [])]
    found = judged(site, AS_OF, rules).sort("person")
    for number, (age, _) in enumerate(people):
        same_day = [e for e in histories[number] if e[1] == "prevention.qrisk"]
        if len({e[2] for e in same_day}) < len(same_day):
            continue  # several scores on one day: the greatest counts, which the oracle does not look at
        assert {rule.name: found[rule.name][number] for rule in rules} == oracle(age, histories[number])


@pytest.fixture
def site(tmp_path: Path):
    people = [person(n, 50, practice="P10001" if n < 60 else "P10002", decile=1 if n % 2 else 9) for n in range(100)]
    events = [(n, CHECK, days(400), None) for n in range(30)] + [
        (n, "condition.diabetes", days(900), None) for n in range(90, 100)
    ]
    return records(tmp_path / "s", people, events)


def test_counts_fall_into_clusters_and_fifths(site) -> None:
    (found,) = [g for g in prevention(site).gaps if g.rule.name == "nhs-health-check"]
    assert found.borough == (60, 30)
    assert found.clusters == {"N01": (30, 30), "N02": (30, 0)}
    assert found.fifths == {1: (30, 15), 5: (30, 15)}


def test_rules_without_records_are_left_out_by_name(site) -> None:
    left_out = {rule.name for rule in prevention(site).left_out}
    assert "stop-smoking-offer" in left_out
    assert "nhs-health-check" not in left_out


def test_what_was_recorded_on_the_day_itself_does_not_count(tmp_path: Path) -> None:
    site = records(tmp_path / "s", [person(0), person(1)], [(0, CHECK, AS_OF, None), (1, CHECK, days(1), None)])
    assert set(prevention(site).due["person"]) == {0}


def test_restricted_rules_are_counted_but_name_nobody(tmp_path: Path) -> None:
    rule = next(rule for rule in RULES if rule.name == "learning-disability-check")
    events = [(n, "condition.learning_disability", days(900), None) for n in range(20)]
    site = records(tmp_path / "s", [person(n) for n in range(40)], events)
    assert gap(judged(site, AS_OF, [rule]), rule).borough == (20, 0)
    assert "learning" not in " ".join(prevention(site).due["due"]).lower()


def test_the_ratio_of_shares_by_hand() -> None:
    # 60 of 100 against 30 of 100: twice, and the log ratio's standard error is sqrt(1/60 - 1/100 + 1/30 - 1/100) =
    # 0.1732.
    found = share_ratio((60, 40), (30, 70))
    assert found is not None
    assert (found.value, found.low, found.high) == pytest.approx((2.0, 1.4243, 2.8083), abs=1e-3)
    assert share_ratio((None, 40), (30, 70)) is None
    assert share_ratio((60, 40), None) is None


def test_people_to_reach_by_hand() -> None:
    fifths = {1: (60, 40), 2: (50, 50), 3: (30, 70), 4: (20, 80), 5: (30, 70)}
    assert (
        people_to_reach(fifths) == 50
    )  # 30 and 20 above the least deprived fifth's 30 of 100; the fourth fifth is below it
    assert people_to_reach({**fifths, 2: (None, None)}) is None
    assert people_to_reach({1: (60, 40)}) is None


def test_every_rule_names_concepts_that_exist_or_a_site_may_bring() -> None:
    brought = {
        "prevention.dementia_risk_talk",
        "prevention.severe_mental_illness_check",
        "prevention.learning_disability_check",
    }
    unknown = {c for rule in RULES for c in concepts_in(rule.eligible, rule.done) | set(rule.needs)} - set(
        concepts().ids
    )
    assert unknown == brought
    assert all(rule.source and rule.url.startswith("https://") and rule.published for rule in RULES)


def test_the_score_is_compared_with_last_years_outcomes(tmp_path: Path) -> None:
    people = [person(n, 60) for n in range(400)]
    measured = [
        (n, name, days(500), value)
        for n in range(400)
        for name, value in (("measure.bmi", 27.0), ("measure.systolic", 140.0))
    ]
    struck = [(n, "condition.stroke", days(100), None) for n in range(60)]
    (notice,) = prevention(records(tmp_path / "s", people, measured + struck)).notices
    assert notice.name == "cvd_recalibration"


def test_due_lists_start_with_disease_then_risk(tmp_path: Path) -> None:
    measured = [
        (n, name, days(30), v)
        for n in (0, 1)
        for name, v in (("measure.bmi", 25.0 + n), ("measure.systolic", 120.0 + 10 * n))
    ]
    events = [
        *measured,
        (2, "condition.chd", days(800), None),
        (2, "rx.statin", days(700), None),
        (0, CHECK, dt.date(2016, 1, 1), None),
    ]
    site = records(tmp_path / "s", [person(n, 55) for n in range(3)], events)
    assert list(dict.fromkeys(prevention(site).due["person"])) == [2, 1, 0]
