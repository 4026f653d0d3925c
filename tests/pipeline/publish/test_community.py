from __future__ import annotations

import datetime as dt
import json

import pytest

from data_schemas.assets import Service, read_book, read_services
from data_schemas.errors import DataRefused
from pipeline.publish import details
from pipeline.publish.community import CommunityBook, distance_km
from pipeline.publish.eligibility import groups_of, is_for_whom, memberships
from pipeline.publish.timetable import clock, timetable

AS_OF = dt.date(2026, 4, 1)
HOME = (53.5500, -2.6300)
AREAS = {"E01000001": HOME, "E01000002": (53.9, -2.6)}


def service(name="Coffee", term="befriending", *, km=1.0, **given):
    """An HSDS-UK service `km` kilometres north of HOME."""
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


def near(found, need="company", area="E01000001", age=70, member_of=()):
    return [each.offer.name for each in found.within_reach(need, area, age, member_of)]


def topic(name="befriending", link_type=None):
    """An attribute of a service."""
    return {"id": name, "link_type": link_type, "taxonomy_term": {"id": name, "name": name, "description": ""}}


def test_distance_is_the_great_circles():
    # London to Paris, by their usual coordinates: 343.5 km
    assert distance_km((51.5074, -0.1278), (48.8566, 2.3522)) == pytest.approx(343.5, abs=0.5)
    assert distance_km(HOME, HOME) == 0


def test_nearest_first_and_nothing_out_of_reach():
    assert near(book(service("far", km=3.3), service("near", km=0.4), service("further", km=3.1))) == [
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


def test_a_service_whose_hours_mention_a_restricted_subject_is_not_named():
    lines = [{"id": "s", "description": "Drop in, for survivors of domestic abuse"}]
    assert near(book(service(schedules=lines), service("Tea"))) == ["Tea"]


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


def test_where_there_is_nothing_within_reach_the_list_says_for_what(borough):
    scored = borough()
    offered = details._offers(scored, scored.people, book(service("Advice", "debt advice")))["offer_1"].to_list()
    assert (
        "Nothing in the Community Book within 2 miles for: company, support as a carer, living with a condition"
        in offered
    )


def test_each_match_is_explained():
    given = {
        "schedules": [{"id": "x", "freq": "weekly", "byday": "TU,TH", "opens_at": "10:00Z", "closes_at": "12:00Z"}],
        "minimum_age": 50,
        "attributes": [topic(), topic("veterans", "intended audience")],
        "cost_options": [{"id": "c", "amount": 0}],
    }
    (match,) = book(service("Coffee", km=1.2875, **given)).within_reach("company", "E01000001", 70)
    assert match.because("loneliness, living alone") == (
        "Coffee: Tuesdays and Thursdays, 10am to midday, 0.8 miles away, ages 50 and over, for veterans, free; "
        "because of loneliness and living alone"
    )


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, ""),
        ({"minimum_age": 18}, ""),
        ({"minimum_age": 50}, "ages 50 and over"),
        ({"minimum_age": 16, "maximum_age": 70}, "ages 16 to 70"),
        ({"maximum_age": 70}, "up to age 70"),
    ],
)
def test_ages_are_shown_where_an_offer_is_not_simply_for_adults(given, said):
    (match,) = book(service(**given)).within_reach("company", "E01000001", 70)
    assert match.offer.ages == said


@pytest.mark.parametrize(
    ("amounts", "said"), [([], ""), ([0], "free"), ([3], "£3"), ([2.5, 4], "from £2.50"), ([0, 3], "free for some")]
)
def test_costs(amounts, said):
    options = [{"id": str(n), "amount": amount} for n, amount in enumerate(amounts)]
    (match,) = book(service(cost_options=options)).within_reach("company", "E01000001", 70)
    assert match.offer.costs == said


def test_an_offer_for_a_group_is_for_its_members_only():
    choir = service("Choir", attributes=[topic(), topic("People with COPD", "eligibility")])
    assert near(book(choir)) == []
    assert near(book(choir), member_of={"people with diabetes"}) == []
    assert near(book(choir), member_of={"people with lung disease"}) == ["Choir"]
    assert book(choir).groups_for("company") == ["people with lung disease"]


