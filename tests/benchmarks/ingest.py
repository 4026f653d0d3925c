"""How fast ingest is and what memory it takes: `python -m tests.benchmarks.ingest [--rows 50000000] [--kind parquet]`.

Rows of gp_events about one person in thirty rows, in no order of people, 2% of them about strangers and 1 in 1,000 with
a bad date. Each measurement has its own process. The bare scan only reads every field of the same file. Both are
medians of `--repeats` runs, because the first run after an update also compiles.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import data_schemas  # noqa: F401 - before Polars, as in the command

# isort: split
import numpy as np
import polars as pl

AT_ONCE = 1_000_000
STORE = "bench-store"
ROWS_A_PERSON = 30
SITE = """
[site]
name = "Bench"
legal_basis = ["gp", "sus"]
[run]
as_of = 2024-10-01
[extracts.registrations]
path = "registrations.csv"
[extracts.gp_events]
path = "gp_events.{kind}"
covers = [2013-01-01, 2025-01-01]
[extracts.admissions]
path = "admissions.csv"
[extracts.practices]
path = "practices.csv"
"""


@dataclass(frozen=True)
class Took:
    """Wall seconds, processor seconds of all threads, and peak resident memory of one process."""

    seconds: float
    cpu_seconds: float
    peak_mb: float


@dataclass(frozen=True)
class Measured:
    """Ingest compared with a bare scan of the same file."""

    rows: int
    kind: str
    file_mb: float
    scan: Took
    ingest: Took
    ratio: float


def measure(rows: int = 10_000_000, kind: str = "csv", repeats: int = 3) -> Measured:
    """Write the extracts, and measure a bare scan and ingest in turn."""
    with tempfile.TemporaryDirectory(prefix="neighbourly-bench-") as name:
        folder = Path(name)
        write_extracts(folder, rows, kind)
        events = folder / f"gp_events.{kind}"
        runs = [(_process("scan", events), _process("ingest", folder / "site.toml")) for _ in range(repeats)]
        size = round(events.stat().st_size / 1e6, 1)
    scan, ingest = (_median(own) for own in zip(*runs, strict=True))
    return Measured(rows, kind, size, scan, ingest, round(ingest.seconds / scan.seconds, 2))


def _median(runs: Sequence[Took]) -> Took:
    """The median times, and the greatest memory."""
    seconds, cpu = (statistics.median(times) for times in zip(*((r.seconds, r.cpu_seconds) for r in runs), strict=True))
    return Took(round(seconds, 2), round(cpu, 2), max(run.peak_mb for run in runs))


def write_extracts(folder: Path, rows: int, kind: str) -> None:
    """Write the site's files. They are the same for the same number of rows."""
    rng = np.random.default_rng(1)
    ids = pl.Series([f"{number:016x}" for number in rng.integers(0, 2**63, max(rows // ROWS_A_PERSON, 10))])
    known = ids.head(int(0.98 * len(ids)))
    registrations = pl.select(
        person_id=known,
        practice_code=pl.lit("A00001"),
        registered_from=pl.lit("2001-01-01"),
        birth_month=pl.lit("1960-01-01"),
        sex=pl.lit("1"),
    )
    registrations.write_csv(folder / "registrations.csv")
    (folder / "admissions.csv").write_text(f"person_id,admission_date,admission_method\n{known[0]},2020-01-01,21\n")
    (folder / "practices.csv").write_text("practice_code,cluster_code\nA00001,C1\n")
    (folder / "site.toml").write_text(SITE.format(kind=kind))
    codes = pl.Series([str(code) for code in rng.integers(10**6, 10**9, 3000)])
    chunks = [min(AT_ONCE, rows - start) for start in range(0, rows, AT_ONCE)]
    with (folder / "gp_events.csv").open("wb") as file:
        for number, chunk in enumerate(chunks):
            _events(rng, ids, codes, chunk).write_csv(file, include_header=number == 0)
    if kind == "parquet":
        events = pl.scan_csv(folder / "gp_events.csv", schema_overrides={"code": pl.String}, try_parse_dates=True)
        events.sink_parquet(folder / "gp_events.parquet")
        (folder / "gp_events.csv").unlink()


def _events(rng: np.random.Generator, ids: pl.Series, codes: pl.Series, rows: int) -> pl.DataFrame:
    day = pl.Series(rng.integers(16_000, 20_000, rows), dtype=pl.Int32).cast(pl.Date)
    text = day.cast(pl.String)
    values = pl.Series(np.round(rng.normal(80, 20, rows), 1))
    return pl.select(
        person_id=ids.gather(rng.integers(0, len(ids), rows)),
        event_date=pl.when(pl.Series(rng.random(rows) < 0.001)).then(pl.lit("1801-01-01")).otherwise(text),
        recorded_date=(day + pl.duration(days=3)).cast(pl.String),
        code=codes.gather(rng.integers(0, len(codes), rows)),
        value=pl.when(pl.Series(rng.random(rows) < 0.3)).then(values),
    )


def _process(what: str, path: Path) -> Took:
    """Seconds of the work itself and peak memory of the process that did it."""
    command = [sys.executable, "-m", "tests.benchmarks.ingest", "--only", what, "--path", str(path)]
    return Took(**json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout))


def _scan(path: Path) -> None:
    frame = pl.scan_parquet(path) if path.suffix == ".parquet" else pl.scan_csv(path, infer_schema=False)
    frame.select(pl.all().hash().sum() if path.suffix == ".parquet" else pl.all().str.len_bytes().sum()).collect(
        engine="streaming"
    )


def _ingest(path: Path) -> None:
    from data_schemas.memory import collect_seldom

    collect_seldom()  # as the command does
    from pipeline.ingest import ingest
    from pipeline.settings import load_settings

    receipt = ingest(load_settings(path), path.parent / STORE)
    assert receipt.tables["gp_events"].rows > 0


def _alone(what: str, path: Path) -> Took:
    shutil.rmtree(path.parent / STORE, ignore_errors=True)
    started, before = time.perf_counter(), time.process_time()
    _scan(path) if what == "scan" else _ingest(path)
    seconds, cpu = round(time.perf_counter() - started, 2), round(time.process_time() - before, 2)
    high = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return Took(seconds, cpu, round(int(high.split()[1]) / 1024, 1))


def main() -> None:
    """Measure, or run one of the measured processes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--kind", choices=["csv", "parquet"], default="csv")
    parser.add_argument("--only", choices=["scan", "ingest"], help=argparse.SUPPRESS)
    parser.add_argument("--path", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    result = (
        _alone(options.only, options.path) if options.only else measure(options.rows, options.kind, options.repeats)
    )
    print(json.dumps(asdict(result), indent=2 if not options.only else None))  # noqa: T201 - a command's output


if __name__ == "__main__":
    os.chdir(Path(__file__).parents[2])
    main()
