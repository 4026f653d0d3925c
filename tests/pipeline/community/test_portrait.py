"""Segments in counts, families in counts, and the community page of every place."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.community import site as pages
from pipeline.community.families import families
from pipeline.community.portrait import BOROUGH, LEFT, portrait
from tests.pipeline.community.sites import days, person, records, stay


@pytest.fixture
def site(tmp_path: Path):
    people = [
        person(n, 50 if n % 3 else 8, practice=f"P1000{1 + n % 2}", household_id=f"h{n // 3}") for n in range(600)
    ]
    people += [person(n, 70, registered_to=days(100)) for n in range(600, 640)]
    events = [(n, "condition.diabetes", days(900 if n % 4 else 100), None) for n in range(1, 200)]
    events += [(n, "social.money_problem", days(60), None) for n in range(1, 90, 3)]
    events += [(n, "social.domestic_abuse", days(60), None) for n in range(2, 60, 3)]
    return records(tmp_path / "s", people, events, [stay(n, days(100)) for n in range(1, 101)])


def test_everyone_is_counted_once(site) -> None:
    seen = portrait(site)
    counts = seen.assigned["segment"].value_counts()["count"].sum()
    assert counts == 600
    assert seen.uses[BOROUGH]["Long-term conditions"].people == 200
    assert seen.uses[BOROUGH]["Long-term conditions"].admissions == 100


def test_moves_between_segments(site) -> None:
    flows = portrait(site).flows
    assert flows[("Healthy", "Long-term conditions")] == 50
    assert flows[("Healthy", LEFT)] == 40


def test_families_are_counted_never_listed(site) -> None:
    found = families(site, listed=[1, 2, 4, 5, 7, 8, 10, 11, 13, 14, 16, 17, 19, 20, 22, 23])
    assert found is not None
    assert found.households[BOROUGH] == sum(found.households[code] or 0 for code in ("N01", "N02")) == 200
    assert found.listed == {BOROUGH: 20, "N01": 10, "N02": 10}  # 8 in each of two clusters, rounded
    assert found.abuse == 20
    assert set(found.needs) == {"Money problems", "Housing problems"}


def test_no_families_without_households(tmp_path: Path) -> None:
    assert families(records(tmp_path / "s", [person(0)]), []) is None


def test_pages_of_every_place_say_counts_only(site) -> None:
    seen = pages.community(site, "Wigan", {"N01": "North", "N02": "Central"}, [1, 2, 3])
    borough, north, _ = (pages.community_page(seen, place).decode() for place in seen.places)
    assert "How people moved between segments" in borough
    assert "domestic abuse" in borough
    assert "domestic abuse" not in north
    people = set(site.table("registrations")["person_id"])
    assert not any(name in page for page in (borough, north) for name in people)
