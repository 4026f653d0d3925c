"""Counting 330 features of 48 million events, compared with the usual ways: `python -m tests.benchmarks.features
[--people 320000]`.

Everybody has 150 events on average, of 25 kinds out of 200, over nearly six years. Each way counts the same 66 concepts
(counts over 90 days, a year and five years, days since the last, and the latest value or the total of a year) as of one
date. Each run has its own process. The floor is a bare scan of the log with the join to the wanted concepts. Ways that
are not installed are left out and named. Install them with `pip install duckdb`, and MEDS-Tab, which needs an older
Polars, in its own environment: `python -m venv meds && meds/bin/pip install meds-tab`, then `--meds-tab meds/bin`. It
is given the events known by the date, the wanted concepts and one label per person, and computes counts over three
windows and totals over one, which is less than the others. The conversion to its format is not timed. `--scale 80000
320000 1280000` measures our way alone, for several numbers of people.
"""

from __future__ import annotations

import argparse
import datetime as dt
import importlib.util
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import polars as pl

from data_schemas.disk import write_parquet
from data_schemas.receipts import Feature
from pipeline.concepts import Concepts
from pipeline.engine import AT_ONCE
from pipeline.events import BUCKET_PEOPLE, bucket_path, write_bucket
from pipeline.features.columns import columns
from pipeline.features.counting import count
from pipeline.features.declare import Declaration
from pipeline.features.named import NamedFeature
from pipeline.features.plan import Plan, plan

AS_OF = dt.date(2024, 1, 1)
HISTORY_DAYS = 1826
KINDS, KINDS_A_PERSON, EVENTS_A_PERSON, WANTED = 200, 25, 150, 66
COUNTED = (90, 365, 1826)
EIGHT = tuple(AS_OF - dt.timedelta(days=91 * n) for n in range(8))


