"""Long-term conditions: who has them, when they begin, and what they do to the hazards."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from pipeline.synthetic.options import DATA
from pipeline.synthetic.people import NEVER, Floats, People
from pipeline.synthetic.places import Places

Matrix = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Conditions:
    """One entry per condition, in the order of `conditions.csv`."""

    table: pl.DataFrame
    scale: Floats
    """Level of each age curve that makes the borough's register prevalence come out right."""

    def __len__(self) -> int:
        return len(self.table)

    def column(self, name: str) -> Floats:
        return self.table[name].to_numpy().astype(np.float32)


def multiplier(conditions: pl.DataFrame, people: People) -> Matrix:
    """[person, condition]: how much likelier than others of the same age; shared latents make conditions cluster."""
    latents = np.stack([people.female, people.frailty, people.hardship, people.smoker], axis=1).astype(np.float32)
    loads = conditions.select("female", "frailty", "hardship", "smoking").to_numpy().astype(np.float32)
    return np.asarray(np.exp(latents @ loads.T), dtype=np.float32)


def share_by_age(conditions: pl.DataFrame, age: npt.NDArray[np.floating]) -> Matrix:
    """[person, condition]: the age curve, before scale and multiplier."""
    mid, width = conditions["mid"].to_numpy(), conditions["width"].to_numpy()
    return np.asarray(1 / (1 + np.exp(-(age[:, None] - mid) / width)), dtype=np.float32)


def fit_conditions(places: Places, people: People, month: int) -> Conditions:
    """Scale each age curve so that its register prevalence among these people is the published one (QOF)."""
    table = pl.read_csv(DATA / "conditions.csv", schema_overrides={"codes": pl.String})
    age = (month - people.birth) / 12
    raw = share_by_age(table, age) * multiplier(table, people)
    target = table["target"].to_numpy() / 100 * table["drift"].to_numpy()
    scale = np.ones(len(table))
    for c, floor in enumerate(table["from_age"].to_numpy()):
        on_list = (age >= floor) & (people.join <= month) & (people.leave > month)
        for _ in range(12):  # the cap on a person's share bends the line a little
            scale[c] *= target[c] / np.minimum(raw[on_list, c] * scale[c], 0.9).mean()
    return Conditions(table, scale.astype(np.float32))


def onsets(conditions: Conditions, people: People, months: int, rng: np.random.Generator) -> npt.NDArray[np.int16]:
    """[person, condition]: month of onset (0 or less: before the burn-in), `NEVER` without.

    A person has a condition from the age at which the curve, times scale and multiplier, first passes a personal
    threshold: prevalence at every age and incidence then follow one curve.
    """
    table = conditions.table
    mid, width = conditions.column("mid"), conditions.column("width")
    level = conditions.scale * multiplier(table, people)
    threshold = rng.random((len(people), len(table)), dtype=np.float32) / level
    with np.errstate(divide="ignore", invalid="ignore"):
        onset_age = mid + width * np.log(threshold / (1 - threshold))
    month = people.birth[:, None] + np.maximum(onset_age, 0.2) * 12
    return np.where((threshold < 1) & (month < months), np.maximum(month, -1200), NEVER).astype(np.int16)


def onset_rate(conditions: Conditions, people: People, age: npt.NDArray[np.floating]) -> Matrix:
    """[person, condition]: onsets a year among those without, seen by someone who knows all but the threshold."""
    table = conditions.table
    share = share_by_age(table, age)
    level = conditions.scale * multiplier(table, people)
    slope = level * share * (1 - share) / conditions.column("width")
    return np.asarray(slope / np.maximum(1 - level * share, 0.1), dtype=np.float32)
