"""The parameters of a run, which the form, the command line and the schedules fill in."""

from __future__ import annotations

import pytest

from data_schemas.errors import ConfigurationError
from flows.cli.commands import parameters
from flows.parameters import RunParameters


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"config": "site.txt"}, "config"),
        ({"as_of": "yesterday"}, "as_of"),
        ({"engine": "dask"}, "engine"),
        ({"out": ""}, "out"),
        ({"surprise": 1}, "surprise"),
        ({"accept": [{"alarm": "drift", "by": "A. Analyst"}]}, "accept[0].reason"),
        ({"accept": [{"alarm": "weather", "by": "A. Analyst", "reason": "it rained all year"}]}, "accept[0].alarm"),
    ],
)
def test_bad_options_are_refused_by_name(options: dict[str, object], named: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parameters(options)
    assert any(problem.startswith(f"{named}:") for problem in caught.value.problems)
    assert caught.value.exit_code == 2


def test_all_bad_options_are_reported_together() -> None:
    with pytest.raises(ConfigurationError) as caught:
        parameters({"config": "x", "engine": "y", "as_of": "z"})
    assert len(caught.value.problems) == 3


def test_the_form_schema_carries_the_limits() -> None:
    schema = RunParameters.model_json_schema()
    assert schema["properties"]["engine"]["enum"] == ["polars", "spark"]
    assert schema["properties"]["config"]["pattern"].endswith(r"\.toml$")
    assert schema["additionalProperties"] is False
