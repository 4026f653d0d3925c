"""Segments: exactly one per person, the last that applies, whatever the order of rows; and a site's own scheme."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from data_schemas.errors import ConfigurationError
from pipeline.community.segments import (
    BRIDGES_TO_HEALTH,
    SERIOUS,
    Criterion,
    Segment,
    concepts_of,
    read_scheme,
    segments_of,
)
from tests.pipeline.community.sites import AS_OF, concepts, days, person, records, stay

CASES = [
    ("Healthy", 40, []),
    ("Long-term conditions", 40, [("condition.diabetes", 900, None)]),
    ("Disability", 40, [("condition.learning_disability", 900, None), ("condition.diabetes", 900, None)]),
    ("Incurable cancer", 60, [("condition.cancer", 100, None), ("condition.palliative", 50, None)]),
    ("Long-term conditions", 60, [("condition.cancer", 100, None)]),
    ("Organ failure", 60, [("measure.egfr", 100, 12.0)]),
    ("Healthy", 60, [("measure.egfr", 100, 45.0)]),
    ("Frailty and dementia", 80, [("function.frailty_severe", 100, None), ("measure.egfr", 100, 12.0)]),
    ("Healthy", 60, [("function.frailty_severe", 100, None)]),
    ("Frailty and dementia", 60, [("condition.dementia", 100, None)]),
]


def test_each_way_in(tmp_path: Path) -> None:
    people = [person(n, age) for n, (_, age, _) in enumerate(CASES)]
    events = [(n, name, days(ago), value) for n, (_, _, known) in enumerate(CASES) for name, ago, value in known]
    site = records(tmp_path / "s", people, events)
    found = segments_of(site, AS_OF, BRIDGES_TO_HEALTH).sort("person")
    assert found["segment"].to_list() == [name for name, _, _ in CASES]


def test_hospital_stays_tell_acute_illness_maternity_and_organ_failure(tmp_path: Path) -> None:
    stays = [
        stay(0, days(10)), stay(1, days(100), method="31"), stay(2, days(100)),
        stay(3, days(100)), stay(3, days(50)), stay(4, days(400)), stay(4, days(380)),
    ]  # fmt: skip
    events = [(n, "condition.heart_failure", days(900), None) for n in (3, 4)]
    site = records(tmp_path / "s", [person(n, 40, "2") for n in range(5)], events, stays)
    found = segments_of(site, AS_OF, BRIDGES_TO_HEALTH).sort("person")["segment"].to_list()
    assert found == ["Acutely ill", "Maternal health", "Healthy", "Organ failure", "Long-term conditions"]


def test_one_segment_each_whatever_the_order_of_rows(tmp_path: Path) -> None:
    rng = random.Random(1)
    names = sorted(concepts_of(BRIDGES_TO_HEALTH) & set(concepts().ids))
    people = [person(n, rng.randrange(100), rng.choice("12")) for n in range(80)]
    events = [
        (rng.randrange(80), rng.choice(names), days(rng.randrange(1, 900)), rng.choice([None, 10.0, 50.0]))
        for _ in range(300)
    ]
    first = records(tmp_path / "a", people, events)
    second = records(tmp_path / "b", rng.sample(people, 80), rng.sample(events, 300))
    results = [segments_of(site, AS_OF, BRIDGES_TO_HEALTH).sort("person") for site in (first, second)]
    assert results[0].equals(results[1])
    assert results[0]["person"].to_list() == list(range(80))
    assert set(results[0]["segment"]) <= {segment.name for segment in BRIDGES_TO_HEALTH}


def test_the_published_model_has_eight_segments_and_says_nothing_of_the_end_of_life() -> None:
    assert len(BRIDGES_TO_HEALTH) == 8
    words = {segment.name: segment.words for segment in BRIDGES_TO_HEALTH}
    assert words["Incurable cancer"] == words["Organ failure"] == SERIOUS


def test_a_sites_own_scheme(tmp_path: Path) -> None:
    file = tmp_path / "segments.toml"
    file.write_text(
        '[[segment]]\nname = "Everyone else"\nwords = "Others"\nmeans = "all others"\n'
        '[[segment]]\nname = "Breathless"\nwords = "Short of breath"\nmeans = "COPD at 40 or over"\n'
        '[[segment.ways_in]]\nany = ["condition.copd"]\nages = [40, 120]\n'
    )
    scheme = read_scheme(file)
    assert scheme[1] == Segment(
        "Breathless", "Short of breath", "COPD at 40 or over", (Criterion(("condition.copd",), (40, 120)),)
    )
    site = records(
        tmp_path / "s", [person(0, 50), person(1, 30)], [(n, "condition.copd", days(90), None) for n in (0, 1)]
    )
    found = segments_of(site, AS_OF, scheme).sort("person")["segment"].to_list()
    assert found == ["Breathless", "Everyone else"]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("[[segment]", "is not a valid TOML file"),
        ('[[segment]]\nname = "A"\n', "segment 1.words: is missing"),
        (
            '[[segment]]\nname = "A"\nwords = "a"\nmeans = "a"\n[[segment]]\nname = "B"\nwords = "b"\nmeans = "b"\n',
            "all others need some",
        ),
        ("", "the first segment"),
        ('[[segment]]\nname = "A"\nwords = "a"\nmeans = "a"\nway_in = []\n', "segment 1.way_in: is not known here"),
        (
            '[[segment]]\nname = "A"\nwords = "a"\nmeans = "a"\nways_in = ["x"]\n',
            "segment 1.ways_in 1: must be a section or object",
        ),
        (
            '[[segment]]\nname = "A"\nwords = "a"\nmeans = "a"\n[[segment.ways_in]]\nany = ["copd"]\nwithin_dayss = 9\n',
            "segment 1.ways_in 1.within_dayss: is not known here",
        ),
    ],
)
def test_a_scheme_that_is_wrong_says_where(tmp_path: Path, content: str, problem: str) -> None:
    file = tmp_path / "segments.toml"
    file.write_text(content)
    with pytest.raises(ConfigurationError) as caught:
        read_scheme(file)
    assert problem in str(caught.value.problems)
