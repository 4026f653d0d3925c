"""Lists of a borough: 330,000 people, 7 clusters of 500 places, every form and page: `python -m tests.benchmarks.lists
[--people 330000]`.

The people, their features and contributions are random; areas and offers are those of the synthetic borough, with three
admissions per person over two years. The floor is what every list needs: the scores, the cohort and the features read
from disk. Each run has its own process.
"""

from __future__ import annotations

import argparse
import dataclasses
import datetime as dt
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import polars as pl

from data_schemas.feature_parts import part_path, write_part
from data_schemas.receipts import Feature, Snapshot
from pipeline.publish import Scored

AS_OF = dt.date(2026, 4, 1)
CLUSTERS, PLACES, PRACTICES, PARTS = 7, 500, 60, 8
ADMISSIONS_A_PERSON = 3
BANDS = {0: "0-17", 18: "18-39", 40: "40-64", 65: "65-74", 75: "75-84", 85: "85+"}
BOOK = "community_assets.json"


@dataclass(frozen=True)
class Took:
    """One run in its own process."""

    seconds: float
    cpu_seconds: float
    peak_memory_mb: float
    listed: int = 0


def declared() -> list[Feature]:
    """The built-in features."""
    from data_schemas.codelists.__init__ import load_codelists
    from pipeline.features.catalogue import load_features

    return [named.feature for named in load_features(load_codelists()).features]


def make(folder: Path, people: int) -> None:
    """Write the borough in the form that the snapshot, score and explain steps produce."""
    from pipeline.synthetic.community import community_book
    from pipeline.synthetic.options import Options
    from pipeline.synthetic.places import build_places

    rng = np.random.default_rng(1)
    places = build_places(Options(people=20_000, seed=1))
    (folder / BOOK).write_text(json.dumps(community_book(places, 1)))
    for name in ("features", "tables"):
        (folder / name).mkdir()
    cohort = _cohort(rng, people, places.areas["lsoa_code"])
    cohort.write_parquet(folder / "cohort.parquet")
    risks = rng.beta(0.8, 8, people)
    pl.DataFrame({"person": cohort["person"], "risk": risks}).write_parquet(folder / "scores.parquet")
    features = declared()
    (folder / "snapshot.json").write_text(json.dumps({"features": [asdict(f) for f in features]}))
    for number, part in enumerate(np.array_split(np.arange(people), PARTS)):
        write_part(_features(rng, cohort[part[0] : part[-1] + 1], features), part_path(folder, number))
    _tables(rng, folder / "tables", cohort)


def _cohort(rng: np.random.Generator, people: int, areas: pl.Series) -> pl.DataFrame:
    ages = rng.integers(18, 95, people)
    practice = rng.integers(0, PRACTICES, people)
    starts = np.array(list(BANDS))
    return pl.DataFrame(
        {
            "person": np.arange(people, dtype=np.int32),
            "person_id": [f"{n:016x}" for n in rng.permutation(people)],
            "practice_code": [f"X{n:05d}" for n in practice],
            "cluster_code": [f"C{n % CLUSTERS + 1}" for n in practice],
            "age": ages,
            "age_band": np.array(list(BANDS.values()))[np.searchsorted(starts, ages, side="right") - 1],
            "sex": rng.choice(["1", "2"], people),
            "lsoa_code": areas.gather(rng.integers(0, len(areas), people)),
            "imd_decile": rng.integers(1, 11, people),
        }
    )


def _features(rng: np.random.Generator, people: pl.DataFrame, features: list[Feature]) -> pl.DataFrame:
    """Draw counts and flags, mostly 0."""
    rows = people.height
    columns = {
        f.name: people["age"].cast(pl.Float32)
        if f.name == "age"
        else (rng.random(rows) < 0.1).astype(np.float32) * rng.integers(1, 4, rows)
        for f in features
    }
    return pl.DataFrame({"person": people["person"], **columns}).with_columns(
        pl.all().exclude("person").cast(pl.Float32)
    )


