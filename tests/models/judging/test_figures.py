"""Records are flat on disk, as the contract requires, and are the same when read again."""

from __future__ import annotations

import json
import math

from data_schemas.receipts import dump, load, plain
from models.judging import record
from models.judging.figures import Difference, GroupResult, Interval, Metrics
from models.judging.record import Evaluation

FIGURES = Metrics(
    n=9, events=2, people=5, auroc=Interval(0.8, 0.7, 0.9), ppv_at={"0.05": Interval(0.5, 0.25, 0.75)}, ppv_at_worst={"0.05": 0.4}
)  # fmt: skip


def test_an_interval_is_written_as_three_entries_and_what_is_not_known_is_left_out():
    assert plain(FIGURES) == {
        "n": 9, "events": 2, "auroc": 0.8, "auroc_low": 0.7, "auroc_high": 0.9, "people": 5, "ppv_at": {"0.05": 0.5},
        "ppv_at_low": {"0.05": 0.25}, "ppv_at_high": {"0.05": 0.75}, "ppv_at_worst": {"0.05": 0.4},
    }  # fmt: skip
    assert plain(GroupResult(group="sex", value="male", too_small=True)) == {
        "group": "sex",
        "value": "male",
        "too_small": True,
    }


def test_what_is_written_comes_back():
    assert load(Metrics, dump(FIGURES)) == FIGURES


def test_a_figure_that_does_not_exist_is_null_in_json_and_not_a_number_here():
    written = dump(Difference(math.nan, 0.0, math.inf))
    assert json.loads(written) == {"difference": None, "low": 0.0, "high": None}
    assert math.isnan(load(Difference, written).difference)


def test_an_interval_leaves_out_what_lies_outside_it_and_nothing_where_it_is_not_known():
    assert Interval(0.8, 0.7, 0.9).leaves_out(1)
    assert not Interval(0.8, 0.7, 1.0).leaves_out(1)
    assert not Interval(0.8).leaves_out(1)


def test_a_whole_evaluation_comes_back_as_it_was(site):
    found = record.read(site.model.evaluation_path)
    assert isinstance(found, Evaluation)
    assert dump(load(Evaluation, dump(found))) == dump(found)


def test_an_empty_mapping_that_a_reader_asks_for_is_written() -> None:
    from dataclasses import dataclass

    from data_schemas.receipts import dump, load
    from models.judging.figures import Flat

    @dataclass(frozen=True, kw_only=True)
    class Said(Flat):
        gaps: dict[str, float]

    assert load(Said, dump(Said(gaps={}))) == Said(gaps={})
