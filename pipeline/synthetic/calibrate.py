"""Finds the levels in `data/fitted.json`: simulates large samples of the borough and moves each level towards its
target.

`python -m pipeline.synthetic.calibrate` takes a few minutes. Run it when you have changed an equation or a target.
"""

from __future__ import annotations

import json
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.synthetic import hazards, targets
from pipeline.synthetic.block import World, build_world
from pipeline.synthetic.conditions import load_conditions, onsets
from pipeline.synthetic.contacts import attendance_visits, outpatient_visits, practice_visits
from pipeline.synthetic.lives import Lives, live
from pipeline.synthetic.options import BLOCK_PEOPLE, DATA, Options
from pipeline.synthetic.people import BURN_IN, People, build_people

Measures = dict[str, npt.NDArray[np.float64]]
BLOCKS = 10
ROUNDS = 5
THROUGH_EMERGENCY = 0.76
"""Share of emergency admissions that come through the emergency department (methods 21 and 2A)."""


def measure(job: tuple[int, dict[str, Any]]) -> Measures:
    """Count the events and person-years of one block, simulated with the given levels."""
    number, levels = job
    hazards.fitted.cache_clear()
    hazards.emergency_level.cache_clear()
    load_conditions.cache_clear()
    hazards.fitted().update(levels)
    options = Options(people=BLOCK_PEOPLE, seed=0)
    world = build_world(options)
    months = options.years * 12 + BURN_IN
    rng = np.random.default_rng([7, number])
    people = build_people(world.places, BLOCK_PEOPLE, months, rng)
    conditions = load_conditions()
    lives = live(people, conditions, onsets(conditions, people, months, rng), world.places, options, rng, [months])
    return _care(world, people, lives, rng) | _health(people, lives, months)


def _care(world: World, people: People, lives: Lives, rng: np.random.Generator) -> Measures:
    fifth = world.places.fifth[people.area]
    month, person = np.nonzero(lives.here[BURN_IN:])
    month += BURN_IN
    age = (month - people.birth[person]) / 12
    emergency = lives.unplanned[month, person].astype(float)
    visits = attendance_visits(people, lives, world.places, rng)
    home = np.zeros(lives.here.shape, dtype=np.uint8)
    np.add.at(home, (visits.month, visits.person), 1)
    attended = home[month, person] + THROUGH_EMERGENCY * emergency
    out: Measures = {}
    for name, edges, counts in (
        ("emergency", targets.EMERGENCY_EDGES, emergency),
        ("attendances", targets.ATTENDANCE_EDGES, attended),
    ):
        band = np.searchsorted(edges, age, side="right") - 1
        cell = band * 5 + fifth[person]
        size = (len(edges) - 1) * 5
        out[name] = np.bincount(cell, counts, size).astype(np.float64).reshape(-1, 5)
        out[f"{name}_years"] = np.bincount(cell, minlength=size).reshape(-1, 5).astype(np.float64) / 12
    for name, count in (
        ("appointments", practice_visits(people, lives, rng)),
        ("outpatients", outpatient_visits(people, lives, rng)),
    ):
        out[name] = np.array([float((count.month >= BURN_IN).sum())])
    out["deaths"] = np.array([float(((lives.died >= BURN_IN) & (lives.died < lives.months)).sum())])
    out["years"] = np.array([len(person) / 12])
    return out


def _health(people: People, lives: Lives, months: int) -> Measures:
    conditions = load_conditions()
    state = lives.truth[months]
    rows = state["person"].astype(np.int64)
    age = people.age(months)[rows]
    floor = conditions.table["from_age"].to_numpy()
    on_list = age[:, None] >= floor[None, :]
    band = np.searchsorted(hazards.LONELINESS_BANDS, age, side="right") - 1
    grown = band >= 0
    return {
        "has": ((lives.onset[rows] <= months) & on_list).sum(axis=0).astype(float),
        "eligible": on_list.sum(axis=0).astype(float),
        "lonely": np.bincount(band[grown], state["loneliness"][grown].astype(float), 6),
        "band": np.bincount(band[grown], minlength=6).astype(float),
    }


def improve(levels: dict[str, Any], measures: Measures, world: World) -> dict[str, Any]:
    """The levels, each increased by the log of target divided by achieved."""
    conditions = load_conditions()
    target = conditions.table["target"].to_numpy() / 100
    step = np.clip(np.log(target / (np.maximum(measures["has"], 1) / measures["eligible"])), -1.5, 1.5)
    scale = {
        r: float(levels["conditions"].get(r, 0.01) * np.exp(s)) for r, s in zip(conditions.registers, step, strict=True)
    }
    out = dict(levels, conditions=scale)
    for name, rates in (
        ("emergency", targets.emergency_rates(world.places)),
        ("attendances", targets.attendance_rates()),
    ):
        achieved = measures[name] / measures[f"{name}_years"]
        out[name] = (np.array(levels[name]) + np.log(rates / achieved)).tolist()
    lonely = measures["lonely"] / measures["band"]
    wanted = np.array(targets.LONELY)
    out["loneliness"] = (
        np.array(levels["loneliness"]) + np.log(wanted / (1 - wanted)) - np.log(lonely / (1 - lonely))
    ).tolist()
    for name, goal in (
        ("deaths", targets.DEATHS),
        ("appointments", targets.APPOINTMENTS),
        ("outpatients", targets.OUTPATIENTS),
    ):
        out[name] = float(levels[name] * goal / (measures[name] / measures["years"])[0])
    return out


def main() -> None:
    """Improve the levels for `ROUNDS` rounds, and write `fitted.json` with rounded numbers that are easy to read."""
    world = build_world(Options(people=BLOCK_PEOPLE, seed=0))
    levels: dict[str, Any] = json.loads((DATA / "fitted.json").read_text(encoding="utf-8"))
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        for turn in range(ROUNDS):
            parts = list(pool.map(measure, [(turn * BLOCKS + number, levels) for number in range(BLOCKS)]))
            measures = {name: np.sum([part[name] for part in parts], axis=0) for name in parts[0]}
            levels = improve(levels, measures, world)
            (DATA / "fitted.json").write_text(json.dumps(_rounded(levels), indent=1) + "\n", encoding="utf-8")


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_rounded(item) for item in value]
    return float(f"{value:.4g}")


if __name__ == "__main__":
    main()
