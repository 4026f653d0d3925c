"""Collecting what is wrong with `site.toml`: the key, what was found, what is accepted, the nearest known name."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from data_schemas.invalid import place
from data_schemas.nearest import nearest
from data_schemas.section import Section

Model = TypeVar("Model", bound=Section)

_LONGEST = 80


class Problems:
    """All problems of one site.toml, in the order in which they were found."""

    def __init__(self) -> None:
        self.found: list[str] = []

    def add(self, key: str, problem: str) -> None:
        self.found.append(f"{key}: {problem}")

    def unknown_keys(self, parent: str, written: Mapping[str, object], what: str, accepted: Collection[str]) -> None:
        """Keys under `parent` that are not among the `accepted` ones."""
        for name in written:
            if name not in accepted:
                key = f"{parent}.{name}" if parent else name
                self.add(key, f"unknown {what}; accepted: {', '.join(accepted)}{nearest(name, accepted)}")

    def unknown_value(self, key: str, value: object, accepted: Collection[str]) -> None:
        """A value that is not among the `accepted` ones."""
        self.add(key, f"found {shown(value)}; accepted: {', '.join(accepted)}{nearest(str(value), accepted)}")

    def table(self, value: Any, key: str) -> dict[str, Any]:
        """The value where it is a TOML table, or an empty one after its problem was noted."""
        if isinstance(value, dict):
            return value
        self.add(key, f"found {shown(value)}; accepted: a section [{key}]")
        return {}

    def noted(self, key: str) -> bool:
        """Whether something is wrong with a key."""
        return any(problem.startswith((f"{key}:", f"{key}[", f"{key}.")) for problem in self.found)

    def section(self, model: type[Model], value: Any, key: str) -> Model:
        """The section as a model. Problems in it are noted, and the rest of it can still be checked."""
        written = self.table(value, key)
        self.unknown_keys(key, written, "key", list(model.model_fields))
        known = {name: written[name] for name in model.model_fields if name in written}
        try:
            return model.model_validate(known)
        except ValidationError as error:
            errors = error.errors(include_url=False)
        self._invalid(model, errors, key)
        wrong = {str(error["loc"][0]) for error in errors}
        return model.model_validate({name: known[name] for name in known.keys() - wrong} | stand_ins(model, wrong))

    def _invalid(self, model: type[Section], errors: Iterable[ErrorDetails], section: str) -> None:
        for error in errors:
            field = model.model_fields[str(error["loc"][0])]
            accepted = field.description or ""
            key = f"{section}{place(error['loc'])}"
            value = shown(error["input"]) if field.repr else "a value that is not shown: it may be a secret"
            what = "missing" if error["type"] == "missing" else f"found {value}"
            options = accepted.replace(" or ", ", ").split(", ") if error["type"] == "literal_error" else []
            self.add(key, f"{what}; accepted: {accepted}{nearest(str(error['input']), options)}")


def stand_ins(model: type[Section], wrong: Collection[str]) -> dict[str, Any]:
    """An example for each required field that is missing or wrong, so that the other fields can be checked. Nothing
    runs with it.
    """
    required = {name: model.model_fields[name] for name in wrong if model.model_fields[name].is_required()}
    return {name: field.examples[0] for name, field in required.items() if field.examples}


def shown(value: object) -> str:
    """A configuration value for a message, cut where it is long."""
    text = repr(value) if isinstance(value, str | dict | list | tuple) else str(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
