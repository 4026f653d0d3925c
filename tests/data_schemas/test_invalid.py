"""What pydantic refused, in everyday words."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Literal, get_args

import pytest
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from pydantic_core.core_schema import ErrorType

from data_schemas.invalid import WORDS, place, problems
from data_schemas.lenient import Identifier


class Form(BaseModel):
    """One field of each kind that our own models have."""

    model_config = ConfigDict(extra="forbid")

    path: str = Field("a.toml", pattern=r"\.toml$", description="Path of the file.")
    name: str = Field("ab", min_length=2, max_length=4)
    trials: int = Field(0, ge=0, le=200)
    share: float = Field(0.5, gt=0, lt=1)
    train: bool = True
    design: Literal["matched", "lottery"] = "matched"
    days: list[dt.date] = []
    even: int = 0
    code: Identifier = "a"
    note: str = Field("a", min_length=1)

    @field_validator("even")
    @classmethod
    def _is_even(cls, value: int) -> int:
        if value % 2:
            raise ValueError("must be even")
        return value


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"path": "a.txt"}, ".path: is not in the expected form (Path of the file)"),
        ({"name": "a"}, ".name: must have at least 2 characters"),
        ({"name": "secret"}, ".name: must have at most 4 characters"),
        ({"name": 7}, ".name: must be a text"),
        ({"trials": -1}, ".trials: must be 0 or more"),
        ({"trials": 201}, ".trials: must be 200 or less"),
        ({"trials": "secret"}, ".trials: must be a whole number"),
        ({"trials": 1.5}, ".trials: must be a whole number"),
        ({"share": 0}, ".share: must be more than 0"),
        ({"share": 1}, ".share: must be less than 1"),
        ({"train": "secret"}, ".train: must be true or false"),
        ({"design": "secret"}, ".design: must be 'matched' or 'lottery'"),
        ({"days": ["2026-04-01", "secret"]}, ".days[1]: must be a date, such as 2026-04-01"),
        ({"days": [True]}, ".days[0]: must be a date, such as 2026-04-01"),
        ({"even": 1}, ".even: must be even"),
        ({"code": ""}, ".code: must not be empty"),
        ({"note": ""}, ".note: must not be empty"),
        ({"secrets": 1}, ".secrets: is not known here; take it out, or correct its name"),
    ],
)
def test_a_sentence_says_where_and_what_is_accepted(given: dict[str, object], sentence: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Form.model_validate(given)
    assert [f"{place(at)}: {what}" for at, what in problems(caught.value, Form)] == [sentence]


def test_all_problems_at_once() -> None:
    with pytest.raises(ValidationError) as caught:
        Form.model_validate({"trials": -1, "share": 2})
    assert [at for at, _ in problems(caught.value)] == [("trials",), ("share",)]


def test_every_name_is_one_that_pydantic_knows() -> None:
    assert set(get_args(ErrorType)) >= WORDS.keys()


def test_no_sentence_of_pydantic_reaches_a_person() -> None:
    code = [path for folder in ("data_schemas", "pipeline", "models", "flows") for path in Path(folder).rglob("*.py")]
    assert not [path for path in code if "['msg']" in path.read_text() or '["msg"]' in path.read_text()]
