"""Groups of people, and the gaps between them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import roc_auc_score

from data_schemas.receipts import plain
from models import storage
from models.judging import fairness
from models.judging.test_dates import load_test


@pytest.fixture(scope="module")
def tested(site):
    return load_test(site.test, site.plan)


@pytest.fixture(scope="module")
def risks(site, tested):
    return tested.risks(storage.load(site.model.path))


def test_every_group_of_the_plan_is_reported(site):
    found = json.loads(Path(site.model.evaluation_path).read_bytes())
    groups = {row["group"] for row in found["subgroups"]}
    assert groups == {"age_band", "sex", "ethnicity", "ethnic_group", "deprivation_fifth", "cluster", "lives_alone",
                      "recorded_lonely", "is_carer", "social_recording", "long_term_conditions", "emergency_admissions_2y"}  # fmt: skip


def test_a_group_has_the_figures_of_its_own_rows(tested, risks):
    rows = plain(fairness.subgroups(tested, risks, fairness.groupings(tested)))
    row = next(r for r in rows if (r["group"], r["value"]) == ("sex", "female"))
    women = (tested.cohort("sex")["sex"] == "2").to_numpy()
    assert (row["n"], row["events"]) == (women.sum(), tested.y[women].sum())
    assert row["auroc"] == pytest.approx(roc_auc_score(tested.y[women], risks[women]))
    flagged = fairness.flags(risks)
    assert row["false_omission_rate"] == pytest.approx(tested.y[women & ~flagged].mean())
    assert row["ppv"] == pytest.approx(tested.y[women & flagged].mean())
    assert row["sensitivity"] == pytest.approx(tested.y[women & flagged].sum() / tested.y[women].sum())


def test_deprivation_fifths_follow_the_deciles(tested):
    fifth = fairness.groupings(tested)["deprivation_fifth"].to_list()
    decile = tested.cohort("imd_decile")["imd_decile"].to_list()
    assert {(d, f) for d, f in zip(decile, fifth, strict=True)} == {(d, str((d + 1) // 2)) for d in range(1, 11)}


def test_ethnic_groups_are_those_of_the_census_and_unknown_is_none(tested):
    found = fairness.groupings(tested)
    codes, groups = found["ethnicity"].to_list(), found["ethnic_group"].to_list()
    assert {g for c, g in zip(codes, groups, strict=True) if c in {"A", "B", "C"}} <= {"White"}
    assert {g for c, g in zip(codes, groups, strict=True) if c in {"Z", "99"}} <= {None}
    assert set(groups) <= {"White", "Mixed or multiple", "Asian", "Black", "Other", None}


def test_small_groups_say_only_that_they_are_small(tested, risks):
    few = np.flatnonzero(tested.y == 1)[:5]
    found = plain(fairness.group_result("sex", "female", tested.judged(risks).where(few), np.zeros(5, bool), 0))
    assert found == {"group": "sex", "value": "female", "too_small": True}


def test_flags_are_the_highest_share():
    p = np.array([0.1, 0.9, 0.5, 0.5, 0.2])
    assert fairness.flags(p, 0.4).tolist() == [False, True, True, False, False]


def test_practices_are_told_apart_by_how_often_they_record_social_facts(tested):
    third = fairness.social_recording(tested)
    recorded = (tested.columns(["lives_alone", "recorded_lonely", "is_carer"]) > 0).any(axis=1)
    rate = {value: recorded[(third == value).to_numpy()].mean() for value in fairness.THIRDS}
    assert rate["least"] < rate["middle"] < rate["most"]
    practice = tested.cohort("practice_code")["practice_code"]
    assert pl.DataFrame({"p": practice, "t": third}).unique().height == practice.n_unique()


def test_rising_risk_is_those_without_an_emergency_admission(tested, risks):
    found = plain(fairness.rising_risk(tested, risks))
    none = tested.columns(["emergency_admissions_2y"])[:, 0] == 0
    assert found["n"] == none.sum()
    assert found["auroc"] == pytest.approx(roc_auc_score(tested.y[none], risks[none]))
    assert found["share_of_all_events"] == pytest.approx(tested.y[none].sum() / tested.y.sum())