def test_several_conditions_of_eligibility_must_all_hold():
    both = service("Both", attributes=[topic(), topic("Women", "eligibility"), topic("Carers", "target_audience")])
    assert near(book(both), member_of={"women"}) == []
    assert near(book(both), member_of={"women", "carers"}) == ["Both"]


def test_what_a_service_is_for_is_no_condition_of_eligibility():
    assert near(book(service("Carers' Tea", term="carers")), need="support as a carer") == ["Carers' Tea"]


@pytest.mark.parametrize(
    ("term", "groups"),
    [
        ("Women", ["women"]),
        ("men's shed members", ["men"]),
        ("mental health service users", ["people with a mental health condition"]),
        ("Type 2 diabetes", ["people with diabetes"]),
        ("veterans", []),
        ("elements of management", []),
    ],
)
def test_groups_of_a_term(term, groups):
    assert groups_of(term) == groups


def test_membership_is_read_from_the_record(borough):
    found = memberships(borough()).sort("person")
    features = borough().values(["copd", "is_carer"]).sort("person")
    assert (found["people with lung disease"] == (features["copd"] == 1)).all()
    assert (found["carers"] == (features["is_carer"] == 1)).all()
    assert found["women"].to_list()[:3] == [True, False, False]
    assert "people with diabetes" not in found.columns


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"freq": "WEEKLY", "byday": "MO"}, "Mondays"),
        ({"freq": "WEEKLY", "byday": "FR,MO,TU,WE,TH"}, "Mondays to Fridays"),
        ({"freq": "WEEKLY", "byday": "MO,WE,FR"}, "Mondays, Wednesdays and Fridays"),
        ({"freq": "WEEKLY", "byday": "MO", "interval": 2}, "every other week, Mondays"),
        ({"freq": "WEEKLY", "byday": "MO", "interval": 3}, "every 3 weeks, Mondays"),
        ({"freq": "MONTHLY", "byday": "1MO", "interval": 2}, "the first Monday of every other month"),
        ({"freq": "WEEKLY", "byday": "MO,TU,WE,TH,FR,SA,SU"}, "every day"),
        (
            {"freq": "MONTHLY", "byday": "1TU,-1FR", "opens_at": "09:30"},
            "the first Tuesday and last Friday of the month, 9:30am",
        ),
        ({"freq": "MONTHLY", "bymonthday": "2,15"}, "the 2nd and 15th of the month"),
        ({"freq": "WEEKLY", "byday": "MO", "valid_from": "2026-04-20"}, "Mondays, from 20 April 2026"),
        ({"freq": "WEEKLY", "byday": "MO", "valid_to": "2026-04-30"}, "Mondays, until 30 April 2026"),
        ({"freq": "WEEKLY", "byday": "MO", "valid_from": "2020-01-01", "valid_to": "2030-01-01"}, "Mondays"),
        ({"description": "By arrangement"}, "By arrangement"),
        ({}, ""),
    ],
)
def test_timetable(given, said):
    schedules = Service.model_validate(service(schedules=[{"id": "x", **given}])).schedules
    assert timetable(schedules, AS_OF) == said


def test_all_hours_of_a_week_are_shown():
    hours = [{"id": "x", "freq": "WEEKLY", "byday": "MO", "opens_at": "10:00", "closes_at": "12:00"},
             {"id": "y", "freq": "WEEKLY", "byday": "TH", "opens_at": "14:00", "closes_at": "16:30"}]  # fmt: skip
    schedules = Service.model_validate(service(schedules=hours)).schedules
    assert timetable(schedules, AS_OF) == "Mondays, 10am to midday and Thursdays, 2pm to 4:30pm"


@pytest.mark.parametrize(
    ("time", "said"),
    [
        ("00:00", "midnight"),
        ("00:30", "12:30am"),
        ("12:00Z", "midday"),
        ("12:05:00", "12:05pm"),
        ("23:15+01:00", "11:15pm"),
        ("soon", ""),
        (None, ""),
    ],
)
def test_clock(time, said):
    assert clock(time) == said


