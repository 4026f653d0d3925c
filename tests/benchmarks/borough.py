"""A whole synthetic borough: `run` with seconds per step, and its slow steps compared with their unavoidable parts.

`python -m tests.benchmarks.borough [--people 330000]` makes the extracts and runs everything on them. Then it compares,
each in its own process: whole snapshots of all dates (stays, households, scores, parts written) with the compiled pass
alone over the same log and dates; and training (choosing, calibrating, testing) with one LightGBM fit on the same rows.
`--old FOLDER` runs another checkout on the same extracts first, for a comparison. `--site FOLDER` uses the extracts of
an existing synthetic site.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median

import numpy as np
import polars as pl

from data_schemas.receipts import EventLog, IngestReceipt, load
from pipeline.engine import AT_ONCE
from pipeline.events import BUCKET_PEOPLE, bucket_path, build_log
from pipeline.features.catalogue import features_of
from pipeline.features.counting import count
from pipeline.features.plan import plan
from pipeline.ingest import ingest
from pipeline.settings import Settings, load_settings
from pipeline.snapshots import take_all
from tests.benchmarks.features import peak_mb, processor_seconds, show

REPEATS = 3
"""Runs of each slow step and its unavoidable part, of which the medians count."""
Began = tuple[float, float]
"""Wall and processor seconds at the beginning of what is measured."""
COMMAND = "from flows.cli import main; main()"


def made(folder: Path) -> tuple[Settings, IngestReceipt, EventLog]:
    """Return the site's tables and log. Makes them if they do not exist."""
    settings, store = load_settings(folder / "site.toml"), folder / "bench"
    receipt = store / "ingest.json"
    if receipt.exists():
        tables = load(IngestReceipt, receipt.read_bytes())
    else:
        from data_schemas.receipts import dump

        tables = ingest(settings, store)
        receipt.write_bytes(dump(tables))
    return settings, tables, build_log(settings, tables, store)


def dates_of(settings: Settings) -> list:
    run = settings.run
    return sorted({*(run.train_as_of or []), *(run.test_as_of or []), run.as_of})


def counted_alone(folder: Path) -> None:
    """Run only the compiled pass over the log, for all dates and everybody, without writing anything."""
    settings, _, log = made(folder)
    features, dates = features_of(settings), dates_of(settings)
    asked = plan(features.features, features.concepts, dates, settings.run.history_days)

    def one(bucket: int) -> None:
        persons = np.arange(bucket * BUCKET_PEOPLE, min((bucket + 1) * BUCKET_PEOPLE, log.people), dtype=np.int32)
        count(asked, pl.read_parquet(bucket_path(log.path, bucket)), [persons] * len(dates))

    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(one, range(log.buckets)))


def snapshots(folder: Path) -> None:
    """Make whole snapshots of all dates."""
    settings, tables, log = made(folder)
    with tempfile.TemporaryDirectory(dir=folder) as store:
        take_all(settings, tables, log, dates_of(settings), Path(store))


def lightgbm_alone(folder: Path) -> Began:
    """Fit the larger boosted trees once, to the training rows of `run`. Returns when the fit began, after reading."""
    from flows.training import plan_of
    from models.learning import sample
    from models.learning.candidates import contenders
    from models.learning.estimators import fitted

    settings = load_settings(folder / "site.toml")
    taken = {s.as_of: s for s in map(sample.snapshot_at, sorted((folder / "out" / "store" / "snapshots").iterdir()))}
    learning = [taken[day] for day in settings.run.train_as_of or []]
    rows = sample.load(learning, sample.varying(learning), plan_of(settings, settings.run.as_of))
    began = now()
    trees = contenders("boosting", len(rows))[0].build(rows.features, 0)
    fitted(trees, rows.X, rows.y, rows.weight)
    return began


def now() -> Began:
    return time.perf_counter(), processor_seconds()


