"""The files that a run writes follow their schemas."""

import datetime as dt

import polars as pl
import pytest
from dataframely.exc import ValidationError

from data_schemas.results import AGE_BANDS, RiskList, Scores

SCORE = {
    "person_id": "p1", "practice_code": "A12345", "cluster_code": "C1", "as_of": dt.date(2026, 4, 1), "risk": 0.31, "band": "High",
    "rank_in_cluster": 1, "model_version": "abc",
}  # fmt: skip
LISTED = {
    **dict.fromkeys(name for name, column in RiskList.columns().items() if column.nullable),
    "rank": 1, "person_id": "p1", "practice_code": "A12345", "age_band": "75 to 84", "sex": "Female", "risk": 0.31, "band": "High",
    "chance": "about 1 in 3", "lists": "Main list; Carers", "segment": "Carers", "reason_1": "3 emergency admissions in the last year",
    "edition": 1, "as_of": dt.date(2026, 4, 1), "cluster_code": "C1",
}  # fmt: skip


def test_sound_rows_pass():
    assert (
        Scores.validate(
            pl.DataFrame([SCORE | {"cluster_code": None, "rank_in_cluster": None}, SCORE]), cast=True
        ).height
        == 2
    )
    assert RiskList.validate(
        pl.DataFrame([LISTED | {"age_band": band} for band in AGE_BANDS]), cast=True
    ).height == len(AGE_BANDS)


@pytest.mark.parametrize("wrong", [{"risk": 1.2}, {"risk": None}, {"person_id": None}, {"practice_code": "12345A"}])
def test_scores_outside_their_bounds_do_not(wrong):
    with pytest.raises(ValidationError):
        Scores.validate(
            pl.DataFrame([SCORE | wrong], schema_overrides={"risk": pl.Float64, "person_id": pl.String}), cast=True
        )


@pytest.mark.parametrize("wrong", [{"rank": 0}, {"age_band": "75-84"}, {"sex": "2"}])
def test_list_rows_outside_their_bounds_do_not(wrong):
    with pytest.raises(ValidationError):
        RiskList.validate(pl.DataFrame([LISTED | wrong]), cast=True)
