"""Lenient reading of third-party records: a value that is not accepted is left out."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    ValidationError,
    model_validator,
)


def _text(value: object) -> object:
    return str(value) if isinstance(value, int) else value


def upper(value: object) -> object:
    """A text in capitals; any other value unchanged."""
    return value.upper() if isinstance(value, str) else value


def plain(value: object) -> object:
    """A text in lower case without underscores; any other value unchanged."""
    return value.strip().lower().replace("_", " ") if isinstance(value, str) else value


def _day(value: object) -> object:
    """The day of a time, which some feeds give instead of a date."""
    return value[:10] if isinstance(value, str) else value


Identifier = Annotated[str, BeforeValidator(_text), Field(min_length=1)]
Text = Annotated[str, Field(min_length=1)]
Day = Annotated[dt.date, BeforeValidator(_day)]


class Record(BaseModel):
    """A record that leaves out optional values and list items that are not accepted."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    @model_validator(mode="wrap")
    @classmethod
    def _without_what_is_wrong(cls, data: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        """The record without optional values and list items that are not accepted."""
        try:
            return handler(data)
        except ValidationError as error:
            wrong = {tuple(problem["loc"][:2]) for problem in error.errors(include_input=False)}
        if not isinstance(data, dict):
            return handler(data)
        return handler({name: value for name in data if (value := _cleaned(cls, name, data[name], wrong)) is not None})


def _cleaned(kind: type[BaseModel], name: str, value: Any, wrong: set[tuple[Any, ...]]) -> Any:
    """The accepted part of a value: a list without its wrong items, None for a wrong optional value."""
    places = [place for place in wrong if place[0] == name]
    if not places or kind.model_fields[name].is_required():
        return value
    items = {place[1] for place in places if len(place) > 1 and isinstance(place[1], int)}
    if isinstance(value, list) and len(items) == len(places):
        return [item for number, item in enumerate(value) if number not in items]
    return None
