"""Training on 320,000 people x 300 features, compared with the usual ways: `python -m tests.benchmarks.models [--people
320000]`.

Ours is from the snapshot on disk to a calibrated model: `ours` fits and calibrates the boosted trees, `ours_chosen`
also compares every candidate first, `ours_sampled` trains on a third of the cells with the prior corrected. The others
fit the same matrix, uncalibrated. Each run has its own process. AUROC is for 80,000 further people.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from data_schemas.feature_parts import part_path, write_part
from data_schemas.receipts import Feature, Snapshot, TrainingPlan
from models import metrics
from models.learning import sample
from models.learning.candidates import BOOSTING, LOGISTIC
from models.learning.estimators import fitted
from models.learning.fit import fit
from models.learning.sample import Sample

AS_OF = date(2024, 4, 1)
FEATURES, TREES, PART, HELD_OUT = 300, 300, 65_536, 80_000
PLAN = TrainingPlan("bench")
Model = Any


def features() -> list[Feature]:
    """Declare features: a third are counts, a third measurements that are often missing, and a third rare flags."""
    kinds = ("count", "latest", "ever")
    return [
        Feature(f"f{n:03d}", "bench", "site", kinds[n % 3], f"c{n:03d}", missing=None if n % 3 == 1 else 0)
        for n in range(FEATURES)
    ]


def make(folder: Path, people: int, first: int = 0) -> None:
    """Write a snapshot of invented persons. One in seven features affects the outcome."""
    place = folder / "features"
    place.mkdir(parents=True)
    (folder / "outcomes").mkdir()
    events = []
    for number, start in enumerate(range(first, first + people, PART)):
        person = np.arange(start, min(start + PART, first + people), dtype=np.int32)
        values, event = _people(len(person), start)
        columns = {"person": person} | {f.name: values[:, i] for i, f in enumerate(features())}
        write_part(pl.DataFrame(columns, nan_to_null=True), part_path(folder, number))
        events.append(pl.DataFrame({"person": person, "event": event}))
    _write_outcomes(folder, pl.concat(events))


def _people(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    draw = np.random.default_rng(seed)
    frail = draw.normal(0, 1, count).astype(np.float32)
    values = np.empty((count, FEATURES), np.float32)
    for n in range(FEATURES):
        own = draw.normal(0, 1, count).astype(np.float32) + 0.5 * frail
        values[:, n] = (np.floor(np.exp(0.6 * own)), own, own > 1.5)[n % 3]
        if n % 3 == 1:
            values[draw.random(count) < 0.4, n] = np.nan
    known = np.nan_to_num(values[:, ::7])
    margin = -4 + 0.8 * frail + 0.12 * np.tanh(known).sum(axis=1) + 0.4 * known[:, 0] * known[:, 2]
    return values, draw.random(count) < metrics.expit(margin)


def _write_outcomes(folder: Path, events: pl.DataFrame) -> None:
    outcome = events.with_columns(
        days_to_event=pl.when("event").then(100).cast(pl.Int32),
        left=False,
        died=False,
        days_observed=pl.lit(365, pl.Int32),
        bed_days=pl.lit(0, pl.Int32),
    )
    outcome.write_parquet(folder / "outcomes" / f"{PLAN.outcome}-{PLAN.horizon_days}.parquet")
    seen = {f.name: {"missing_share": 0.1, "minimum": 0.0, "maximum": 1.0, "mean": 0.5} for f in features()}
    values = {"features": [asdict(f) for f in features()], "statistics": seen}
    (folder / "snapshot.json").write_text(json.dumps(values), encoding="utf-8")


def load(folder: Path, cells: int = 10**9) -> Sample:
    snapshot = Snapshot(str(folder), AS_OF, 0, "bench", folder.name)
    return sample.load([snapshot], features(), PLAN, cells)


# ---- the ways --------------------------------------------------------------------------------------------------------


def lightgbm(learning: Sample) -> Model:
    """Fit LightGBM with its defaults, the base of the ratios."""
    from lightgbm import LGBMClassifier

    return LGBMClassifier(n_estimators=TREES, learning_rate=0.05, n_jobs=2, verbosity=-1).fit(learning.X, learning.y)


def ours(learning: Sample) -> Model:
    """Fit our boosted trees, calibrated on people on whom they were not trained."""
    return fit(learning, 0, [BOOSTING]).model


def ours_chosen(learning: Sample) -> Model:
    """Choose among all candidates, fit and calibrate."""
    return fit(learning, 0).model


def hist_gradient_boosting(learning: Sample) -> Model:
    """Fit scikit-learn's boosted trees."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    return HistGradientBoostingClassifier(max_iter=TREES, learning_rate=0.05, early_stopping=False).fit(
        learning.X, learning.y
    )


