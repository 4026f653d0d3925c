"""The Community Book: Open Referral UK (HSDS-UK 3.0) services, as far as lists use them.

Fields are those of the HSDS-UK 3.0 JSON schemas (github.com/OpenReferralUK/uk-profile, commit ecdfabf). Feeds of third parties are read
leniently: a value that is not accepted is left out, and so is a record without what a list cannot do without (of a service its id, name and
status). Fields that lists do not use are left unread; public offers hold nothing about patients.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    ValidationError,
    model_validator,
)

from data_schemas.errors import DataRefused


def _text(value: object) -> object:
    return str(value) if isinstance(value, int) else value


def _upper(value: object) -> object:
    return value.upper() if isinstance(value, str) else value


def _plain(value: object) -> object:
    return value.strip().lower().replace("_", " ") if isinstance(value, str) else value


def _day(value: object) -> object:
    """The day of a time, which some feeds give."""
    return value[:10] if isinstance(value, str) else value


Identifier = Annotated[str, BeforeValidator(_text), Field(min_length=1)]
Text = Annotated[str, Field(min_length=1)]
Day = Annotated[dt.date, BeforeValidator(_day)]
MOST_LEFT_OUT = 0.2
"""Share of the services that may be left out; with more the file is something else."""


class _Record(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    @model_validator(mode="wrap")
    @classmethod
    def _without_what_is_wrong(cls, data: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        """The record without optional values, and items of lists, that are not accepted."""
        try:
            return handler(data)
        except ValidationError as error:
            wrong = {tuple(found["loc"][:2]) for found in error.errors(include_input=False)}
        if not isinstance(data, dict):
            return handler(data)
        return handler({name: value for name in data if (value := _cleaned(cls, name, data[name], wrong)) is not None})


def _cleaned(kind: type[BaseModel], name: str, value: Any, wrong: set[tuple[Any, ...]]) -> Any:
    """A value as it may stand: a list without its wrong items, None where it is wrong and not needed."""
    places = [place for place in wrong if place[0] == name]
    if not places or kind.model_fields[name].is_required():
        return value
    items = {place[1] for place in places if len(place) > 1 and isinstance(place[1], int)}
    if isinstance(value, list) and len(items) == len(places):
        return [item for number, item in enumerate(value) if number not in items]
    return None


class TaxonomyTerm(_Record):
    """A word of a classification."""

    id: Identifier
    name: Text
    description: str | None = None


class Attribute(_Record):
    """A link from a service to a term that says what it is for, or whom."""

    id: Identifier
    link_type: str | None = None
    taxonomy_term: TaxonomyTerm | None = None


class Schedule(_Record):
    """When a service can be used: an RFC 5545 rule."""

    id: Identifier
    valid_from: Day | None = None
    valid_to: Day | None = None
    freq: Annotated[Literal["DAILY", "WEEKLY", "MONTHLY"] | None, BeforeValidator(_upper)] = None
    interval: float | None = None
    byday: str | None = None
    bymonthday: str | None = None
    opens_at: str | None = None
    closes_at: str | None = None
    description: str | None = None


class Location(_Record):
    """Where a service is."""

    id: Identifier
    location_type: Annotated[Literal["physical", "postal", "virtual"], BeforeValidator(_plain)] = "physical"
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
    description: str | None = None
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
    status: Annotated[Literal["active", "inactive", "defunct", "temporarily closed"], BeforeValidator(_plain)]
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


@dataclass(frozen=True)
class Book:
    """The services of some files, by id, and what is wrong with those that were left out."""

    services: list[Service]
    left_out: list[str]


def read_services(files: Sequence[Path]) -> list[Service]:
    """All services of some JSON files that can be read (see `read_book`)."""
    return read_book(files).services


def read_book(files: Sequence[Path]) -> Book:
    """The services of some JSON files.

    Raises DataRefused with every problem, file, place in it and what is wrong, where a file is not a list of services, or more than a
    share `MOST_LEFT_OUT` of them cannot be read.
    """
    problems: list[str] = []
    left_out: list[str] = []
    found: dict[str, Service] = {}
    everything = [(path, *each) for path in sorted(files) for each in records(path, problems)]
    for path, place, record in everything:
        try:
            service = Service.model_validate(record)
        except ValidationError as error:
            told = [f"{place}{_where(e['loc'])}: {e['msg']}" for e in error.errors(include_input=False)]
            left_out.append(f"{path.name}: {'; '.join(told)}")
        else:
            found[service.id] = service
    if problems or len(left_out) > MOST_LEFT_OUT * len(everything):
        raise DataRefused([*problems, *left_out])
    return Book([found[identifier] for identifier in sorted(found)], left_out)


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
