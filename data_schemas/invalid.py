"""Says in everyday words what pydantic refused: where, what is wrong and what is accepted, never the value itself."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

Location = tuple[int | str, ...]

WORDS = {
    "missing": "is missing",
    "extra_forbidden": "is not known here; take it out, or correct its name",
    "model_type": "must be a section or object",
    "model_attributes_type": "must be a section or object",
    "dict_type": "must be a section or object",
    "dataclass_type": "must be a section or object",
    "unexpected_keyword_argument": "is not known here; take it out, or correct its name",
    "list_type": "must be a list",
    "tuple_type": "must be a list",
    "string_type": "must be a text",
    "string_too_short": "must have at least {min_length} characters",
    "string_too_long": "must have at most {max_length} characters",
    "string_pattern_mismatch": "is not in the expected form",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_parsing_size": "must be a smaller number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "finite_number": "must be a number",
    "greater_than": "must be more than {gt}",
    "greater_than_equal": "must be {ge} or more",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be {le} or less",
    "too_short": "must have at least {min_length} items",
    "too_long": "must have at most {max_length} items",
    "literal_error": "must be {expected}",
    "enum": "must be {expected}",
}
"""Pydantic's name of an error → our words. Those that are not here, dates among them, are in `_problem`."""


def problems(error: ValidationError, model: type[BaseModel] | None = None) -> list[tuple[Location, str]]:
    """Each location and what is wrong there. If `model` is given, its description of the field follows."""
    found = error.errors(include_url=False, include_input=False)
    return [(each["loc"], _problem(each) + _described(model, each)) for each in found]


def place(location: Location) -> str:
    """`.train_as_of[0]` from pydantic's location."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in location)


def _problem(error: ErrorDetails) -> str:
    kind, context = error["type"], error.get("ctx", {})
    if context.get("min_length") == 1:
        return "must not be empty"
    if kind in WORDS:
        return WORDS[kind].format_map({name: f"{n:g}" if isinstance(n, float) else n for name, n in context.items()})
    if kind.startswith(("date_", "datetime_")):
        return "must be a date, such as 2026-04-01"
    return str(context.get("error", "is not valid"))


def _described(model: type[BaseModel] | None, error: ErrorDetails) -> str:
    field: Any = model.model_fields.get(str(error["loc"][0])) if model and len(error["loc"]) == 1 else None
    return f" ({field.description.rstrip('.')})" if field and field.description else ""
