"""Declares the models that compete, simplest first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from sklearn.dummy import DummyClassifier
from sklearn.pipeline import Pipeline

from data_schemas.receipts import Feature
from models.learning.logistic import Logistic
from models.learning.terms import LinearTerms

COUNTED = ("count", "total", "days_since_last", "distinct")
"""Statistics whose effect weakens as they grow. A linear model uses their logarithm."""
LINEAR_ROWS = 50_000
"""Most rows for the logistic regression. They are enough for a few hundred coefficients, and the terms of all rows of a
large site would not fit into memory."""
BIN_ROWS = 50_000
"""Number of rows used to find the edges of bins. LightGBM's default of 200,000 takes 360 MB more at 300 features, for
the same AUROC."""
TREES = {"n_estimators": 300, "learning_rate": 0.04}
SMALL_TREES = {"n_estimators": 250, "learning_rate": 0.03}
THEIR_TREES = {"max_iter": 100, "learning_rate": 0.08}
"""Number of trees of each kind of boosting, and its learning rate."""
LARGE_ROWS = 80_000
"""A site with this many rows is large."""
LARGE_TREES = {"n_estimators": 150, "learning_rate": 0.08, "reg_lambda": 50.0}
LARGE_SMALL_TREES = {"n_estimators": 100, "learning_rate": 0.08, "reg_lambda": 50.0}
"""Settings for a large site: fewer trees that learn faster and are shrunk more. On fewer rows they are worse
(decision 7)."""
PRIOR = (
    "emergency_admissions_1y",
    "emergency_admissions_2y",
    "emergency_admissions_5y",
    "days_since_emergency_admission",
)
PARR = ("age", "female", *PRIOR, "emergency_bed_days_1y", "ae_attendances_1y", "long_term_conditions", "imd_decile")


@dataclass(frozen=True)
class Candidate:
    """One way to train; `build` turns the features (columns in order) and a seed into an unfitted classifier."""

    name: str
    means: str
    build: Callable[[Sequence[Feature], int], Any]
    uses: tuple[str, ...] = ()
    """Names of the features that it uses. Empty for all."""
    baseline: bool = False
    """Whether this is a simple rival that every model is compared with. It is chosen only if nothing else can be
    fitted."""
    most_rows: int | None = None
    """Largest number of rows that it trains on. None for all."""


def linear(features: Sequence[Feature], seed: int, *, only: tuple[str, ...] = (), strength: float = 0.02) -> Any:
    """Logistic regression on all features, or on the named ones. `strength` is scikit-learn's C, for a mean
    log-likelihood of about n.
    """
    columns = [i for i, feature in enumerate(features) if not only or feature.name in only]
    if not columns:
        return DummyClassifier(strategy="prior")
    model = Logistic(C=strength, solver="newton-cholesky", max_iter=50, random_state=seed)
    return Pipeline([("terms", terms(features, columns, ("age",))), ("model", model)])


def terms(features: Sequence[Feature], columns: Sequence[int], bent: Sequence[str]) -> LinearTerms:
    """Terms of a linear model of some columns. The columns in `bent` get a spline."""
    return LinearTerms(
        logarithms=tuple(i for i in columns if features[i].statistic in COUNTED),
        splines=tuple(i for i in columns if features[i].name in bent),
        columns=tuple(columns),
    )


def boosting(features: Sequence[Feature], seed: int, **settings: Any) -> Any:
    """LightGBM whose risks never fall where medicine says that a higher value cannot lower them
    (`Feature.risk_direction`).

    Features are sampled for each split, not for each tree. For each tree, LightGBM copies the sampled sparse ones,
    which took two thirds of its time.
    """
    from lightgbm import LGBMClassifier

    fixed = {"deterministic": True, "force_row_wise": True, "n_jobs": 2, "verbosity": -1, "random_state": seed}
    chosen = {**TREES, "num_leaves": 15, "min_child_samples": 40, "reg_lambda": 5.0}
    chosen |= {
        "subsample": 0.8,
        "subsample_freq": 1,
        "feature_fraction_bynode": 0.3,
        "max_bin": 127,
        "subsample_for_bin": BIN_ROWS,
    }
    return LGBMClassifier(
        **(fixed | chosen | settings), monotone_constraints=[feature.risk_direction for feature in features]
    )


def small_boosting(features: Sequence[Feature], seed: int, **settings: Any) -> Any:
    """LightGBM with small trees and a low learning rate, for a site with few events."""
    small = {**SMALL_TREES, "num_leaves": 6, "min_child_samples": 60, "reg_lambda": 20.0}
    return boosting(features, seed, **(small | settings))


def histogram_boosting(features: Sequence[Feature], seed: int) -> Any:
    """scikit-learn's boosted trees, which replace LightGBM if it cannot be loaded."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    return HistGradientBoostingClassifier(
        **THEIR_TREES, max_leaf_nodes=15, min_samples_leaf=40, l2_regularization=5.0, max_features=0.3, early_stopping=False,
        random_state=seed, monotonic_cst=[feature.risk_direction for feature in features],
    )  # fmt: skip


