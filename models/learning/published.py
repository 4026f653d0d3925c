"""Declares scores with published weights, as rivals. Only the line from score to risk is fitted here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.learning.calibrate import Calibrator
from models.learning.sample import Sample
from models.metrics import Array

Points = Callable[[Array], NDArray[Any]]


@dataclass(frozen=True)
class Published:
    """A score: the points for each feature's values, and the source of the weights.

    A feature that a site lacks adds no points. If it lacks all of `needs`, there is no score.
    """

    name: str
    means: str
    source: str
    points: Mapping[str, Points]
    needs: tuple[str, ...]

    def of(self, names: Sequence[str], values: NDArray[np.float32]) -> Array:
        """The score of each row of `values` (n, k), whose columns are the features named. A missing value adds no
        points.
        """
        points = np.zeros(len(values))
        for name, column in zip(names, values.T, strict=True):
            if name in self.points:
                points += self.points[name](np.nan_to_num(column.astype(np.float64)))
        return points

    def calibrated(self, learning: Sample) -> Calibrator | None:
        """Fit the line from score to log-odds on the training rows. None if the site has none of `needs`."""
        names = [feature.name for feature in learning.features]
        if not set(names) & set(self.needs):
            return None
        return Calibrator("sigmoid").fit(self.of(names, learning.X), learning.y, learning.weight)


def times(weight: float) -> Points:
    """Give `weight` points for each unit."""
    return lambda values: weight * values


def decades(age: Array) -> Array:
    """Give a point for each decade of age from 50, up to four (Charlson and others 1994)."""
    points: Array = np.clip(np.floor(age / 10) - 4, 0, 4)
    return points


PARR30_CONDITIONS = {
    "heart_failure": 0.0950,
    "peripheral_vascular": 0.1043,
    "chronic_pulmonary": 0.2243,
    "diabetes_complicated": 0.1457,
    "renal": 0.1977,
    "metastatic_cancer": 0.2762,
    "cancer": 0.5069,
    "severe_liver": 0.2673,
    "mild_liver": 0.2133,
    "hemiplegia": 0.1061,
    "dementia": 0.0467,
}
"""Log-odds for each disease recorded in hospital."""
PARR30_PUBLISHED = Published(
    "parr30_published",
    "PARR-30 with its published weights, without the parts for the hospital, the deprivation score and the present admission",
    "Billings and others 2012, BMJ Open 2:e001667, online appendix, as implemented in robert-waggott/Parr-30-Implementation",
    {
        "age": lambda age: 0.000060581 * age**2,
        "emergency_admissions_1y": times(0.1215),
        "emergency_admissions_30d": lambda admissions: 0.5258 * (admissions > 0),
        **{f"charlson_{disease}_ever": times(weight) for disease, weight in PARR30_CONDITIONS.items()},
    },
    ("emergency_admissions_1y",),
)
FRAILTY = Published(
    "frailty_index",
    "the electronic Frailty Index alone",
    "Clegg and others 2016, Age and Ageing 45:353",
    {"frailty_index": times(1.0)},
    ("frailty_index",),
)
CHARLSON_AGE = Published(
    "charlson_age",
    "the Charlson index with a point for each decade of age from 50",
    "Quan and others 2011, American Journal of Epidemiology 173:676; age as in Charlson and others 1994, J Clin Epidemiol 47:1245",
    {"charlson_index": times(1.0), "age": decades},
    ("charlson_index",),
)
PUBLISHED = (PARR30_PUBLISHED, FRAILTY, CHARLSON_AGE)
