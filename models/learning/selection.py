"""Chooses among candidates on people of the training dates on whom they were not trained. Test dates are never used.

In a site of ordinary size this is by cross-validation. In a large one, candidates are trained once on everybody except
a sample of people. They are then compared on about as many training rows as the final model will have. The chosen one
is trained a second time, without half of the other people, so that calibration and the term for new people use log-odds
of most people.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from models import bootstrap, metrics
from models.learning.binned import Binned, is_lightgbm
from models.learning.calibrate import Calibrator
from models.learning.candidates import Candidate, is_large
from models.learning.estimators import THREADS, Crossed, LogOdds, drawn, fitted, log_odds
from models.learning.sample import Sample
from models.learning.splits import each_fold, person_folds
from models.metrics import Array

SMALL_ROWS = 20_000
"""Up to this many rows there are five folds, beyond it three."""
VALIDATION_ROWS = 40_000
"""Candidates are compared on about this many rows, all rows of a sample of people."""
HELD_OUT = 0.25
"""Candidates are compared on at most this share of the people of a large site."""
OTHERS = 0.5
"""Share of the other people of a large site who are left out when the chosen candidate is trained a second time."""
REPLICATES = 100
Rows = NDArray[np.intp]
"""Row numbers, ascending."""


@dataclass(frozen=True)
class Trial:
    """A candidate's result on rows of the training dates that it was not trained on."""

    candidate: str
    means: str
    log_loss: float
    log_loss_low: float
    log_loss_high: float
    auroc: float
    auroc_low: float
    auroc_high: float
    worse_by_low: float
    worse_by_high: float
    """95% interval of its log loss minus that of the chosen candidate, paired by person."""
    chosen: bool = False


@dataclass(frozen=True)
class Selection:
    """The chosen candidate, the log, and the out-of-fold log-odds of the rows on which candidates were compared."""

    chosen: Candidate
    trials: list[Trial]
    rows: Rows
    margin: Array
    fold: NDArray[np.int8]
    crossed: Crossed
    """The models of the chosen candidate that were not trained on some of the people."""


def select(sample: Sample, candidates: Sequence[Candidate], seed: int) -> Selection:
    """Choose the candidate with the least calibrated log loss. The log also has simple rivals, which are not chosen."""
    large = is_large(len(sample))
    rows = held_out_rows(sample, seed) if large else validation_rows(sample, seed)
    part = sample.where(rows) if len(rows) < len(sample) else sample
    fold = person_folds(part.person, part.y, 5 if len(part) <= SMALL_ROWS else 3, seed)
    bench = Bench(sample if large else part, candidates, seed)
    parts = [(_others(sample, rows), rows)] if large else list(each_fold(fold))
    found = _judged(bench, parts, candidates)
    margins = {name: margin for name, (margin, _) in found.items()}
    risks = {name: _calibrated(margin, part, fold) for name, margin in margins.items()}
    losses = {name: metrics.log_losses(part.y, risk) for name, risk in risks.items()}
    weight = np.ones(len(part)) if part.weight is None else part.weight
    rivals = [c for c in candidates if not c.baseline] or candidates
    best = min(rivals, key=lambda c: float(np.average(losses[c.name], weights=weight)))
    trials = [
        _trial(c, risks[c.name], losses[c.name], losses[best.name], part, seed, chosen=c is best) for c in candidates
    ]
    margin, models = margins[best.name], found[best.name][1]
    if large:
        return _with_others(bench, best, trials, rows, margin, models)
    return Selection(best, trials, rows, margin, fold, _by_person(models, part.person, fold))


def _with_others(
    bench: Bench,
    chosen: Candidate,
    trials: list[Trial],
    rows: Rows,
    margin: Array,
    models: list[LogOdds],
) -> Selection:
    """The log-odds of half of the other people too, from a second model of the chosen kind: too few of those held out
    are new to estimate their own level (decision 13).
    """
    sample = bench.sample
    others = np.intersect1d(_others(sample, rows), _rows_of_some(sample, OTHERS, bench.seed + 1))
    second = bench.fitted(chosen, _others(sample, others), threads=THREADS)
    order = np.argsort(found := np.concatenate([rows, others]))
    number = np.repeat(np.array([0, 1], np.int8), [len(rows), len(others)])[order]
    found, margin = found[order], np.concatenate([margin, second(sample.X[others])])[order]
    person = sample.person[found]
    fold = person_folds(person, sample.y[found], 3, bench.seed)
    return Selection(chosen, trials, found, margin, fold, _by_person([*models, second], person, number))


def _by_person(models: list[LogOdds], person: NDArray[np.int32], fold: NDArray[np.int8]) -> Crossed:
    """Models, with the fold of every person on whom one of them was not trained."""
    people, first = np.unique(person, return_index=True)
    return Crossed(models, people, fold[first])