def report(started: float, worked: float) -> None:
    seconds, processor = time.perf_counter() - started, processor_seconds() - worked
    sys.stdout.write(json.dumps({"seconds": seconds, "processor": processor, "peak_mb": peak_mb()}) + "\n")


WAYS: dict[str, Callable[[Path], Began | None]] = {
    "counted_alone": counted_alone,
    "snapshots": snapshots,
    "lightgbm_alone": lightgbm_alone,
}


def measure(way: str, folder: Path) -> dict[str, float]:
    """Measure seconds, processor seconds and peak memory of one method in its own process."""
    command = [sys.executable, "-m", "tests.benchmarks.borough", "--run", way, "--folder", str(folder)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[-1])


def neighbourly(*arguments: str, checkout: Path | None = None) -> dict[str, float]:
    """Run the command of this checkout or another, and measure time and memory."""
    started = time.perf_counter()
    environment = {**os.environ, "PYTHONPATH": str(checkout)} if checkout else None
    process = subprocess.Popen(
        [sys.executable, "-c", COMMAND, *arguments],
        cwd=checkout, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    _, status, used = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"neighbourly {arguments[0]} failed; run it by hand to see why")
    seconds, processor = time.perf_counter() - started, used.ru_utime + used.ru_stime
    return {"seconds": round(seconds, 1), "processor seconds": round(processor, 1), "peak MB": used.ru_maxrss // 1024}


def steps(out: Path) -> list[dict[str, object]]:
    """Read seconds and peak memory of each step from the report."""
    report = json.loads(next(out.glob("????-??-??/report.json")).read_bytes())
    return [
        {"step": s["step"], "seconds": round(s["seconds"], 1), "peak MB": round(s["peak_memory_mb"])}
        for s in report["steps"]
        if not s["reused"]
    ]


def compare(folder: Path) -> None:
    """Compare the slow steps of the run in `folder` with their unavoidable parts."""
    made(folder)
    runs = [{way: measure(way, folder) for way in WAYS} for _ in range(REPEATS)]  # alternating
    found = {way: {key: median(run[way][key] for run in runs) for key in runs[0][way]} for way in WAYS}
    train = next(row["seconds"] for row in steps(folder / "out") if row["step"] == "train")
    alone, whole_snapshots, fit = (found[way]["seconds"] for way in ("counted_alone", "snapshots", "lightgbm_alone"))
    show([
        {"what": "snapshots of all dates, compared with the compiled pass alone", "ratio": round(whole_snapshots / alone, 1)},
        {"what": "training, compared with one LightGBM fit on the same rows", "ratio": round(float(train) / fit, 1)},
    ])  # fmt: skip
    show([{"way": way, **{key: round(value, 1) for key, value in row.items()}} for way, row in found.items()])


def main() -> None:
    """Print the tables, or with `--run` do one of the ways."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=330_000)
    parser.add_argument("--old", type=Path, help="a checkout to run on the same extracts first")
    parser.add_argument("--site", type=Path, help="a folder that `neighbourly synth` made, instead of a new one")
    parser.add_argument("--run", choices=list(WAYS))
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    if options.run:
        began = now()
        report(*(WAYS[options.run](options.folder) or began))
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        site = str(folder / "site.toml")
        if options.site:
            for part in ("site.toml", "truth.parquet", "extracts"):
                (folder / part).symlink_to((options.site / part).absolute())
        else:
            neighbourly("synth", "--people", str(options.people), "--seed", "1", "--out", name)
        old = (
            [neighbourly("run", "--config", site, "--out", str(folder / "old"), checkout=options.old)]
            if options.old
            else []
        )
        whole = neighbourly("run", "--config", site, "--out", str(folder / "out"))
        show([{"whole run": "here", **whole}, *({"whole run": "old", **row} for row in old)])
        for out in ("old", "out") if old else ("out",):
            show(steps(folder / out))
        compare(folder)


if __name__ == "__main__":
    main()
