# ruff: noqa: N806 - X is the matrix of features, as in scikit-learn
"""Two choices in training, compared where the answer is known: `python -m tests.benchmarks.choices dates|leavers
SITE.toml --out DIR`.

`dates`: which dates to train on and the weight of each, tested on the newest of them (never on a test date). `leavers`:
leaving people out compared with weighting those who stayed, where people leave whose outcome is known anyway.
"""

from __future__ import annotations

import argparse
import datetime as dt
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import polars as pl

from data_schemas.receipts import Snapshot, TrainingPlan
from models import metrics
from models.learning import censoring, known_outcomes, sample
from models.learning.candidates import SMALL_BOOSTING
from models.learning.fit import fit
from models.learning.sample import Sample
from models.learning.splits import months_before

Weigh = Callable[[np.ndarray], np.ndarray]
"""Weight of rows by the age of their as-of date, in days before the newest."""


@dataclass(frozen=True)
class Scheme:
    """Which dates to train on (months before the newest usable one), and the weight of a row by its age."""

    months: tuple[int, ...]
    half_life: float | None = None

    def weight(self, age: np.ndarray) -> np.ndarray | None:
        return None if self.half_life is None else 0.5 ** (age / self.half_life)


QUARTERS = tuple(range(0, 24, 3))
SCHEMES = {
    "quarters of two years (ours)": Scheme(QUARTERS),
    "newest date alone": Scheme((0,)),
    "two dates, a year apart": Scheme((0, 12)),
    "quarters of one year": Scheme(QUARTERS[:4]),
    "quarters, halved each year": Scheme(QUARTERS, 365),
    "quarters, halved each half-year": Scheme(QUARTERS, 182),
}


def taken(site: Path, out: Path, days: list[dt.date]) -> list[Snapshot]:
    """Take snapshots of a site with their outcomes."""
    from pipeline.events import build_log
    from pipeline.ingest import ingest
    from pipeline.settings import load_settings
    from pipeline.snapshots import take_all

    settings = load_settings(site)
    tables = ingest(settings, out / "store")
    return take_all(settings, tables, build_log(settings, tables, out / "store"), days, out / "store")


def trained(snapshots: list[Snapshot], plan: TrainingPlan, weight: Weigh | None = None) -> tuple[Sample, object]:
    learning = sample.load(snapshots, sample.varying(snapshots), plan)
    if weight is not None:
        drawn = 1 if learning.weight is None else learning.weight  # of rows that were sampled to fit into memory
        learning = replace(learning, weight=drawn * weight((learning.as_of.max() - learning.as_of).astype(float)))
    return learning, fit(learning, 0, [SMALL_BOOSTING]).model


def predicted(model: object, names: list[str], judged: Snapshot, plan: TrainingPlan) -> tuple[np.ndarray, np.ndarray]:
    known = known_outcomes.known_outcomes(judged, plan)
    values = sample.matrix(judged, names, known.person)
    return known.y, model.predict_proba(values)[:, 1]  # type: ignore[attr-defined]


def dates(site: Path, out: Path, judged: dt.date, horizon: int, first: dt.date) -> pl.DataFrame:
    """Test every scheme on one pseudo-test date. Gives the difference of log loss from ours with its standard error."""
    plan = TrainingPlan("bench", horizon_days=horizon)
    newest = judged - dt.timedelta(days=horizon)
    days = {month: day for month in QUARTERS if (day := months_before(newest, month)) >= first}
    found = {s.as_of: s for s in taken(site, out, [*days.values(), judged])}
    rows, ours = [], None
    for name, scheme in SCHEMES.items():
        snapshots = [found[days[month]] for month in reversed(scheme.months) if month in days]
        weigh = None if scheme.half_life is None else scheme.weight
        learning, model = trained(snapshots, plan, weigh)  # type: ignore[arg-type]
        y, p = predicted(model, [f.name for f in learning.features], found[judged], plan)
        losses = metrics.log_losses(y, p)
        ours = losses if ours is None else ours
        gain = losses - ours
        rows.append({
            "trained on": name, "rows": len(learning), "log loss": losses.mean(), "worse than ours by": gain.mean(),
            "standard error": gain.std() / np.sqrt(len(gain)), "AUROC": metrics.auroc(y, p),
            "observed/expected": metrics.observed_expected(y, p),
        })  # fmt: skip
    return pl.DataFrame(rows)


LEAVING: dict[str, tuple[float, Callable[[np.ndarray, np.ndarray], np.ndarray]]] = {
    "nobody": (0.0, lambda age, _: np.ones(len(age))),
    "5%, anybody": (0.05, lambda age, _: np.ones(len(age))),
    "12%, anybody": (0.12, lambda age, _: np.ones(len(age))),
    "25%, anybody": (0.25, lambda age, _: np.ones(len(age))),
    "12%, the young": (0.12, lambda age, _: np.where(age < 35, 4.0, 1.0)),
    "12%, the ill": (0.12, lambda _, rank: 0.25 + 1.5 * rank),
}
"""Share that leaves in a year, and how much likelier some are to leave (by age, and by rank of the risk)."""


