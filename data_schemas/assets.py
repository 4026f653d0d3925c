"""The Community Book: Open Referral UK (HSDS-UK 3.0) services, limited to what lists use.

Fields are those of the HSDS-UK 3.0 JSON schemas (github.com/OpenReferralUK/uk-profile, commit ecdfabf). Third-party
feeds are read leniently. A value that is not accepted is left out. So is a record that lacks a needed field (for a
service: id, name and status). Fields that lists do not use are not read. Public offers hold nothing about patients.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    BeforeValidator,
    Field,
    ValidationError,
)

from data_schemas import invalid
from data_schemas.errors import DataRefused
from data_schemas.lenient import Day, Identifier, Record, Text, plain, upper

MOST_LEFT_OUT = 0.2
"""Largest share of services that may be left out. With more, the file is probably something else."""


class TaxonomyTerm(Record):
    """A term of a classification."""

    id: Identifier
    name: Text
    description: str | None = None


class Attribute(Record):
    """A link from a service to a term that says what or who it is for."""

    id: Identifier
    link_type: str | None = None
    taxonomy_term: TaxonomyTerm | None = None


class Schedule(Record):
    """When a service can be used: an RFC 5545 rule."""

    id: Identifier
    valid_from: Day | None = None
    valid_to: Day | None = None
    freq: Annotated[Literal["DAILY", "WEEKLY", "MONTHLY"] | None, BeforeValidator(upper)] = None
    interval: float | None = None
    byday: str | None = None
    bymonthday: str | None = None
    opens_at: str | None = None
    closes_at: str | None = None
    description: str | None = None


class Location(Record):
    """Where a service is."""

    id: Identifier
    location_type: Annotated[Literal["physical", "postal", "virtual"], BeforeValidator(plain)] = "physical"
    name: str | None = None
    latitude: float | None = Field(None, ge=-90, le=90)
    longitude: float | None = Field(None, ge=-180, le=180)


class ServiceAtLocation(Record):
    """A service at one of its locations."""

    id: Identifier
    location: Location | None = None
    schedules: tuple[Schedule, ...] = ()


class Phone(Record):
    """A telephone number."""

    id: Identifier
    number: Text


class Contact(Record):
    """A person to ask."""

    id: Identifier
    email: str | None = None
    phones: tuple[Phone, ...] = ()


class Organization(Record):
    """The organisation that runs a service."""

    id: Identifier
    name: Text
    description: str | None = None
    email: str | None = None
    website: str | None = None
    phones: tuple[Phone, ...] = ()
    contacts: tuple[Contact, ...] = ()


class CostOption(Record):
    """What a service costs."""

    id: Identifier
    amount: float | None = None
    amount_description: str | None = None


class Service(Record):
    """An offer in the community."""

    id: Identifier
    name: Text
    status: Annotated[Literal["active", "inactive", "defunct", "temporarily closed"], BeforeValidator(plain)]
    description: str | None = None
    minimum_age: float | None = None
    maximum_age: float | None = None
    organization: Organization | None = None
    service_at_locations: tuple[ServiceAtLocation, ...] = ()
    schedules: tuple[Schedule, ...] = ()
    attributes: tuple[Attribute, ...] = ()
    cost_options: tuple[CostOption, ...] = ()
    email: str | None = None
    url: str | None = None
    phones: tuple[Phone, ...] = ()
    contacts: tuple[Contact, ...] = ()

    @property
    def telephone(self) -> str:
        """The first number to ring: the service's, a contact's or the organisation's."""
        numbers = [phone.number for each in self._asked() for phone in each.phones]
        return numbers[0] if numbers else ""

    @property
    def address(self) -> str:
        """The first e-mail address to write to."""
        return next((each.email for each in self._asked() if each.email), "")

    @property
    def web(self) -> str:
        """The service's page, or its organisation's."""
        return self.url or (self.organization.website if self.organization else None) or ""

    def _asked(self) -> list[Service | Contact | Organization]:
        asked: list[Service | Contact | Organization] = [self, *self.contacts]
        if self.organization:
            asked += [self.organization, *self.organization.contacts]
        return asked


@dataclass(frozen=True)
class Book:
    """The services of some files by id, and why others were left out."""

    services: list[Service]
    left_out: list[str]


def read_services(files: Sequence[Path]) -> list[Service]:
    """Every readable service in some JSON files (see `read_book`)."""
    return read_book(files).services


def read_book(files: Sequence[Path]) -> Book:
    """The services in some JSON files.

    Raises DataRefused where a file is not a list of services, or where more than `MOST_LEFT_OUT` of them cannot be
    read. It lists every problem with its file and place.
    """
    problems: list[str] = []
    left_out: list[str] = []
    services: dict[str, Service] = {}
    everything = [(path, *each) for path in sorted(files) for each in records(path, problems)]
    for path, place, record in everything:
        try:
            service = Service.model_validate(record)
        except ValidationError as error:
            reasons = [f"{place}{invalid.place(at)}: {what}" for at, what in invalid.problems(error)]
            left_out.append(f"{path.name}: {'; '.join(reasons)}")
        else:
            services[service.id] = service
    if problems or len(left_out) > MOST_LEFT_OUT * len(everything):
        raise DataRefused([*problems, *left_out])
    return Book([services[identifier] for identifier in sorted(services)], left_out)


def records(path: Path, problems: list[str]) -> list[tuple[str, Any]]:
    """The services in a file: a list, a page of an API (`contents`) or an object with `services`."""
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError):
        problems.append(f"{path.name}: is not valid JSON; give an Open Referral UK (HSDS-UK 3) list of services")
        return []
    if isinstance(content, dict):
        content = content.get("contents", content.get("services", content))
    if not isinstance(content, list):
        problems.append(f"{path.name}: has no services; give a JSON list, or an object with `contents` or `services`")
        return []
    return [(f"service {number}", record) for number, record in enumerate(content, start=1)]
