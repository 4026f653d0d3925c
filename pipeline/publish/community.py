"""Finds offers near people in the Community Book: what each is for, when it is open, how far away it is, and why it is
shown.
"""

from __future__ import annotations

import datetime as dt
import itertools
import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

from data_schemas.assets import CostOption, Location, Schedule, Service, ServiceAtLocation
from pipeline import words
from pipeline.publish import restricted
from pipeline.publish.eligibility import groups_of, is_for_whom
from pipeline.publish.needs import NEEDS, SEPARATOR, Need, is_served_by
from pipeline.publish.timetable import runs, timetable

REACH_MILES = 2.0
"""An offer further away than this is out of reach: about 40 minutes on foot, or a short bus ride."""

DASH = " – "  # noqa: RUF001 - a dash, not a hyphen
"""Printed between the name of an offer and its description, on one line."""
ONE_LINE = 90
"""Most characters of a description."""

NOTHING_NEAR = f"Nothing in the Community Book within {REACH_MILES:.0f} miles"
COMES_TO_PEOPLE = "by telephone, online or at home"
KM_A_MILE = 1.609344
EARTH_KM = 6371.0
ADULT = 18

Point = tuple[float, float]
"""Latitude and longitude in degrees (WGS84)."""


@dataclass(frozen=True)
class Offer:
    """A service at one of its places, for one need."""

    name: str
    need: str
    when: str
    costs: str
    comes_to_people: bool
    """Whether it is by telephone, online or at home."""
    place: Point | None
    minimum_age: float
    maximum_age: float
    groups: tuple[frozenset[str], ...] = ()
    """A person must belong to one group of each set."""
    whom: tuple[str, ...] = ()
    """Who it is for, in the words of its terms."""
    service: str = ""
    """The service's identifier. A service at several places is one service."""
    what: str = ""
    """Its description, on one line."""
    at: str = ""
    """The name of the place."""
    reach: tuple[str, ...] = ()
    """Telephone, e-mail and web address, if they are given."""

    def takes(self, age: int, member_of: Collection[str] = ()) -> bool:
        """Whether it accepts people of this age and these groups."""
        return self.minimum_age <= age <= self.maximum_age and all(
            not each.isdisjoint(member_of) for each in self.groups
        )

    @property
    def ages(self) -> str:
        """The ages it accepts in words, unless it is simply adults."""
        if not math.isinf(self.maximum_age):
            return (
                f"ages {self.minimum_age:.0f} to {self.maximum_age:.0f}"
                if self.minimum_age
                else f"up to age {self.maximum_age:.0f}"
            )
        return f"ages {self.minimum_age:.0f} and over" if self.minimum_age > ADULT else ""


@dataclass(frozen=True)
class Near:
    """An offer and its distance from a place."""

    offer: Offer
    miles: float | None

    def __str__(self) -> str:
        """The offer in words: when, how far, for whom and what for."""
        offer = self.offer
        whom = f"for {words.listing(list(offer.whom))}" if offer.whom else ""
        details = ", ".join(part for part in (offer.when, self.where, offer.ages, whom, offer.costs) if part)
        parts = "; ".join(part for part in (details, ", ".join(offer.reach)) if part)
        named = DASH.join(part for part in (offer.name, offer.what) if part)
        return f"{named}: {parts}" if parts else named

    @property
    def where(self) -> str:
        """How to get there."""
        if self.offer.comes_to_people:
            return COMES_TO_PEOPLE
        away = "distance not known" if self.miles is None else f"{max(self.miles, 0.1):.1f} miles away"
        return f"{self.offer.at}, {away}" if self.offer.at and self.offer.at != self.offer.name else away

    def because(self, seen: str) -> str:
        """Why the offer matches: the fact on the record that it is for."""
        return f"{self}; because of {words.listing(seen.split(SEPARATOR))}"


