"""Generates an invented Community Book in Open Referral UK (HSDS-UK 3): local offers near the borough's people."""

from __future__ import annotations

import uuid
from typing import Any

import numpy as np

from data_schemas.disk import read_csv
from pipeline.synthetic.options import DATA
from pipeline.synthetic.places import Places

Record = dict[str, Any]


def community_book(places: Places, seed: int) -> list[Record]:
    """Services with their organisation, places, schedules and taxonomy. The same seed gives the same book."""
    rng = np.random.default_rng([seed, 4])
    kinds = read_csv(DATA / "offers.csv", separator=";", infer_schema_length=None)
    return [_service(number, kind, _areas(kind, places, rng), rng) for number, kind in enumerate(kinds.to_dicts())]


def _areas(kind: Record, places: Places, rng: np.random.Generator) -> list[Record]:
    """The areas where a service is offered. Empty for a service by telephone or video."""
    if not kind["places"]:
        return []
    chosen = rng.permutation(len(places.areas))[: kind["places"]]
    return [places.areas.row(int(row), named=True) for row in chosen]


def _somewhere(areas: list[Record]) -> list[Record | None]:
    return [*areas] if areas else [None]


def _identifier(rng: np.random.Generator) -> str:
    return str(uuid.UUID(bytes=rng.bytes(16), version=4))


def _service(number: int, kind: Record, areas: list[Record], rng: np.random.Generator) -> Record:
    """One offer, at its places, or by telephone or video if it has none. Its telephone numbers and addresses are
    reserved for fiction.
    """
    name = kind["name"]
    host = f"{name.lower().replace(' ', '-')}.example.org"
    service: Record = {
        "id": _identifier(rng),
        "name": name,
        "description": kind["description"],
        "status": "active",
        "minimum_age": kind["minimum_age"],
        "maximum_age": kind["maximum_age"],
        "email": f"hello@{host}",
        "url": f"https://{host}",
        "phones": [{"id": _identifier(rng), "number": f"01632 960{number:03}"}],
        "organization": {
            "id": _identifier(rng),
            "name": f"{name} (invented)",
            "description": "An organisation of the synthetic borough. It does not exist.",
        },
        "schedules": [_schedule(kind, rng)],
        "service_at_locations": [{"id": _identifier(rng), **_place(name, area, rng)} for area in _somewhere(areas)],
        "attributes": [_attribute(term, rng) for term in kind["terms"].split("|")] + _eligibility(kind, rng),
        "cost_options": [_cost(kind["cost"], rng)],
    }
    return {key: value for key, value in service.items() if value is not None}


def _schedule(kind: Record, rng: np.random.Generator) -> Record:
    return {
        "id": _identifier(rng),
        "freq": kind["freq"],
        "byday": kind["byday"],
        "opens_at": kind["opens"],
        "closes_at": kind["closes"],
    }


def _place(name: str, area: Record | None, rng: np.random.Generator) -> Record:
    location = _identifier(rng)
    if area is None:
        return {"location_id": location, "location": {"id": location, "location_type": "virtual", "name": name}}
    east, north = rng.normal(0, 0.003), rng.normal(0, 0.002)
    point = {"latitude": round(area["lat"] + north, 5), "longitude": round(area["lon"] + east, 5)}
    return {
        "location_id": location,
        "location": {"id": location, "location_type": "physical", "name": f"{area['ward']} hall", **point},
    }


def _cost(amount: float, rng: np.random.Generator) -> Record:
    return {"id": _identifier(rng), "amount": amount, "amount_description": "A session" if amount else "Free"}


def _eligibility(kind: Record, rng: np.random.Generator) -> list[Record]:
    """Who an offer is for. Empty if it is for everyone."""
    return [_attribute(kind["whom"], rng, "eligibility")] if kind["whom"] else []


def _attribute(term: str, rng: np.random.Generator, link_type: str = "need") -> Record:
    word = {"id": term.replace(" ", "-"), "name": term, "description": f"For {term}."}
    return {"id": _identifier(rng), "link_type": link_type, "taxonomy_term": word}