def validation_rows(sample: Sample, seed: int) -> Rows:
    """All rows of as many people, drawn at random, as fit in the validation budget."""
    if len(sample) <= VALIDATION_ROWS:
        return np.arange(len(sample))
    return _rows_of_some(sample, VALIDATION_ROWS / len(sample), seed)


def held_out_rows(sample: Sample, seed: int) -> Rows:
    """All rows of the people of a large site on whom candidates are compared."""
    return _rows_of_some(sample, min(VALIDATION_ROWS / len(sample), HELD_OUT), seed)


def _others(sample: Sample, rows: Rows) -> Rows:
    """All other rows."""
    return np.setdiff1d(np.arange(len(sample)), rows)


def _rows_of_some(sample: Sample, share: float, seed: int) -> Rows:
    people, codes = np.unique(sample.person, return_inverse=True)
    chosen = np.random.default_rng(seed).random(len(people)) < share
    if sample.looked_at is not None:
        chosen &= ~np.isin(people, sample.looked_at)
    return np.flatnonzero(chosen[codes])


class Bench:
    """Trains candidates on some rows of a sample. The rows are binned only once for LightGBM."""

    def __init__(self, sample: Sample, candidates: Sequence[Candidate], seed: int) -> None:
        self.sample, self.seed = sample, seed
        self._parts = {c.name: sample.only(c.uses) if c.uses else sample for c in candidates}
        self._built = {c.name: c.build(self._parts[c.name].features, seed) for c in candidates}
        boosted = [estimator for estimator in self._built.values() if is_lightgbm(estimator)]
        self._binned = Binned(sample.X, sample.y, sample.weight, boosted) if boosted else None

    def fitted(self, candidate: Candidate, rows: Rows, threads: int = 1) -> LogOdds:
        """Fit a model to some rows. It takes rows with all columns, whichever the candidate uses."""
        estimator, part = self._built[candidate.name], self._parts[candidate.name]
        learn = drawn(rows, candidate.most_rows, self.seed)
        if self._binned is not None and is_lightgbm(estimator):
            return self._binned.fitted(estimator, learn, threads)
        some = part.where(learn)
        model = fitted(clone(estimator), some.X, some.y, some.weight, threads=threads)
        return partial(_of_columns, model, None if part is self.sample else self.sample.places(candidate.uses))


def _judged(
    bench: Bench, parts: Sequence[tuple[Rows, Rows]], candidates: Sequence[Candidate]
) -> dict[str, tuple[Array, list[LogOdds]]]:
    """Log-odds of the second rows of each part, in order, from models of the first, and these models. Two models are
    fitted at a time, those that take longest first.
    """

    def one(candidate: Candidate, learn: Rows, judge: Rows) -> tuple[Array, LogOdds]:
        model = bench.fitted(candidate, learn)
        return model(bench.sample.X[judge]), model

    with threadpool_limits(1, "blas"), ThreadPoolExecutor(THREADS) as pool:
        asked = {c.name: [pool.submit(one, c, *part) for part in parts] for c in reversed(candidates)}
    order = np.argsort(np.concatenate([judge for _, judge in parts]))
    done = {name: [job.result() for job in jobs] for name, jobs in asked.items()}
    return {
        name: (np.concatenate([margin for margin, _ in each])[order], [model for _, model in each])
        for name, each in done.items()
    }


def _of_columns(model: Any, columns: list[int] | None, values: NDArray[Any]) -> Array:
    """Log-odds from a model that uses all columns, or some."""
    return log_odds(model, values if columns is None else values[:, columns])


def _calibrated(margin: Array, part: Sample, fold: NDArray[np.int8]) -> Array:
    """Risks with a sigmoid fitted to the other folds, so that the scale of a candidate does not affect the
    comparison."""
    risk = np.empty(len(margin))
    for number in np.unique(fold):
        out = fold == number
        weight = None if part.weight is None else part.weight[~out]
        risk[out] = Calibrator("sigmoid").fit(margin[~out], part.y[~out], weight).predict(margin[out])
    return risk


def _trial(
    candidate: Candidate, risk: Array, loss: Array, best: Array, part: Sample, seed: int, *, chosen: bool
) -> Trial:
    ranked = metrics.rank(part.y, risk)

    def measure(w: Array) -> dict[str, Array]:
        total = w.sum(axis=1)
        auroc = metrics.curve_auroc(metrics.curve(ranked, w))
        return {"log_loss": w @ loss / total, "auroc": auroc, "worse": w @ (loss - best) / total}

    spread = bootstrap.replicate(part.person, measure, weight=part.weight, replicates=REPLICATES, seed=seed)
    ends = {name: bootstrap.interval(values) for name, values in spread.items()}
    return Trial(
        candidate.name, candidate.means, metrics.log_loss(part.y, risk, part.weight), *ends["log_loss"],
        metrics.auroc(part.y, risk, part.weight), *ends["auroc"], *ends["worse"], chosen=chosen,
    )  # fmt: skip
