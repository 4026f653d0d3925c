"""Fixtures: a small scored borough on disk, in the form that the snapshot, score and explain steps write."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from data_schemas.feature_parts import part_path, write_part
from data_schemas.receipts import Snapshot
from pipeline.ledger import entries, feedback
from pipeline.ledger.history import history
from pipeline.publish import Scored
from tests.pipeline.declaring import declared

AS_OF = dt.date(2026, 4, 1)

FEATURES = [
    declared("age", "age in years", "demographic", "fact"),
    declared("female", "female", "demographic", "fact"),
    declared("emergency_admissions_1y", "emergency admission(s) in the last year", "use_of_care", "count", missing=0, group="emergency"),
    declared("emergency_admissions_2y", "emergency admission(s) in the last two years", "use_of_care", "count", missing=0,
             group="emergency"),
    declared("days_since_emergency_admission", "days since the last emergency admission", "use_of_care", "days_since_last",
             says="last emergency admission {ago}"),
    declared("ae_attendances_1y", "visit(s) to A&E in the last year", "use_of_care", "count", missing=0),
    declared("long_term_conditions", "long-term condition(s)", "clinical", "score", says="{n} long-term condition(s)", missing=0),
    declared("copd", "COPD on the record", "clinical", "ever", "condition.copd", missing=0),
    declared("no_contact_1y", "no contact with the practice in the last year", "use_of_care", "fact", missing=0, absence=True),
    declared("domestic_abuse", "domestic abuse on the record", "social", "ever", concept="social.domestic_abuse", missing=0),
    declared("lives_alone", "lives alone", "social", "fact", "social.lives_alone"),
    declared("is_carer", "cares for someone", "social", "ever", "social.carer", missing=0),
    declared("recorded_lonely", "loneliness on the record", "loneliness", "ever", "social.lonely", missing=0),
    declared("exercise_group", "goes to an exercise group", "strength", "ever", missing=0, strength=True),
]  # fmt: skip

BAND_EDGES = ((0, "0-17"), (18, "18-39"), (40, "40-64"), (65, "65-74"), (75, "75-84"), (85, "85+"))


def age_band(age: int) -> str:
    return [name for start, name in BAND_EDGES if age >= start][-1]


def cohort_of(people: int, clusters: tuple[str, ...]) -> pl.DataFrame:
    """This many people of all ages, spread over the clusters in turn."""
    number = list(range(people))
    ages = [20 + (7 * n) % 75 for n in number]
    return pl.DataFrame(
        {
            "person": number,
            "person_id": [f"p{n:04d}" for n in number],
            "practice_code": [f"X0000{n % len(clusters) + 1}" for n in number],
            "cluster_code": [clusters[n % len(clusters)] for n in number],
            "age": ages,
            "age_band": [age_band(age) for age in ages],
            "sex": ["1" if n % 3 else "2" for n in number],
            "lsoa_code": [f"E0100{6212 + n % 4}" for n in number],
            "imd_decile": [n % 10 + 1 for n in number],
        },
        schema_overrides={"person": pl.Int32},
    )


def write_snapshot(folder: Path, cohort: pl.DataFrame) -> None:
    """Write a cohort with FEATURES. One person in five has each feature, and everybody has an age."""
    (folder / "features").mkdir(parents=True, exist_ok=True)
    cohort.write_parquet(folder / "cohort.parquet")
    (folder / "snapshot.json").write_text(json.dumps({"features": [dataclasses.asdict(f) for f in FEATURES]}))
    number, ages = cohort["person"].to_list(), cohort["age"].to_list()
    values = {
        f.name: [float(ages[n]) if f.name == "age" else float((n * (k + 3)) % 5 == 0) for n in number]
        for k, f in enumerate(FEATURES)
    }
    features = pl.DataFrame({"person": number, **values}, schema_overrides={"person": pl.Int32})
    write_part(features, part_path(folder, 0))


def write_scores(store: Path, people: int) -> Path:
    """Write risks that fall with the person's number."""
    path = store / "scores.parquet"
    risks = {"person": list(range(people)), "risk": [0.9 * (1 - n / people) for n in range(people)]}
    pl.DataFrame(risks, schema_overrides={"person": pl.Int32}).write_parquet(path)
    return path


def write_tables(store: Path, clusters: tuple[str, ...], capacity: int | None) -> Path:
    """Write the ingested tables, with the clusters' capacity if given."""
    tables = store / "tables"
    tables.mkdir(exist_ok=True)
    if capacity is not None:
        names = {"cluster_code": list(clusters), "cluster_name": [f"Cluster {c}" for c in clusters]}
        pl.DataFrame({**names, "capacity": [capacity] * len(clusters)}).write_parquet(tables / "clusters.parquet")
    return tables


@pytest.fixture
def borough(tmp_path: Path) -> Callable[..., Scored]:
    """A function that makes a borough of some people in clusters. Risks fall with the person's number unless given."""
    store = tmp_path / "store"

    def make(
        people: int = 40, clusters: tuple[str, ...] = ("C1", "C2"), *, capacity: int | None = None, **given: object
    ) -> Scored:
        cohort = cohort_of(people, clusters)
        write_snapshot(store / "snapshots" / "s", cohort)
        scores, tables = write_scores(store, people), write_tables(store, clusters, capacity)
        snapshot = Snapshot(str(store / "snapshots" / "s"), AS_OF, people, "features", "content")
        made = Scored("Wigan", "unplanned_admission", 365, 10, snapshot, scores, tables, "a" * 64)
        if "feedback" in given:
            cohort.select("person_id").write_parquet(store / "people.parquet")
            found = feedback.read(given.pop("feedback"), AS_OF)
            entries.record_feedback(store, found, store / "people.parquet")
            given["history"] = history(store, AS_OF)
        return dataclasses.replace(made, **given)

    return make


@pytest.fixture
def contributions(tmp_path: Path) -> Callable[[Scored, list[int]], Path]:
    """Contributions of every feature for those people. Each present feature raises the log-odds by 0.1 times its
    place."""

    def make(scored: Scored, persons: list[int]) -> Path:
        values = scored.values([f.name for f in FEATURES]).filter(pl.col("person").is_in(persons))
        order = {f.name: 0.1 * (k + 1) for k, f in enumerate(FEATURES)}
        long = values.unpivot(index="person", variable_name="feature", value_name="value").with_columns(
            contribution=pl.col("value").sign() * pl.col("feature").replace_strict(order, return_dtype=pl.Float64)
        )
        path = tmp_path / "store" / "contributions.parquet"
        long.write_parquet(path)
        return path

    return make


@pytest.fixture
def published(borough, contributions, tmp_path: Path) -> Callable[..., Path]:
    """The folder of a publication of the small borough."""
    from pipeline.publish import listed, publish

    def make(scored: Scored | None = None, **given: object) -> Path:
        scored = scored or borough(**given)
        publish(
            scored,
            tmp_path / "out",
            contributions=contributions(scored, listed(scored)),
            report=lambda: {"metrics": {"test": {"auroc": 0.75}}},
            model_card="# Model card\n",
            code_version="0.1.0",
            configuration="c" * 64,
        )
        return tmp_path / "out" / AS_OF.isoformat()

    return make
