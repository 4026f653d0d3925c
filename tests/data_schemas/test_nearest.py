from __future__ import annotations

import pytest

from data_schemas.nearest import nearest


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ("horizon_day", "; nearest: horizon_days"),
        ("SEED", "; nearest: Seed"),
        ("telephone", ""),
        (("telephone", "sed"), "; nearest: Seed"),
    ],
)
def test_the_nearest_known_name_is_given_as_it_is_spelt(wanted: str, said: str) -> None:
    assert nearest(wanted, ["horizon_days", "Seed", "outcome"]) == said


def test_a_caller_may_ask_for_a_surer_match() -> None:
    assert nearest("horizon", ["horizon_days"])
    assert nearest("horizon", ["horizon_days"], similar=0.9) == ""
