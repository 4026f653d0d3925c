"""Lists as long as each cluster's capacity: net benefit worked out by hand, ties, deaths."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from models import metrics, storage
from models.judging import capacity
from models.judging.intervals import Judged
from models.judging.test_dates import load_test


@pytest.fixture(scope="module")
def tested(site):
    return load_test(site.test, site.plan)


@pytest.fixture(scope="module")
def risks(site, tested):
    return tested.risks(storage.load(site.model.path))


def test_members_share_what_places_are_left_at_the_edge():
    assert capacity.members(np.array([0.9, 0.5, 0.5, 0.5, 0.1]), 2) == pytest.approx([1, 1 / 3, 1 / 3, 1 / 3, 0])
    assert capacity.members(np.array([0.9, 0.5]), 2).tolist() == [1, 1]


def test_net_benefit_by_hand():
    y, model, rival = [1, 0, 1, 0, 0, 0, 0, 0], [1, 1, 0, 0, 0, 0, 0, 0], [0, 0, 1, 1, 1, 0, 0, 0]
    judged = Judged(np.array(y, np.int8), np.zeros(8), np.arange(8, dtype=np.int32))
    held = {"model": np.array(model, float), "rival": np.array(rival, float)}
    died = np.array([0, 1, 0, 1, 0, 0, 0, 0], float)
    found = {name: value[0] for name, value in capacity.worth(judged, held, died, 0.2)(np.ones((1, 8))).items()}
    assert found["net_benefit"] == pytest.approx((1 - 0.25 * 1) / 8)
    assert found["standardised_net_benefit"] == pytest.approx((1 - 0.25 * 1) / 2)
    assert found["rivals:rival"] == pytest.approx((1 - 0.25 * 2) / 2)
    assert found["better_by:rival"] == pytest.approx(0.125)
    assert (found["ppv"], found["sensitivity"], found["died"]) == pytest.approx((0.5, 0.5, 0.5))


def test_each_cluster_has_its_own_list_and_small_ones_none(tested, risks):
    cluster = tested.cohort("cluster_code")["cluster_code"].to_numpy()
    capacities = {"C0": 40, "C1": 10**6, "C2": 0, "nobody": 5}
    rows = capacity.at_capacity(tested, risks, {"coin": np.full(len(risks), 0.1)}, capacities)
    assert [(row.cluster, row.n) for row in rows] == [("C0", 40), ("C1", (cluster == "C1").sum())]
    own = np.flatnonzero(cluster == "C0")
    listed = own[np.argsort(-risks[own], kind="stable")[:40]]
    first = rows[0]
    assert first.ppv.value == pytest.approx(tested.y[listed].mean())
    assert first.threshold == pytest.approx(risks[listed].min())
    assert first.ppv.low < first.ppv.value < first.ppv.high
    assert first.better_by["coin"].value == pytest.approx(
        first.standardised_net_benefit.value - first.rivals["coin"].value
    )
    assert rows[1].sensitivity.value == 1


def test_deaths_without_the_outcome_next_to_ppv(tested, risks, monkeypatch):
    died = np.zeros(len(risks))
    listed = np.argsort(-risks, kind="stable")[: int(metrics.top_size(0.05, len(risks)))]
    died[listed[tested.y[listed] == 0][:10]] = 1
    monkeypatch.setattr(type(tested), "outcome", lambda _, __: died)
    found = capacity.died_at(tested, risks)
    assert found["0.05"].value == pytest.approx(10 / len(listed))
    assert set(found) == {"0.005", "0.01", "0.02", "0.05", "0.10"}


def test_no_deaths_stand_apart_where_death_is_part_of_the_outcome(tested, risks, monkeypatch):
    died, either = np.zeros(len(risks)), replace(tested, plan=replace(tested.plan, outcome="unplanned_or_death"))
    monkeypatch.setattr(type(tested), "outcome", lambda _, __: died)
    assert capacity.died_at(either, risks) == {}
    rows = capacity.at_capacity(
        either, risks, {}, dict.fromkeys(tested.cohort("cluster_code")["cluster_code"].unique(), 20)
    )
    assert rows
    assert not any(row.died.known for row in rows)