def _tables(rng: np.random.Generator, folder: Path, cohort: pl.DataFrame) -> None:
    people = cohort.select("person", "person_id", "practice_code")
    people.with_columns(registered_from=dt.date(2015, 1, 1), registered_to=pl.lit(None, pl.Date)).write_parquet(
        folder / "registrations.parquet"
    )
    pl.DataFrame(
        {"cluster_code": [f"C{n + 1}" for n in range(CLUSTERS)], "capacity": [PLACES] * CLUSTERS}
    ).write_parquet(folder / "clusters.parquet")
    cohort.select("practice_code", "cluster_code").unique().sort("practice_code").write_parquet(
        folder / "practices.parquet"
    )
    rows = rng.integers(0, people.height, ADMISSIONS_A_PERSON * people.height // 10)
    day = pl.Series(rng.integers(0, 730, len(rows)), dtype=pl.Int32)
    people[np.sort(rows)].select("person", "person_id").with_columns(
        admission_date=pl.lit(dt.date(2024, 4, 1)) + pl.duration(days=day), admission_method=pl.lit("21")
    ).with_columns(discharge_date=pl.col("admission_date") + pl.duration(days=3)).write_parquet(
        folder / "admissions.parquet"
    )


def scored(folder: Path) -> Scored:
    """Read the borough in the form that the lists use."""
    people = pl.scan_parquet(folder / "cohort.parquet").select(pl.len()).collect().item()
    snapshot = Snapshot(str(folder), AS_OF, people, "features", "content")
    made = Scored(
        "Borough", "unplanned_admission", 365, PLACES, snapshot, folder / "scores.parquet", folder / "tables", "a" * 64
    )
    return dataclasses.replace(made, community=(folder / BOOK,))


def floor(folder: Path) -> int:
    """Only read everything from disk."""
    seen = scored(folder)
    return seen.people.height + seen.values([f.name for f in seen.features]).height


def lists(folder: Path) -> int:
    """Make all lists and pages. This also invents the contributions of the listed people, which a real run takes from
    the model."""
    from pipeline.publish import listed, publish

    seen = scored(folder)
    persons = listed(seen)
    values = seen.values([f.name for f in seen.features]).filter(pl.col("person").is_in(persons))
    long = values.unpivot(index="person", variable_name="feature", value_name="value").filter(pl.col("value") > 0)
    long.with_columns(contribution=pl.col("value") * 0.1).write_parquet(folder / "contributions.parquet")
    publish(
        seen, folder / "out", contributions=folder / "contributions.parquet", report=dict, model_card="# Card\n",
        code_version="bench", configuration="bench",
    )  # fmt: skip
    return len(persons)


def _alone(what: str, folder: Path) -> Took:
    started, before = time.perf_counter(), time.process_time()
    count = {"floor": floor, "lists": lists}[what](folder)
    seconds, cpu = round(time.perf_counter() - started, 2), round(time.process_time() - before, 2)
    high = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return Took(seconds, cpu, round(int(high.split()[1]) / 1024, 1), count)


def _process(what: str, folder: Path) -> Took:
    command = [sys.executable, "-m", "tests.benchmarks.lists", "--only", what, "--path", str(folder)]
    return Took(**json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout))


def measure(people: int) -> dict[str, object]:
    """Make the borough, and measure the bare read and the lists."""
    with tempfile.TemporaryDirectory(prefix="neighbourly-bench-") as name:
        make(Path(name), people)
        low, high = _process("floor", Path(name)), _process("lists", Path(name))
    return {
        "people": people,
        "clusters": CLUSTERS,
        "places": PLACES,
        "floor": asdict(low),
        "lists": asdict(high),
        "ratio": round(high.seconds / low.seconds, 2),
    }


def main() -> None:
    """Measure, or run one of the measured processes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=330_000)
    parser.add_argument("--only", choices=["floor", "lists"], help=argparse.SUPPRESS)
    parser.add_argument("--path", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    result = asdict(_alone(options.only, options.path)) if options.only else measure(options.people)
    print(json.dumps(result, indent=None if options.only else 2))  # noqa: T201 - a command's output


if __name__ == "__main__":
    os.chdir(Path(__file__).parents[2])
    main()
