"""An evaluation is the same when read again. For one of another release, the error states what to do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import MISSING, fields
from pathlib import Path

import pytest

from data_schemas.errors import ConfigurationError
from data_schemas.receipts import dump, load
from models.judging import record
from models.judging.figures import Flat, Interval


def test_an_evaluation_of_an_earlier_release_says_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "evaluation-0123456789ab.json"
    path.write_text(
        '{"model_version": "m", "metrics": {}, "curves": {"decision": [{"threshold": 0.1, "age_sex": 0.02}]}}'
    )
    with pytest.raises(ConfigurationError, match="run once without --no-train") as raised:
        record.read(path)
    assert raised.value.__context__ is None


def kinds(of: type[Flat]) -> Iterator[type[Flat]]:
    """All records that leave out unknown figures."""
    for each in of.__subclasses__():
        yield each
        yield from kinds(each)


@pytest.mark.parametrize("kind", sorted(set(kinds(Flat)), key=str))
def test_a_record_whose_figures_are_unknown_is_read_again(kind: type[Flat]) -> None:
    needed = {each.name for each in fields(kind) if each.default is MISSING and each.default_factory is MISSING}
    intervals = {each.name for each in fields(kind) if each.type in ("Interval", Interval)}
    assert not needed & intervals


def test_a_month_without_an_outcome_is_read_again() -> None:
    month = record.Month(part=1, observed=0, expected=2.4)
    assert load(record.Month, dump(month)) == month