def test_each_place_has_its_own_hours_and_one_that_is_over_is_not_offered():
    def at(number, km, **schedule):
        place = {"id": "l", "location_type": "physical", "latitude": HOME[0] + km / 111.195, "longitude": HOME[1]}
        return {"id": str(number), "location": place, "schedules": [{"id": "x", "freq": "WEEKLY", **schedule}]}

    several = service(
        service_at_locations=[
            at(1, 0.5, byday="MO"),
            at(2, 1.0, byday="TU"),
            at(3, 1.5, byday="WE", valid_to="2026-03-01"),
        ]
    )
    found = book(several).within_reach("company", "E01000001", 70)
    assert [each.offer.when for each in found] == ["Mondays", "Tuesdays"]


def test_people_of_an_unknown_area_see_that_the_distance_is_not_known():
    near = book(service("Coffee")).within_reach("company", None, 70)
    assert [str(each) for each in near] == ["Coffee: distance not known"]


@pytest.mark.parametrize(
    "wrapped", [lambda rows: rows, lambda rows: {"contents": rows}, lambda rows: {"services": rows}]
)
def test_reads_a_list_a_page_and_an_object(tmp_path, wrapped):
    (tmp_path / "book.json").write_text(json.dumps(wrapped([service("B"), service("A")])))
    assert [each.name for each in read_services([tmp_path / "book.json"])] == ["A", "B"]


def test_all_problems_are_reported_together_with_their_place(tmp_path):
    (tmp_path / "a.json").write_text(json.dumps([{**service("A"), "status": "open"}, {"id": "B", "status": "active"}]))
    (tmp_path / "b.json").write_text("no json")
    with pytest.raises(DataRefused) as raised:
        read_services([tmp_path / "a.json", tmp_path / "b.json"])
    text = "\n".join(raised.value.problems)
    assert "a.json: service 1.status" in text
    assert "a.json: service 2.name" in text
    assert "b.json: is not valid JSON" in text


def test_some_services_that_cannot_be_read_are_left_out(tmp_path):
    feed = [service(str(n)) for n in range(9)] + [
        {key: value for key, value in service("9").items() if key != "status"}
    ]
    (tmp_path / "a.json").write_text(json.dumps(feed))
    book = read_book([tmp_path / "a.json"])
    assert len(book.services) == 9
    assert book.left_out == ["a.json: service 10.status: is missing"]
    (tmp_path / "a.json").write_text(json.dumps(feed[7:]))
    with pytest.raises(DataRefused, match=r"service 3\.status"):
        read_book([tmp_path / "a.json"])


def test_what_a_list_can_do_without_is_left_out_and_the_service_stays():
    read = Service.model_validate(
        {
            "id": 7, "name": "Walk", "status": "Temporarily_Closed", "minimum_age": "", "description": None, "maximum_age": "80",
            "organization": {"id": "o", "name": "Hall", "description": None},
            "schedules": [{"id": "s", "freq": "daily", "valid_from": "2024-01-01T09:30:00"}, {"freq": "WEEKLY"},
                          {"id": "t", "freq": "YEARLY"}],
            "service_at_locations": [{"id": "l", "location": {"id": "p", "latitude": "53.5", "longitude": "far"}}],
            "attributes": [{"id": "a", "taxonomy_term": {"id": "t", "name": "Social", "description": None}}],
        }
    )  # fmt: skip
    assert (read.id, read.status, read.minimum_age, read.maximum_age) == ("7", "temporarily closed", None, 80)
    assert [(each.id, each.freq) for each in read.schedules] == [("s", "DAILY"), ("t", None)]
    (place,) = read.service_at_locations
    assert place.location is not None
    assert (place.location.location_type, place.location.latitude, place.location.longitude) == ("physical", 53.5, None)
    assert timetable(read.schedules[:1], dt.date(2025, 1, 1)) == "every day"


def test_whom_the_invented_offers_are_for_is_understood():
    from pipeline.synthetic.community import community_book
    from pipeline.synthetic.options import Options
    from pipeline.synthetic.places import build_places

    invented = [
        Service.model_validate(each) for each in community_book(build_places(Options(people=20_000, seed=1)), 1)
    ]
    terms = {a.taxonomy_term.name for each in invented for a in each.attributes if is_for_whom(a)}
    assert len(terms) > 3
    assert all(groups_of(term) for term in terms)