def planted(outcomes: pl.DataFrame, share: float, likelier: np.ndarray, horizon: int, seed: int) -> pl.DataFrame:
    """Change outcomes as if people had left on random days."""
    draw = np.random.default_rng(seed)
    hazard = -np.log1p(-share) / horizon * likelier / likelier.mean()
    leaves = draw.exponential(1 / np.maximum(hazard, 1e-12))
    seen = outcomes.select(pl.coalesce("days_to_event", "days_observed").fill_null(horizon)).to_series().to_numpy()
    gone = (leaves < seen) & (leaves < horizon) & ~outcomes["left"].to_numpy()
    day = np.floor(np.minimum(leaves, horizon)).astype(np.int32)
    return outcomes.with_columns(
        left=pl.col("left") | pl.Series(gone),
        event=pl.col("event") & ~pl.Series(gone),
        days_to_event=pl.when(pl.Series(gone)).then(None).otherwise("days_to_event"),
        days_observed=pl.when(pl.Series(gone)).then(pl.Series(day)).otherwise("days_observed"),
    )


def leavers(site: Path, out: Path, train: dt.date, judged: dt.date, horizon: int, truth: Path | None) -> pl.DataFrame:
    """Test both methods for each kind of leaving: train on known outcomes, and test on everybody's true outcomes."""
    plan = TrainingPlan("bench", horizon_days=horizon)
    early, late = taken(site, out, [train, judged])
    features = sample.varying([early])
    whole = {s.as_of: known_outcomes.outcomes(s, plan.outcome, horizon).filter(~pl.col("left")) for s in (early, late)}
    X = {
        s.as_of: sample.matrix(s, [f.name for f in features], whole[s.as_of]["person"].to_numpy())
        for s in (early, late)
    }
    y, risk = whole[judged]["event"].to_numpy().astype(np.int8), _true(late, whole[judged], truth)
    everybody = Sample(features, X[train], whole[train]["event"].to_numpy().astype(np.int8),
                       whole[train]["person"].to_numpy(), np.full(len(X[train]), 1, np.int32))  # fmt: skip
    first = fit(everybody, 0, [SMALL_BOOSTING]).model
    column = [f.name for f in features].index("age")
    about = {day: (X[day][:, column], _rank(first.predict_proba(X[day])[:, 1])) for day in (train, judged)}
    rows = []
    for number, (name, (share, likelier)) in enumerate(LEAVING.items()):
        known = planted(whole[train], share, likelier(*about[train]), horizon, number)
        stayed = ~known["left"].to_numpy()
        late_known = planted(whole[judged], share, likelier(*about[judged]), horizon, 100 + number)
        for way in ("exclude", "weight"):
            weight = censoring.weights(known, horizon) if way == "weight" else None
            learning = Sample(features, X[train][stayed], known["event"].to_numpy().astype(np.int8)[stayed],
                              everybody.person[stayed], everybody.as_of[stayed], weight)  # fmt: skip
            p = fit(learning, 0, [SMALL_BOOSTING]).model.predict_proba(X[judged])[:, 1]
            rows.append(
                {"leave": name, "way": way, "left": 1 - stayed.mean(), **_judged(p, y, risk, late_known, way, horizon)}
            )
    return pl.DataFrame(rows)


def _rank(risk: np.ndarray) -> np.ndarray:
    return np.asarray(risk.argsort().argsort() / len(risk))


def _judged(
    p: np.ndarray, y: np.ndarray, risk: np.ndarray | None, known: pl.DataFrame, way: str, horizon: int
) -> dict[str, float]:
    """Figures on everybody's true outcome, and observed/expected as a site would see it, which does not know the
    outcomes of leavers.
    """
    stayed = ~known["left"].to_numpy()
    weight = censoring.weights(known, horizon) if way == "weight" else np.ones(int(stayed.sum()))
    seen = known["event"].to_numpy()[stayed]
    found = {
        "O/E, all known": metrics.observed_expected(y, p), "O/E as seen": float((weight * seen).sum() / (weight * p[stayed]).sum()),
        "log loss": float(metrics.log_losses(y, p).mean()), "AUROC": metrics.auroc(y, p),
    }  # fmt: skip
    if risk is not None:
        at = np.isfinite(risk)
        found["distance to truth"] = float(np.abs(metrics.logit(p[at]) - metrics.logit(risk[at])).mean())
    return found


def _true(snapshot: Snapshot, outcomes: pl.DataFrame, truth: Path | None) -> np.ndarray | None:
    if truth is None:
        return None
    true = pl.read_parquet(truth).filter(pl.col("as_of").cast(pl.Date) == snapshot.as_of).select("person_id", "risk")
    people = sample.cohort(snapshot).select("person", "person_id")
    return outcomes.join(people, on="person", how="left").join(true, on="person_id", how="left")["risk"].to_numpy()


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["dates", "leavers"])
    parser.add_argument("site", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--judged", type=dt.date.fromisoformat, required=True, help="a training date of the site")
    parser.add_argument("--train", type=dt.date.fromisoformat, help="for leavers: the date trained on")
    parser.add_argument(
        "--first", type=dt.date.fromisoformat, default=dt.date.min, help="for dates: the first to train on"
    )
    parser.add_argument("--horizon", type=int, default=365)
    parser.add_argument("--truth", type=Path)
    options = parser.parse_args()
    wide = pl.Config(
        tbl_rows=-1,
        tbl_cols=-1,
        tbl_width_chars=200,
        float_precision=4,
        tbl_hide_column_data_types=True,
        fmt_str_lengths=40,
    )
    with wide:
        if options.what == "dates":
            table = dates(options.site, options.out, options.judged, options.horizon, options.first)
        else:
            table = leavers(options.site, options.out, options.train, options.judged, options.horizon, options.truth)
        sys.stdout.write(f"{options.what} {options.site} judged at {options.judged}\n{table}\n")


if __name__ == "__main__":
    main()
