"""Conditions and codes: curves, clustering, and the built-in code lists."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from data_schemas.codelists import load_codelists
from pipeline.synthetic.codes import code_table
from pipeline.synthetic.conditions import load_conditions, onset_rate, onsets
from pipeline.synthetic.options import Options
from pipeline.synthetic.people import build_people
from pipeline.synthetic.places import build_places


@pytest.fixture(scope="module")
def same_people():
    """40,000 copies of one person: a man of 60 in the burn-in's first month, average in everything, who does not
    smoke."""
    one = build_people(build_places(Options(people=300, seed=1)), 300, 84, np.random.default_rng(1))
    many = one.take(np.zeros(40_000, dtype=np.int64))
    for latent in (many.frailty, many.hardship):
        latent[:] = 0
    many.female[:], many.smoker[:] = False, False
    many.birth[:], many.join[:] = -60 * 12, 0
    return many


def test_prevalence_at_an_age_follows_the_curve(same_people):
    conditions = load_conditions()
    onset = onsets(conditions, same_people, 84, np.random.default_rng(5))
    share = 1 / (1 + np.exp(-(60 - conditions.mid) / conditions.width))
    for register in ("HYP", "DEP", "OB", "AST"):
        c = conditions.registers.index(register)
        expected = conditions.scale[c] * share[c]
        found = (onset[:, c] <= 0).mean()
        assert abs(found - expected) < 4 * np.sqrt(expected * (1 - expected) / len(onset)) + 0.02 * expected


def test_incidence_is_the_rate_that_the_true_risk_assumes(same_people):
    conditions = load_conditions()
    onset = onsets(conditions, same_people, 84, np.random.default_rng(6))
    rate = onset_rate(conditions, same_people, np.full(len(same_people), 60.5))
    for register in ("HYP", "CHD", "CAN"):
        c = conditions.registers.index(register)
        free = onset[:, c] > 0
        new = ((onset[:, c] > 0) & (onset[:, c] <= 12)).sum()
        expected = free.sum() * (1 - np.exp(-rate[0, c]))
        assert abs(new - expected) < 4 * np.sqrt(expected) + 0.02 * expected


def test_nobody_falls_ill_too_young_and_later_onsets_stay_where_they_were(same_people):
    conditions = load_conditions()
    onset = onsets(conditions, same_people, 84, np.random.default_rng(8))
    age = (onset - same_people.birth[:, None]) / 12
    ill = onset < 84
    # an age in whole months, cut and not rounded
    assert (age[ill] >= np.broadcast_to(conditions.youngest, age.shape)[ill] - 1 / 6).all()
    c = conditions.registers.index("DEP")
    share = (1 / (1 + np.exp(-(20 - conditions.mid) / conditions.width)) * conditions.scale)[c]
    found = (ill[:, c] & (age[:, c] <= 20)).mean()
    assert abs(found - share) < 4 * np.sqrt(share / len(onset)) + 0.02 * share


def test_conditions_cluster_in_people_beyond_age(same_people):
    """With different latents, the number of conditions varies more than independent ones would: at least by a tenth."""
    rng = np.random.default_rng(7)
    for latent in (same_people.frailty, same_people.hardship):
        latent[:] = rng.normal(size=len(same_people))
    has = onsets(load_conditions(), same_people, 84, rng) <= 0
    for latent in (same_people.frailty, same_people.hardship):
        latent[:] = 0
    share = has.mean(axis=0)
    assert has.sum(axis=1).var() > 1.1 * (share * (1 - share)).sum()


def test_every_code_in_use_is_in_the_built_in_list_of_its_concept():
    lists = load_codelists().filter(pl.col("system") == "snomed")
    known = set(zip(lists["concept"], lists["code"], strict=True))
    used = {(concept, code) for concept, codes in code_table().items() for code in codes}
    table = load_conditions().table
    used |= {(row["concept"], code) for row in table.iter_rows(named=True) for code in row["codes"].split()}
    assert used - known == set()


def test_every_diagnosis_of_a_condition_is_caught_by_a_built_in_icd_10_list():
    table = load_conditions().table
    prefixes = load_codelists().filter(pl.col("system") == "icd10").select("concept", "code")
    by_concept = {key[0]: rows["code"].to_list() for key, rows in prefixes.group_by("concept")}
    for concept, codes in (
        table.filter(pl.col("concept").is_in(list(by_concept))).select("concept", "icd10").iter_rows()
    ):
        assert any(code.startswith(tuple(by_concept[concept])) for code in codes.split()), concept