def logistic(learning: Sample) -> Model:
    """Fit our logistic regression on every feature."""
    return fitted(LOGISTIC.build(learning.features, 0), learning.X, learning.y, None)


WAYS: dict[str, Callable[[Sample], Model]] = {
    "lightgbm": lightgbm, "ours": ours, "ours_chosen": ours_chosen, "ours_sampled": ours,
    "logistic": logistic, "hist_gradient_boosting": hist_gradient_boosting,
}  # fmt: skip


# ---- measuring -------------------------------------------------------------------------------------------------------


def run(way: str, folder: Path) -> dict[str, float]:
    """Load, train, test. Memory is read before testing."""
    from tests.benchmarks.features import peak_mb

    started = time.perf_counter()
    cells = FEATURES * pl.scan_parquet(folder / "train" / "outcomes").select(pl.len()).collect().item()
    learning = load(folder / "train", cells // 3 if way == "ours_sampled" else cells)
    loaded, before = time.perf_counter(), time.process_time()
    model = WAYS[way](learning)
    values = {"load": loaded - started, "seconds": time.perf_counter() - loaded}
    values |= {"processor": time.process_time() - before, "peak_mb": peak_mb()}
    test = load(folder / "test")
    p = model.predict_proba(test.X)[:, 1]
    return values | {"auroc": metrics.auroc(test.y, p), "observed_expected": metrics.observed_expected(test.y, p)}


def measure(way: str, folder: Path) -> dict[str, float]:
    command = [sys.executable, "-m", "tests.benchmarks.models", "--run", way, "--data", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def compare(folder: Path, repeats: int, ways: list[str]) -> pl.DataFrame:
    """Medians of `repeats` runs, which alternate between the methods, and ratios to LightGBM's."""
    runs = [{"way": way} | measure(way, folder) for _ in range(repeats) for way in ways]
    seconds = {w: statistics.median(r["seconds"] for r in runs if r["way"] == w) for w in ways}
    rows = []
    for way in ways:
        own = [r for r in runs if r["way"] == way]
        row = {"way": way, "load s": statistics.median(r["load"] for r in own), "fit s": seconds[way]}
        row |= {"processor s": statistics.median(r["processor"] for r in own)}
        row |= {"times LightGBM": seconds[way] / seconds["lightgbm"], "peak MB": max(r["peak_mb"] for r in own)}
        rows.append(row | {"AUROC": own[0]["auroc"], "O/E": own[0]["observed_expected"]})
    return pl.DataFrame(rows)


def main() -> None:
    """Print the table. With `--run`, do one run and print its time and memory."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=320_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--ways", nargs="*", default=list(WAYS), choices=list(WAYS))
    parser.add_argument("--run", choices=list(WAYS))
    parser.add_argument("--data", type=Path)
    options = parser.parse_args()
    if options.run:
        sys.stdout.write(json.dumps(run(options.run, options.data)))
        return
    with (
        tempfile.TemporaryDirectory() as name,
        pl.Config(
            tbl_rows=-1,
            tbl_cols=-1,
            tbl_width_chars=160,
            float_precision=3,
            tbl_hide_column_data_types=True,
            tbl_hide_dataframe_shape=True,
            ascii_tables=True,
        ),
    ):
        make(Path(name) / "train", options.people)
        make(Path(name) / "test", HELD_OUT, first=10_000_000)
        ways = ["lightgbm", *(way for way in options.ways if way != "lightgbm")]
        sys.stdout.write(f"{compare(Path(name), options.repeats, ways)}\n")


if __name__ == "__main__":
    main()
