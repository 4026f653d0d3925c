"""An invented Community Book in Open Referral UK (HSDS-UK 3): local offers near the borough's people."""

from __future__ import annotations

import uuid
from typing import Any

import numpy as np

from pipeline.synthetic.places import Places


def community_book(places: Places, seed: int) -> list[dict[str, Any]]:
    """Services with organisation, place, schedule and taxonomy; the same for the same seed."""
    rng = np.random.default_rng([seed, 4])
    return [_service(places, number, rng) for number in range(90)]


KINDS = (
    ("Coffee Morning", "befriending", "A warm place to meet neighbours over a brew.", 18),
    ("Walking Group", "physical activity", "Gentle walks led by trained volunteers.", 18),
    ("Carers' Circle", "carers", "Peer support and breaks for people who look after someone.", 16),
    ("Money Advice Drop-in", "debt advice", "Free, independent help with debt, benefits and fuel bills.", 18),
    ("Men's Shed", "befriending", "Make, mend and talk shoulder to shoulder.", 18),
    ("Chair Exercise", "falls prevention", "Strength and balance for people who are unsteady.", 60),
    ("Warm Space", "fuel poverty", "A heated room, soup and energy-saving advice.", 0),
    ("Telephone Friends", "befriending", "A weekly call from the same friendly volunteer.", 55),
    ("Bereavement Café", "bereavement", "Company for people who have lost someone.", 18),
    ("Breathe Easy Singing", "long-term conditions", "Singing for people with lung conditions.", 18),
    ("Community Garden", "physical activity", "Grow food and flowers together, no experience needed.", 0),
    ("Back to Work Club", "employment", "Help with job search, skills and confidence.", 18),
)


def _identifier(rng: np.random.Generator) -> str:
    return str(uuid.UUID(bytes=rng.bytes(16), version=4))


def _service(places: Places, number: int, rng: np.random.Generator) -> dict[str, Any]:
    title, need, means, minimum_age = KINDS[number % len(KINDS)]
    area = places.areas.row(int(rng.integers(0, len(places.areas))), named=True)
    name = f"{area['ward'].split(' ')[0].strip(',')} {title}"
    service, organisation, location = (_identifier(rng) for _ in range(3))
    place = {
        "id": location,
        "location_type": "physical",
        "name": f"{name} Hall",
        "latitude": round(area["lat"] + float(rng.normal(0, 0.002)), 5),
        "longitude": round(area["lon"] + float(rng.normal(0, 0.003)), 5),
    }
    return {
        "id": service,
        "name": name,
        "description": means,
        "status": "active",
        "minimum_age": minimum_age,
        "organization": {"id": organisation, "name": f"{name} Association", "description": f"Invented organisation that runs {name}."},
        "service_at_locations": [{"id": _identifier(rng), "location_id": location, "location": place}],
        "schedules": [{"id": _identifier(rng), "freq": "WEEKLY", "byday": ["MO", "TU", "WE", "TH", "FR"][number % 5], "opens_at": "10:00", "closes_at": "12:00"}],
        "attributes": [
            {
                "id": _identifier(rng),
                "link_id": service,
                "link_type": "service",
                "taxonomy_term": {"id": f"need-{need.replace(' ', '-')}", "name": need, "description": f"Offers for {need}."},
            }
        ],
    }