class CommunityBook:
    """The offers of a borough by need, with distances from each small area."""

    def __init__(self, services: Iterable[Service], areas: Mapping[str, Point], as_of: dt.date) -> None:
        known = list(services)
        self.areas = areas
        self.offers = {need.name: [o for service in known for o in _offers(need, service, as_of)] for need in NEEDS}
        self._from = cache(self._seen_from)

    def within_reach(self, need: str, area: str | None, age: int, member_of: Collection[str] = ()) -> list[Near]:
        """The offers for a need that accept people of an age and of these groups, nearest first. Those that visit
        people come last.
        """
        return [near for near in self._from(need, area) if near.offer.takes(age, member_of)]

    def for_person(
        self,
        needs: Iterable[str],
        area: str | None,
        age: int,
        most: int,
        member_of: Collection[str] = (),
        *,
        at_home: bool = False,
    ) -> list[Near]:
        """The offers for a person, up to a limit: one per need in the order given, then the next nearest. Each service
        appears once, at its nearest place.

        For a person who finds it hard to go out (`at_home`), services that visit people come first.
        """
        by_need = [self.within_reach(need, area, age, member_of) for need in needs]
        if at_home:
            by_need = [sorted(nears, key=lambda near: not near.offer.comes_to_people) for nears in by_need]
        chosen: dict[str, Near] = {}
        for near in itertools.chain.from_iterable(itertools.zip_longest(*by_need)):
            if near is not None and len(chosen) < most:
                chosen.setdefault(near.offer.service or near.offer.name, near)
        return list(chosen.values())

    def groups_for(self, need: str) -> list[str]:
        """The groups that the offers for a need depend on."""
        return sorted({name for offer in self.offers[need] for group in offer.groups for name in group})

    def _seen_from(self, need: str, area: str | None) -> list[Near]:
        here = self.areas.get(area) if area else None
        nears = [_near(offer, here) for offer in self.offers[need]]
        reached = [near for near in nears if near.miles is None or near.miles <= REACH_MILES]
        return sorted(reached, key=lambda near: (math.inf if near.miles is None else near.miles, near.offer.name))


def distance_km(one: Point, other: Point) -> float:
    """Great-circle distance (haversine)."""
    (lat1, lon1), (lat2, lon2) = (tuple(map(math.radians, point)) for point in (one, other))
    half = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return 2 * EARTH_KM * math.asin(math.sqrt(half))


def _near(offer: Offer, here: Point | None) -> Near:
    return Near(offer, None if offer.place is None or here is None else distance_km(offer.place, here) / KM_A_MILE)


def _offers(need: Need, service: Service, as_of: dt.date) -> list[Offer]:
    """The offers of a service for a need, one at each place where it runs. None if it is closed or must not be
    named."""
    terms = [a.taxonomy_term.name for a in service.attributes if a.taxonomy_term and not is_for_whom(a)]
    whom = [a.taxonomy_term.name for a in service.attributes if a.taxonomy_term and is_for_whom(a)]
    texts = [service.name, service.description or "", *terms, *whom, *_opening_hours(service)]
    may_be_named = not restricted.mentions(" ".join(texts))
    if service.status != "active" or not is_served_by(need, terms) or not may_be_named:
        return []
    groups = tuple(frozenset(names) for term in whom if (names := groups_of(term)))
    telephone = f"telephone {service.telephone}" if service.telephone else ""
    reach = tuple(part for part in (telephone, service.address, service.web) if part)
    limits = (service.minimum_age or 0, math.inf if service.maximum_age is None else service.maximum_age)
    offers = []
    for at in _places(service):
        schedules = (at.schedules if at else ()) or service.schedules or _elsewhere(service, at)
        running = [schedule for schedule in schedules if runs(schedule, as_of)]
        if running or not schedules:
            when, costs = timetable(running, as_of), _costs(service.cost_options)
            point = _point(at.location if at else None)
            offer = Offer(service.name, need.name, when, costs, at is None, point, *limits, groups, tuple(whom))
            what = _in_one_line(service.description)
            offers.append(replace(offer, service=service.id, what=what, at=_named(at), reach=reach))
    return offers


def _in_one_line(description: str | None) -> str:
    """The first sentence of a description, without its full stop. A long one is cut between words."""
    first = " ".join((description or "").split()).partition(". ")[0].rstrip(".").replace(":", ",")
    return first if len(first) <= ONE_LINE else f"{first[:ONE_LINE].rsplit(' ', 1)[0]} …"


def _named(at: ServiceAtLocation | None) -> str:
    return (at.location.name or "") if at and at.location else ""


def _opening_hours(service: Service) -> list[str]:
    everywhere = [service.schedules, *(each.schedules for each in service.service_at_locations)]
    return [schedule.description for schedules in everywhere for schedule in schedules if schedule.description]


def _places(service: Service) -> list[ServiceAtLocation] | list[None]:
    """Where people go to the service. A single None for a service that visits people."""
    at = [each for each in service.service_at_locations if each.location and each.location.location_type == "physical"]
    return at or [None]


def _elsewhere(service: Service, at: ServiceAtLocation | None) -> tuple[Schedule, ...]:
    """The hours of a service that visits people, which may be given at its virtual place."""
    return () if at else tuple(schedule for each in service.service_at_locations for schedule in each.schedules)


def _point(location: Location | None) -> Point | None:
    if location is None or location.latitude is None or location.longitude is None:
        return None
    return location.latitude, location.longitude


def _costs(options: Sequence[CostOption]) -> str:
    """`free` or `from £3`; empty if not known."""
    amounts = [option.amount for option in options if option.amount is not None]
    if not amounts:
        return ""
    if not min(amounts):
        return "free for some" if any(amounts) else "free"
    return f"{'from ' if len(set(amounts)) > 1 else ''}£{min(amounts):.2f}".removesuffix(".00")
