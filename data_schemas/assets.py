"""The Community Book: Open Referral UK (HSDS-UK 3.0) services, as far as lists use them.

Required fields are those of the HSDS-UK 3.0 JSON schemas (github.com/OpenReferralUK/uk-profile, commit ecdfabf). Fields that
lists do not use are left unread; public offers hold nothing about patients.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from data_schemas.errors import DataRefused

Identifier = Annotated[str, Field(min_length=1)]
Text = Annotated[str, Field(min_length=1)]


def _upper(value: object) -> object:
    return value.upper() if isinstance(value, str) else value


class _Record(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class TaxonomyTerm(_Record):
    """A word of a classification."""

    id: Identifier
    name: Text
    description: str


class Attribute(_Record):
    """A link from a service to a term that says what it is for, or whom."""

    id: Identifier
    link_type: str | None = None
    taxonomy_term: TaxonomyTerm | None = None


class Schedule(_Record):
    """When a service can be used: an RFC 5545 rule."""

    id: Identifier
    valid_from: dt.date | None = None
    valid_to: dt.date | None = None
    freq: Annotated[Literal["WEEKLY", "MONTHLY"] | None, BeforeValidator(_upper)] = None
    interval: float | None = None
    byday: str | None = None
    bymonthday: str | None = None
    opens_at: str | None = None
    closes_at: str | None = None
    description: str | None = None


class Location(_Record):
    """Where a service is."""

    id: Identifier
    location_type: Literal["physical", "postal", "virtual"]
    name: str | None = None
    latitude: float | None = Field(None, ge=-90, le=90)
    longitude: float | None = Field(None, ge=-180, le=180)


class ServiceAtLocation(_Record):
    """A service at one of its places."""

    id: Identifier
    location: Location | None = None
    schedules: tuple[Schedule, ...] = ()


class Phone(_Record):
    """A telephone number."""

    id: Identifier
    number: Text


class Contact(_Record):
    """Somebody to ask."""

    id: Identifier
    email: str | None = None
    phones: tuple[Phone, ...] = ()


class Organization(_Record):
    """Who runs a service."""

    id: Identifier
    name: Text
    description: str
    email: str | None = None
    website: str | None = None
    phones: tuple[Phone, ...] = ()
    contacts: tuple[Contact, ...] = ()


class CostOption(_Record):
    """What a service costs."""

    id: Identifier
    amount: float | None = None
    amount_description: str | None = None


class Service(_Record):
    """An offer of the community."""

    id: Identifier
    name: Text
    status: Literal["active", "inactive", "defunct", "temporarily closed"]
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
        """The first number to ring: the service's own, a contact's, or the organisation's."""
        numbers = [phone.number for each in self._asked() for phone in each.phones]
        return numbers[0] if numbers else ""

    @property
    def address(self) -> str:
        """The first e-mail address to write to."""
        return next((each.email for each in self._asked() if each.email), "")

    @property
    def web(self) -> str:
        """Its page, or its organisation's."""
        return self.url or (self.organization.website if self.organization else None) or ""

    def _asked(self) -> list[Service | Contact | Organization]:
        asked: list[Service | Contact | Organization] = [self, *self.contacts]
        if self.organization:
            asked += [self.organization, *self.organization.contacts]
        return asked


def read_services(files: Sequence[Path]) -> list[Service]:
    """All services of some JSON files, by id; raises DataRefused with every problem: file, place in it, what is wrong."""
    problems: list[str] = []
    found: dict[str, Service] = {}
    for path in sorted(files):
        for place, record in records(path, problems):
            try:
                service = Service.model_validate(record)
            except ValidationError as error:
                problems += [
                    f"{path.name}: {place}{_where(e['loc'])}: {e['msg']}" for e in error.errors(include_input=False)
                ]
            else:
                found[service.id] = service
    if problems:
        raise DataRefused(problems)
    return [found[identifier] for identifier in sorted(found)]


def records(path: Path, problems: list[str]) -> list[tuple[str, Any]]:
    """The services of a file: a list, a page of an API (`contents`) or an object with `services`."""
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


def _where(location: tuple[int | str, ...]) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location)