def make(folder: Path, people: int) -> None:
    """Write the event log of `people` invented persons, bucket by bucket."""
    for bucket in range(-(-people // BUCKET_PEOPLE)):
        first = bucket * BUCKET_PEOPLE
        write_bucket(_events(first, min(people, first + BUCKET_PEOPLE)), bucket_path(folder, bucket))


def _events(first: int, last: int) -> pl.DataFrame:
    draw = np.random.default_rng(first)
    person = np.repeat(np.arange(first, last, dtype=np.int32), draw.poisson(EVENTS_A_PERSON, last - first))
    rows = len(person)
    kinds = (draw.random((last - first, KINDS_A_PERSON)) ** 2 * KINDS).astype(np.uint16)
    happened = np.datetime64("2018-06-01") + draw.integers(0, 2100, rows).astype("timedelta64[D]")
    late = np.where(draw.random(rows) < 0.1, draw.integers(0, 40, rows), 0).astype("timedelta64[D]")
    value = np.where(draw.random(rows) < 0.35, draw.integers(0, 200, rows), np.nan).astype(np.float32)
    frame = pl.DataFrame(
        {
            "person": person,
            "happened": happened,
            "known": happened + late,
            "concept": kinds[person - first, (draw.random(rows) ** 2 * KINDS_A_PERSON).astype(int)],
            "value": value,
        }
    )
    dated = frame.with_columns(pl.col("happened", "known").cast(pl.Date), pl.col("value").fill_nan(None))
    return dated.sort("person", "concept", "happened", "known", "value", nulls_last=True)


def wanted_concepts() -> dict[str, int]:
    return {f"c{number:03d}": number for number in range(0, 3 * WANTED, 3)}


def declarations() -> list[NamedFeature]:
    found = []
    for position, concept in enumerate(wanted_concepts()):
        valued = ("latest", None) if position % 2 else ("total", 365)
        for statistic, over in [*(("count", days) for days in COUNTED), ("days_since_last", None), valued]:
            declaration = Declaration(statistic, "bench", None if statistic == "latest" else 0, (concept,), over)
            found.append(
                NamedFeature(Feature(f"{concept}_{statistic}_{over}", "bench", "site", statistic), declaration)
            )
    return found


def plan_of(*dates: dt.date) -> Plan:
    lists = pl.DataFrame(
        schema=dict.fromkeys(("concept", "system", "code", "term"), pl.String) | {"built_in": pl.Boolean}
    )
    empty = plan(declarations(), Concepts(lists), dates, HISTORY_DAYS)
    return Plan(empty.features, wanted_concepts(), dates, HISTORY_DAYS)


def files_of(folder: Path) -> list[Path]:
    return sorted(folder.glob("bucket-*.parquet"))


# ---- the ways --------------------------------------------------------------------------------------------------------


def floor(folder: Path) -> None:
    """Read the log and join it to the wanted concepts, nothing more."""
    wanted = pl.LazyFrame({"concept": list(wanted_concepts().values())}, {"concept": pl.Int32})
    for file in files_of(folder):
        joined = pl.scan_parquet(file).with_columns(pl.col("concept").cast(pl.Int32)).join(wanted, on="concept")
        joined.select(pl.col("person", "happened", "known", "concept", "value").max()).collect(engine="streaming")


def ours(folder: Path, dates: tuple[dt.date, ...] = (AS_OF,), out: Path | None = None) -> None:
    """Count with our code: buckets in turn, two at a time, into float32 columns. With `out`, also write the parts."""
    asked = plan_of(*dates)

    def one(file: Path) -> None:
        log = pl.read_parquet(file)
        persons = log["person"].unique().sort()
        for counted in count(asked, log, [persons.to_numpy()] * len(dates)):
            found = pl.DataFrame([persons, *columns(counted, asked.features)])
            if out is not None:
                write_parquet(found, out / file.name)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(one, files_of(folder)))


def ours_in_a_run(folder: Path) -> None:
    """Count with our code in a process whose compiled loop is loaded already (`run`): in a run, reading loads most of
    it."""
    ours(folder)


def ours_written(folder: Path) -> None:
    """Count with our code, and write the parts."""
    with tempfile.TemporaryDirectory() as out:
        ours(folder, out=Path(out))


def ours_eight_dates(folder: Path) -> None:
    """Count with our code for eight as-of dates, a quarter apart."""
    ours(folder, EIGHT)


def _read_everything(folder: Path) -> pl.LazyFrame:
    wanted = list(wanted_concepts().values())
    first = AS_OF - dt.timedelta(days=HISTORY_DAYS)
    seen = (pl.col("happened") < AS_OF) & (pl.col("known") < AS_OF) & (pl.col("happened") >= first)
    return pl.scan_parquet(files_of(folder)).filter(seen, pl.col("concept").is_in(wanted))


def polars_wide(folder: Path) -> None:
    """Count with Polars: one `filter(…).count()` for each feature, in one grouping by person."""
    rows = _read_everything(folder)
    happened, value = pl.col("happened"), pl.col("value")
    expressions = []
    for position, number in enumerate(wanted_concepts().values()):
        own = pl.col("concept") == number
        expressions += [
            (own & (happened >= AS_OF - dt.timedelta(days=days))).sum().alias(f"{number}_{days}") for days in COUNTED
        ]
        expressions.append(happened.filter(own).max().alias(f"{number}_last"))
        if position % 2:
            valued = own & value.is_not_null()
            expressions.append(value.filter(valued).sort_by(happened.filter(valued)).last().alias(f"{number}_latest"))
        else:
            recent = happened >= AS_OF - dt.timedelta(days=365)
            expressions.append(value.filter(own & recent).sum().alias(f"{number}_total"))
    rows.group_by("person").agg(expressions).collect(engine="streaming")


def polars_pivot(folder: Path) -> None:
    """Count with Polars: groups in long form, then its pivot."""
    happened = pl.col("happened")
    counts = [(happened >= AS_OF - dt.timedelta(days=days)).sum().alias(str(days)) for days in COUNTED]
    total = pl.col("value").filter(happened >= AS_OF - dt.timedelta(days=365)).sum().alias("total")
    long = _read_everything(folder).group_by("person", "concept").agg(*counts, last=happened.max(), total=total)
    long.collect(engine="streaming").pivot(on="concept", index="person")


def pandas(folder: Path) -> None:
    """Count with pandas: read everything, group it, unstack it."""
    import pandas as pd

    rows = pd.concat([pd.read_parquet(file) for file in files_of(folder)])
    dates = pd.to_datetime(rows["happened"])
    rows = rows[
        (dates < str(AS_OF))
        & (pd.to_datetime(rows["known"]) < str(AS_OF))
        & rows["concept"].isin(wanted_concepts().values())
    ]
    dates = pd.to_datetime(rows["happened"])
    keys = [rows["person"], rows["concept"]]
    for days in COUNTED:
        (dates >= str(AS_OF - dt.timedelta(days=days))).groupby(keys).sum().unstack()
    dates.groupby(keys).max().unstack()
    recent = rows[dates >= str(AS_OF - dt.timedelta(days=365))]
    recent.groupby(["person", "concept"])["value"].sum().unstack()
    valued = rows[rows["value"].notna()].sort_values(["happened", "value"])
    valued.groupby(["person", "concept"])["value"].last().unstack()


def duckdb_wide(folder: Path) -> None:
    """Count with DuckDB: one `count(*) FILTER (…)` for each feature in one SQL query."""
    import duckdb

    columns = []
    for position, number in enumerate(wanted_concepts().values()):
        own = f"concept = {number}"
        edges = [AS_OF - dt.timedelta(days=days) for days in COUNTED]
        columns += [f"count(*) FILTER ({own} AND happened >= DATE '{edge}')" for edge in edges]
        columns.append(f"max(happened) FILTER ({own})")
        latest = f"arg_max(value, happened) FILTER ({own})"
        total = f"sum(value) FILTER ({own} AND happened >= DATE '{AS_OF - dt.timedelta(days=365)}')"
        columns.append(latest if position % 2 else total)
    first = AS_OF - dt.timedelta(days=HISTORY_DAYS)
    names = ", ".join(f"{column} AS f{n}" for n, column in enumerate(columns))
    wanted = ", ".join(str(number) for number in wanted_concepts().values())
    seen = (
        f"concept IN ({wanted}) AND happened < DATE '{AS_OF}' AND known < DATE '{AS_OF}' AND happened >= DATE '{first}'"
    )
    query = f"SELECT person, {names} FROM read_parquet('{folder}/bucket-*.parquet') WHERE {seen} GROUP BY person"
    duckdb.connect(config={"threads": 2}).execute(query).to_arrow_table()


def meds_tab(folder: Path) -> None:
    """Count with MEDS-Tab's command line on `folder/meds`, which `to_meds` has written."""
    meds, commands = folder / "meds", Path(os.environ["MEDS_TAB"])
    with tempfile.TemporaryDirectory() as out:
        where = [f"input_dir={meds / 'data'}", f"output_dir={out}"]
        asked = [f"tabularization.window_sizes=[{','.join(f'{days}d' for days in COUNTED)}]"]
        counts = [f"input_label_dir={meds / 'labels'}", *asked, "tabularization.aggs=[code/count]"]
        totals = [*counts[:1], "tabularization.window_sizes=[365d]", "tabularization.aggs=[value/sum]"]
        subprocess.run([commands / "meds-tab-describe", *where], check=True, capture_output=True)
        for said in (counts, totals):
            subprocess.run(
                [commands / "meds-tab-tabularize-time-series", *where, *said], check=True, capture_output=True
            )


def to_meds(folder: Path) -> None:
    """Write the wanted events known by the date, and one label for each person, as MEDS, with one shard for each
    bucket."""
    for number, file in enumerate(files_of(folder)):
        seen = (pl.col("happened") < AS_OF) & (pl.col("known") < AS_OF)
        is_wanted = pl.col("concept").is_in(list(wanted_concepts().values()))
        time, code = pl.col("happened").cast(pl.Datetime("us")), pl.format("c{}", pl.col("concept"))
        events = pl.scan_parquet(file).filter(seen, is_wanted)
        data = events.select(subject_id=pl.col("person").cast(pl.Int64), time=time, code=code, numeric_value="value")
        data = data.sort("subject_id", "time").collect()
        labels = data.select(subject_id=pl.col("subject_id").unique().sort()).with_columns(
            prediction_time=pl.lit(AS_OF).cast(pl.Datetime("us")), boolean_value=True
        )
        for name, frame in (("data", data), ("labels", labels)):
            write_parquet(frame, folder / "meds" / name / "train" / f"{number}.parquet")


WAYS: dict[str, Callable[[Path], None]] = {
    way.__name__: way
    for way in (
        floor,
        ours,
        ours_in_a_run,
        ours_written,
        ours_eight_dates,
        polars_wide,
        polars_pivot,
        duckdb_wide,
        meds_tab,
        pandas,
    )
}
ABSENT = {
    "duckdb_wide": lambda: importlib.util.find_spec("duckdb") is None,
    "meds_tab": lambda: "MEDS_TAB" not in os.environ,
}


# ---- measuring -------------------------------------------------------------------------------------------------------


def measure(way: str, folder: Path) -> dict[str, float]:
    """Wall and processor seconds and peak resident memory of one run in its own process."""
    command = [sys.executable, "-m", "tests.benchmarks.features", "--run", way, "--log", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        return {"seconds": float("nan"), "processor": float("nan"), "peak_mb": float("nan")}
    return json.loads(done.stdout.splitlines()[-1])


def run(way: str, folder: Path) -> None:
    if way == ours_in_a_run.__name__:
        load_the_loop()
    started, worked = time.perf_counter(), processor_seconds()
    WAYS[way](folder)
    seconds, processor = time.perf_counter() - started, processor_seconds() - worked
    sys.stdout.write(json.dumps({"seconds": seconds, "processor": processor, "peak_mb": peak_mb()}))


def load_the_loop() -> None:
    """Load the compiled loop, and compile it first if it has changed."""
    count(plan_of(AS_OF), _events(0, 0), [np.empty(0, np.int32)])


def processor_seconds() -> float:
    """Processor seconds of all threads of this process and its children. A busy machine hardly affects them."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def peak_mb() -> float:
    """Peak resident memory of this process (Linux), or of its largest child if that is more."""
    status = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    own = int(next(line for line in status if line.startswith("VmHWM")).split()[1])
    return max(own, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss) / 1024


def compare(people: int, repeats: int, ways: list[str]) -> list[dict[str, float | str]]:
    """Median seconds, ratio to the floor and peak memory of each way, in one session."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make(folder, people)
        if "meds_tab" in ways:
            to_meds(folder)
        runs: dict[str, list[dict[str, float]]] = {way: [] for way in ways}
        for _ in range(repeats):
            for way in ways:
                runs[way].append(measure(way, folder))
    wall, processor = (_medians(runs, what) for what in ("seconds", "processor"))
    return [
        {
            "way": way,
            "seconds": round(wall[way], 2),
            "times the floor": round(wall[way] / wall["floor"], 1),
            "times ours": round(wall[way] / wall["ours"], 1) if "ours" in wall else None,
            "processor seconds": round(processor[way], 2),
            "processor, times the floor": round(processor[way] / processor["floor"], 1),
            "peak MB": round(max(run["peak_mb"] for run in found)),
        }
        for way, found in runs.items()
    ]


def _medians(runs: dict[str, list[dict[str, float]]], what: str) -> dict[str, float]:
    return {way: statistics.median(run[what] for run in found) for way, found in runs.items()}


def scale(sizes: list[int], repeats: int) -> list[dict[str, float]]:
    """Seconds for 100,000 people and peak memory of our way, for several sizes."""
    found = []
    for people in sizes:
        with tempfile.TemporaryDirectory() as name:
            make(Path(name), people)
            runs = [measure("ours", Path(name)) for _ in range(repeats)]
        each = 1e5 / people
        found.append(
            {
                "people": people,
                "seconds": round(statistics.median(run["seconds"] for run in runs), 2),
                "seconds per 100,000": round(each * statistics.median(run["seconds"] for run in runs), 3),
                "processor seconds per 100,000": round(each * statistics.median(run["processor"] for run in runs), 3),
                "peak MB": round(max(run["peak_mb"] for run in runs)),
            }
        )
    name = "processor seconds per 100,000"
    return [{**row, "times the first": round(row[name] / found[0][name], 2)} for row in found]


def main() -> None:
    """Print the table. With `--run`, do one run and print its time and memory."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=320_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--ways", nargs="*", choices=list(WAYS), default=list(WAYS))
    parser.add_argument("--meds-tab", help="folder of MEDS-Tab's commands, for example meds/bin")
    parser.add_argument(
        "--scale", nargs="*", type=int, help="only our way, for these numbers of people: 80000 320000 1280000"
    )
    parser.add_argument("--run")
    parser.add_argument("--log", type=Path)
    options = parser.parse_args()
    if options.run:
        run(options.run, options.log)
        return
    load_the_loop()  # so that no measured process compiles
    if options.scale:
        show(scale(options.scale, options.repeats))
        return
    if options.meds_tab:
        os.environ["MEDS_TAB"] = str(Path(options.meds_tab).absolute())
    absent = [way for way in options.ways if way in ABSENT and ABSENT[way]()]
    if absent:
        sys.stdout.write(f"left out, not installed: {', '.join(absent)}\n")
    ways = ["floor", *(way for way in options.ways if way not in ("floor", *absent))]
    show(compare(options.people, options.repeats, ways))


def show(rows: Sequence[Mapping[str, object]]) -> None:
    """Print a table."""
    with pl.Config(
        tbl_rows=-1, tbl_cols=-1, tbl_width_chars=160, tbl_hide_column_data_types=True, tbl_hide_dataframe_shape=True,
        ascii_tables=True, fmt_str_lengths=100,
    ):  # fmt: skip
        sys.stdout.write(f"{pl.DataFrame(rows)}\n")


if __name__ == "__main__":
    main()
