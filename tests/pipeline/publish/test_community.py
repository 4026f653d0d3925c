from __future__ import annotations

import datetime as dt
import json

import pytest

from data_schemas.assets import Service, read_services
from data_schemas.errors import DataRefused
from pipeline.publish.community import CommunityBook, distance_km, timetable

AS_OF = dt.date(2026, 4, 1)
HOME = (53.5500, -2.6300)
AREAS = {"E01000001": HOME, "E01000002": (53.9, -2.6)}


def service(name="Coffee", term="befriending", *, km=1.0, **given):
    """An HSDS-UK service so many kilometres north of HOME."""
    place = {"id": "l", "location_type": "physical", "latitude": HOME[0] + km / 111.195, "longitude": HOME[1]}
    return {
        "id": name,
        "name": name,
        "status": "active",
        "service_at_locations": [{"id": "s", "location": place}],
        "attributes": [{"id": "a", "taxonomy_term": {"id": "t", "name": term, "description": term}}],
        **given,
    }


def book(*services):
    return CommunityBook([Service.model_validate(each) for each in services], AREAS, AS_OF)


def near(found, need="company", area="E01000001", age=70):
    return [each.offer.name for each in found.within_reach(need, area, age)]


def test_distance_is_the_great_circles():
    # London to Paris, by their usual coordinates: 343.5 km
    assert distance_km((51.5074, -0.1278), (48.8566, 2.3522)) == pytest.approx(343.5, abs=0.5)
    assert distance_km(HOME, HOME) == 0


def test_nearest_first_and_nothing_out_of_reach():
    assert near(book(service("far", km=3.1), service("near", km=0.4), service("further", km=2.5))) == [
        "near",
        "further",
    ]


def test_what_comes_to_people_is_in_reach_of_everyone():
    line = service(
        "Friends by telephone", service_at_locations=[{"id": "s", "location": {"id": "l", "location_type": "virtual"}}]
    )
    assert near(book(line, service("Coffee")), area="E01000002") == ["Friends by telephone"]


@pytest.mark.parametrize(
    "given",
    [
        {"status": "inactive"},
        {"status": "temporarily closed"},
        {"minimum_age": 75},
        {"maximum_age": 64},
        {"schedules": [{"id": "x", "valid_to": "2026-03-31"}]},
        {"schedules": [{"id": "x", "valid_from": "2026-06-01"}]},
    ],
    ids=["inactive", "closed", "too young", "too old", "over", "not yet"],
)
def test_not_offered(given):
    assert near(book(service(**given))) == []


def test_matched_by_taxonomy_not_by_name():
    assert near(book(service("Befriending Club", term="debt advice"))) == []
    assert near(book(service("Befriending Club", term="debt advice")), need="money") == ["Befriending Club"]


def test_a_service_on_a_restricted_subject_is_never_named():
    refuge = service("Safe Place", attributes=[
        {"id": "a", "taxonomy_term": {"id": "t", "name": "befriending", "description": ""}},
        {"id": "b", "taxonomy_term": {"id": "u", "name": "domestic abuse", "description": ""}},
    ])  # fmt: skip
    assert near(book(refuge)) == []


def test_one_offer_for_each_need_before_a_second_for_any():
    found = book(service("A", km=0.1), service("B", km=0.2), service("C", "debt advice", km=2.0), service("D", km=0.3))
    chosen = found.for_person(["company", "money"], "E01000001", 70, 3)
    assert [each.offer.name for each in chosen] == ["A", "C", "B"]


def test_a_service_for_two_needs_is_offered_once():
    both = service("Both", attributes=[
        {"id": "a", "taxonomy_term": {"id": "t", "name": "befriending", "description": ""}},
        {"id": "b", "taxonomy_term": {"id": "u", "name": "debt advice", "description": ""}},
    ])  # fmt: skip
    assert [each.offer.name for each in book(both).for_person(["company", "money"], "E01000001", 70, 3)] == ["Both"]


def test_each_match_is_explained():
    given = {
        "schedules": [{"id": "x", "freq": "weekly", "byday": "TU,TH", "opens_at": "10:00Z", "closes_at": "12:00Z"}]
    }
    (match,) = book(service("Coffee", km=1.24, **given)).within_reach("company", "E01000001", 70)
    assert str(match) == "Coffee, 1.2 km away, Tuesdays and Thursdays, 10:00 to 12:00 (for company)"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"freq": "WEEKLY", "byday": "MO"}, "Mondays"),
        ({"freq": "WEEKLY", "byday": "FR,MO,TU,WE,TH"}, "Mondays to Fridays"),
        ({"freq": "WEEKLY", "byday": "MO,WE,FR"}, "Mondays, Wednesdays and Fridays"),
        ({"freq": "WEEKLY", "byday": "MO", "interval": 2}, "every other week, Mondays"),
        (
            {"freq": "MONTHLY", "byday": "1TU,-1FR", "opens_at": "09:30"},
            "the first Tuesday and last Friday of the month, 09:30",
        ),
        ({"description": "By arrangement"}, "By arrangement"),
        ({}, ""),
    ],
)
def test_timetable(given, said):
    schedules = Service.model_validate(service(schedules=[{"id": "x", **given}])).schedules
    assert timetable(schedules) == said


def test_people_of_an_unknown_area_are_offered_without_a_distance():
    assert [str(each) for each in book(service("Coffee")).within_reach("company", None, 70)] == ["Coffee (for company)"]


@pytest.mark.parametrize(
    "wrapped", [lambda rows: rows, lambda rows: {"contents": rows}, lambda rows: {"services": rows}]
)
def test_reads_a_list_a_page_and_an_object(tmp_path, wrapped):
    (tmp_path / "book.json").write_text(json.dumps(wrapped([service("B"), service("A")])))
    assert [each.name for each in read_services([tmp_path / "book.json"])] == ["A", "B"]


def test_all_problems_are_said_together_with_their_place(tmp_path):
    (tmp_path / "a.json").write_text(json.dumps([{**service("A"), "status": "open"}, {"id": "B", "status": "active"}]))
    (tmp_path / "b.json").write_text("no json")
    with pytest.raises(DataRefused) as raised:
        read_services([tmp_path / "a.json", tmp_path / "b.json"])
    said = "\n".join(raised.value.problems)
    assert "a.json: service 1.status" in said
    assert "a.json: service 2.name" in said
    assert "b.json: is no JSON" in said
