"""Offers near people, out of the Community Book: what each is for, when, how far, and why it is shown."""

from __future__ import annotations

import datetime as dt
import itertools
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from data_schemas.assets import Location, Schedule, Service
from pipeline.publish import restricted, words
from pipeline.publish.needs import NEEDS, Need, is_served_by

REACH_KM = 3.0
"""An offer further off than this is out of reach: about forty minutes on foot, or a short bus ride."""

EARTH_KM = 6371.0
SOON_DAYS = 28
"""An offer that starts within this time is shown."""

_DAYS = {
    "MO": "Mondays",
    "TU": "Tuesdays",
    "WE": "Wednesdays",
    "TH": "Thursdays",
    "FR": "Fridays",
    "SA": "Saturdays",
    "SU": "Sundays",
}
_NTH = {"1": "first", "2": "second", "3": "third", "4": "fourth", "-1": "last"}

Point = tuple[float, float]
"""Latitude and longitude in degrees (WGS84)."""


@dataclass(frozen=True)
class Offer:
    """A service at one of its places, for one need."""

    name: str
    need: str
    when: str
    comes_to_people: bool
    """By telephone, online or at home."""
    place: Point | None
    minimum_age: float
    maximum_age: float

    def takes(self, age: int) -> bool:
        return self.minimum_age <= age <= self.maximum_age


@dataclass(frozen=True)
class Near:
    """An offer as seen from somewhere."""

    offer: Offer
    km: float | None

    def __str__(self) -> str:
        """The offer with when, how far and what for: the match, explained."""
        far = "" if self.km is None else f"{max(self.km, 0.1):.1f} km away"
        said = [
            self.offer.name,
            "by telephone, online or at home" if self.offer.comes_to_people else far,
            self.offer.when,
        ]
        return f"{', '.join(part for part in said if part)} (for {self.offer.need})"


class CommunityBook:
    """The offers of a borough, by need, as seen from each small area."""

    def __init__(self, services: Iterable[Service], areas: Mapping[str, Point], as_of: dt.date) -> None:
        known = list(services)
        self.areas = areas
        self.offers = {need.name: [o for service in known for o in _offers(need, service, as_of)] for need in NEEDS}
        self._from = cache(self._seen_from)

    def within_reach(self, need: str, area: str | None, age: int) -> list[Near]:
        """The offers for a need that take people of an age, nearest first; those that come to people last."""
        return [near for near in self._from(need, area) if near.offer.takes(age)]

    def for_person(self, needs: Iterable[str], area: str | None, age: int, most: int) -> list[Near]:
        """Up to so many offers, one a need in the order given, then the next nearest; none twice."""
        by_need = [self.within_reach(need, area, age) for need in needs]
        chosen: dict[str, Near] = {}
        for near in itertools.chain.from_iterable(itertools.zip_longest(*by_need)):
            if near is not None and len(chosen) < most:
                chosen.setdefault(near.offer.name, near)
        return list(chosen.values())

    def _seen_from(self, need: str, area: str | None) -> list[Near]:
        here = self.areas.get(area) if area else None
        nears = [_near(offer, here) for offer in self.offers[need]]
        reached = [near for near in nears if near.km is None or near.km <= REACH_KM]
        return sorted(reached, key=lambda near: (math.inf if near.km is None else near.km, near.offer.name))


def distance_km(one: Point, other: Point) -> float:
    """Great-circle distance (haversine)."""
    (lat1, lon1), (lat2, lon2) = (tuple(map(math.radians, point)) for point in (one, other))
    half = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return 2 * EARTH_KM * math.asin(math.sqrt(half))


def timetable(schedules: Iterable[Schedule]) -> str:
    """`Tuesdays and Thursdays, 10:00 to 12:00`."""
    for schedule in schedules:
        said = [_days(schedule), _hours(schedule)]
        if any(said):
            return ", ".join(part for part in said if part)
        if schedule.description:
            return schedule.description
    return ""


def _near(offer: Offer, here: Point | None) -> Near:
    return Near(offer, None if offer.place is None or here is None else distance_km(offer.place, here))


def _offers(need: Need, service: Service, as_of: dt.date) -> list[Offer]:
    """The offers of a service for a need: one at each of its places, none where it does not run or may not be named."""
    terms = [attribute.taxonomy_term.name for attribute in service.attributes if attribute.taxonomy_term]
    schedules = _schedules(service)
    running = [schedule for schedule in schedules if _runs(schedule, as_of)]
    is_open = service.status == "active" and (running or not schedules)
    if not is_open or not is_served_by(need, terms) or restricted.mentions(" ".join([service.name, *terms])):
        return []
    ages = (service.minimum_age or 0, math.inf if service.maximum_age is None else service.maximum_age)
    locations = [
        at.location for at in service.service_at_locations if at.location and at.location.location_type == "physical"
    ]
    points = [_point(place) for place in locations] or [None]
    return [Offer(service.name, need.name, timetable(running), not locations, point, *ages) for point in points]


def _point(location: Location | None) -> Point | None:
    if location is None or location.latitude is None or location.longitude is None:
        return None
    return location.latitude, location.longitude


def _schedules(service: Service) -> list[Schedule]:
    return [*service.schedules, *(s for at in service.service_at_locations for s in at.schedules)]


def _runs(schedule: Schedule, as_of: dt.date) -> bool:
    started = schedule.valid_from is None or schedule.valid_from <= as_of + dt.timedelta(days=SOON_DAYS)
    return started and (schedule.valid_to is None or schedule.valid_to >= as_of)


def _days(schedule: Schedule) -> str:
    days = [day.strip() for day in (schedule.byday or "").upper().split(",") if day.strip()]
    if schedule.freq == "MONTHLY":
        said = [f"{_NTH[day[:-2]]} {_DAYS[day[-2:]][:-1]}" for day in days if day[-2:] in _DAYS and day[:-2] in _NTH]
        return f"the {words.listing(said)} of the month" if said else "monthly"
    said = [_DAYS[day] for day in _DAYS if day in days]
    in_a_row = ", ".join(said) in ", ".join(_DAYS.values())
    if in_a_row and len(said) > 2:  # noqa: PLR2004 - `Mondays and Tuesdays` is no shorter as `to`
        said = [f"{said[0]} to {said[-1]}"]
    often = "every other week, " if schedule.interval == 2 else ""  # noqa: PLR2004
    return often + words.listing(said) if said else ("weekly" if schedule.freq else "")


def _hours(schedule: Schedule) -> str:
    opens, closes = ((time or "")[:5] for time in (schedule.opens_at, schedule.closes_at))
    return f"{opens} to {closes}" if opens and closes else opens
