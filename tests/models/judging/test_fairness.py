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
                      "recorded_lonely", "is_carer", "long_term_conditions", "emergency_admissions_2y"}  # fmt: skip


def test_a_group_has_the_figures_of_its_own_rows(tested, risks):
    rows = plain(fairness.subgroups(tested, risks))
    row = next(r for r in rows if (r["group"], r["value"]) == ("sex", "female"))
    women = (tested.cohort()["sex"] == "2").to_numpy()
    assert (row["n"], row["events"]) == (women.sum(), tested.y[women].sum())
    assert row["auroc"] == pytest.approx(roc_auc_score(tested.y[women], risks[women]))
    flagged = fairness.flags(risks)
    assert row["false_omission_rate"] == pytest.approx(tested.y[women & ~flagged].mean())
    assert row["ppv"] == pytest.approx(tested.y[women & flagged].mean())
    assert row["sensitivity"] == pytest.approx(tested.y[women & flagged].sum() / tested.y[women].sum())


def test_deprivation_fifths_follow_the_deciles(tested):
    fifth = fairness.groupings(tested)["deprivation_fifth"].to_list()
    decile = tested.cohort()["imd_decile"].to_list()
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


def test_rates_by_hand():
    y, flagged = [1, 0, 1, 0, 0], [True, True, False, False, False]
    assert fairness.false_omission_rate(y, flagged) == pytest.approx(1 / 3)
    assert fairness.false_discovery_rate(y, flagged) == pytest.approx(1 / 2)
    assert fairness.false_omission_rate(y, flagged, [1, 1, 2, 1, 1]) == pytest.approx(2 / 4)


def test_standardising_gives_every_group_the_same_mix():
    groups = np.array(["a", "a", "a", "b"] * 50 + ["b"] * 20)
    strata = np.array(["old", "old", "young", "young"] * 50 + ["old"] * 20)
    weight = fairness.standardising_weights(pl.Series(groups), pl.Series(strata))
    shares = (
        pl.DataFrame({"g": groups, "s": strata, "w": weight}).group_by("g", "s").agg(pl.col("w").sum())
        .with_columns(pl.col("w") / pl.col("w").sum().over("g"))
    )  # fmt: skip
    old = shares.filter(pl.col("s") == "old")["w"].to_list()
    assert old == pytest.approx([(strata == "old").mean()] * 2)


def test_rising_risk_is_those_without_an_emergency_admission(tested, risks):
    found = plain(fairness.rising_risk(tested, risks))
    none = tested.columns(["emergency_admissions_2y"])[:, 0] == 0
    assert found["n"] == none.sum()
    assert found["auroc"] == pytest.approx(roc_auc_score(tested.y[none], risks[none]))
    assert found["share_of_all_events"] == pytest.approx(tested.y[none].sum() / tested.y.sum())


def test_gaps_are_the_widest_differences_between_groups(tested, risks):
    found = plain(fairness.gaps(tested, risks)["sex"])
    flagged, women = fairness.flags(risks), (tested.cohort()["sex"] == "2").to_numpy()
    rates = [tested.y[who & ~flagged].mean() for who in (women, ~women)]
    assert found["false_omission_rate_gap"] == pytest.approx(abs(rates[0] - rates[1]))
    assert found["false_omission_rate_gap_adjusted"] != found["false_omission_rate_gap"]
