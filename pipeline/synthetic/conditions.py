"""Simulates long-term conditions: who has them, when they begin, and how they change hazards."""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt
import polars as pl

from data_schemas.disk import read_csv
from pipeline.synthetic.hazards import fitted
from pipeline.synthetic.options import DATA
from pipeline.synthetic.people import NEVER, Floats, People

Matrix = npt.NDArray[np.float32]
Months = npt.NDArray[np.int16]
LONG_AGO = -1200
CATCHING_UP = 10


class Conditions:
    """The conditions of `conditions.csv`, in the same order: curves, loads and effects as arrays."""

    def __init__(self, table: pl.DataFrame, scale: dict[str, float]) -> None:
        self.table = table
        self.registers: list[str] = table["register"].to_list()
        self.codes: list[list[str]] = [text.split() for text in table["codes"]]
        self.icd10: list[list[str]] = [text.split() for text in table["icd10"]]
        self.admissions = self._numbers("admissions")
        """Emergency admissions a year that the condition causes, for a multiplier of 1."""
        self.deaths = self._numbers("deaths")
        self.mid, self.width = self._numbers("mid"), self._numbers("width")
        self.youngest = self._numbers("youngest")
        """The youngest age in years at which anybody has the condition."""
        self.counts = table["counts"].to_numpy().astype(bool)
        """Whether the condition counts as a serious long-term one."""
        self.scale = np.array([scale.get(register, 0.01) for register in self.registers], dtype=np.float32)
        self.loads = table.select("female", "frailty", "hardship", "smoking").to_numpy().astype(np.float32)

    def __len__(self) -> int:
        return len(self.registers)

    def _numbers(self, name: str) -> Floats:
        return self.table[name].to_numpy().astype(np.float32)

    def level(self, people: People) -> Matrix:
        """Height of each personal age curve, as [person, condition]. Latents that conditions share make
        them cluster.
        """
        latents = np.stack([people.female, people.frailty, people.hardship, people.smoker], axis=1).astype(np.float32)
        return np.asarray(self.scale * np.exp(latents @ self.loads.T), dtype=np.float32)


@cache
def load_conditions() -> Conditions:
    """Read the built-in conditions with their fitted scales."""
    table = read_csv(DATA / "conditions.csv", schema_overrides={"codes": pl.String, "sections": pl.String})
    return Conditions(table, fitted()["conditions"])


def onsets(conditions: Conditions, people: People, months: int, rng: np.random.Generator) -> Months:
    """Draw the month of onset, as [person, condition]: negative before the burn-in, `NEVER` for people who do not get
    it.

    A person becomes ill at the age at which their own curve first passes their own threshold, so incidence and
    prevalence follow from one curve. Among people who became ill before we first see them, only survivors remain: an
    old onset is dropped with the probability of having died of it.
    """
    shape = (len(people), len(conditions))
    threshold = rng.random(shape, dtype=np.float32) / conditions.level(people)
    reached = np.clip(threshold, 1e-6, 0.999)
    age = conditions.mid + conditions.width * np.log(reached / (1 - reached))
    month = people.birth[:, None] + _not_before(conditions.youngest, age, conditions.width) * 12
    years_before = np.maximum(people.join[:, None] - month, 0) / 12
    survived = rng.random(shape, dtype=np.float32) < np.exp(-1.2 * conditions.deaths * years_before)
    falls_ill = (threshold < 1) & (month < months) & survived
    return np.where(falls_ill, np.maximum(month, LONG_AGO), NEVER).astype(np.int16)


def _not_before(youngest: Floats, age: Matrix, width: Floats) -> Matrix:
    """Spread ages of onset that are too early over the `CATCHING_UP` years after the youngest age, in the same order.

    The curve falls as exp(age / width) there, so they are evenly spread. If there is no youngest age, all of them are
    present from infancy.
    """
    spread = np.where(youngest >= 1, CATCHING_UP, 0) * np.exp(np.minimum(age - youngest, 0) / width)
    return np.where(age < youngest, youngest + spread, age).astype(np.float32)


def onset_rate(conditions: Conditions, people: People, age: npt.NDArray[np.floating]) -> Matrix:
    """Expected onsets a year among people without the condition, as [person, condition]. Uses everything except the
    threshold.
    """
    level = conditions.level(people)
    share = 1 / (1 + np.exp(-(age[:, None] - conditions.mid) / conditions.width))
    slope = level * share * (1 - share) / conditions.width
    return np.asarray(slope / np.maximum(1 - level * share, 0.05), dtype=np.float32)