AGES = ("age", "female")
AGE_SEX = Candidate(
    "age_sex", "age (spline) and sex", lambda f, s: linear(f, s, only=AGES, strength=1.0), AGES, baseline=True
)
PRIOR_ADMISSIONS = Candidate(
    "prior_admissions",
    "earlier emergency admissions",
    lambda f, s: linear(f, s, only=PRIOR, strength=1.0),
    PRIOR,
    baseline=True,
)
PARR30 = Candidate(
    "parr30", "logistic regression like PARR-30: age, sex, earlier admissions, conditions, deprivation",
    lambda f, s: linear(f, s, only=PARR, strength=0.5), PARR,
)  # fmt: skip
LOGISTIC = Candidate(
    "logistic",
    "regularised logistic regression on every feature",
    lambda f, s: linear(f, s, strength=0.003),
    most_rows=LINEAR_ROWS,
)
SMALL_BOOSTING = Candidate("boosting_small", "gradient-boosted trees, few and shallow", small_boosting)
BOOSTING = Candidate("boosting", "gradient-boosted trees", boosting)
LARGE_SMALL_BOOSTING = replace(SMALL_BOOSTING, build=lambda f, s: small_boosting(f, s, **LARGE_SMALL_TREES))
LARGE_BOOSTING = replace(BOOSTING, build=lambda f, s: boosting(f, s, **LARGE_TREES))
HISTOGRAM_BOOSTING = Candidate("hist_boosting", "gradient-boosted trees of scikit-learn", histogram_boosting)


@cache
def lightgbm_loads() -> bool:
    """Whether LightGBM's library is installed. On a bare system its OpenMP runtime (libgomp) may be missing."""
    try:
        import lightgbm  # noqa: F401
    except (ImportError, OSError):
        return False
    return True


def is_large(rows: int) -> bool:
    """Whether a site is large: after rows are held out for comparison, enough remain that one fit is sufficient."""
    return rows >= LARGE_ROWS


def candidates(rows: int = 0) -> list[Candidate]:
    """List every candidate for this many training rows, simplest first."""
    sizes = [LARGE_SMALL_BOOSTING, LARGE_BOOSTING] if is_large(rows) else [SMALL_BOOSTING, BOOSTING]
    return [AGE_SEX, PRIOR_ADMISSIONS, PARR30, LOGISTIC, *(sizes if lightgbm_loads() else [HISTOGRAM_BOOSTING])]


def contenders(name: str, rows: int) -> list[Candidate]:
    """Return only the candidate with that name, even if it would not compete with so many rows. Tuned settings have no
    name: return the kind that was tuned.
    """
    every = candidates(rows)
    return [candidate for candidate in (*every, HISTOGRAM_BOOSTING) if candidate.name == name][:1] or every[-1:]
