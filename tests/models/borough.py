"""Builds small snapshot folders (docs/explanation/architecture.md) with people whose true risk is known."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import polars as pl

from data_schemas.feature_parts import part_path, write_part
from data_schemas.receipts import Feature, Snapshot

FEATURES = [
    Feature("age", "age in years", "demographic", "fact", unit="years", group="age"),
    Feature("female", "female", "demographic", "fact", missing=0, group="sex"),
    Feature("imd_decile", "deprivation decile of the area", "social", "fact", group="area"),
    Feature("emergency_admissions_1y", "emergency admissions in the last year", "use_of_care", "count",
            "admission.unplanned", 365, 0, risk_direction=1, group="admissions"),
    Feature("emergency_admissions_2y", "emergency admissions in the last two years", "use_of_care", "count",
            "admission.unplanned", 730, 0, risk_direction=1, group="admissions"),
    Feature("days_since_emergency_admission", "days since the last emergency admission", "use_of_care", "days_since_last",
            "admission.unplanned", None, None, group="admissions"),
    Feature("ae_attendances_1y", "A&E attendances in the last year", "use_of_care", "count", "ae.any", 365, 0, risk_direction=1,
            group="ae"),
    Feature("long_term_conditions", "long-term conditions", "clinical", "score", missing=0, risk_direction=1, group="conditions"),
    Feature("systolic", "last systolic blood pressure", "clinical", "latest", "measure.systolic", 1826, None, "mmHg", group="bp"),
    Feature("lives_alone", "lives alone", "social", "ever", "social.lives_alone", None, 0, group="home"),
    Feature("recorded_lonely", "recorded as lonely", "loneliness", "ever", "social.lonely", None, 0, group="lonely"),
    Feature("is_carer", "is a carer", "social", "ever", "social.carer", None, 0, group="carer"),
    Feature("walks_daily", "walks every day", "strength", "ever", "strength.walks", None, 0, risk_direction=-1, strength=True,
            group="walks"),
    Feature("never_happens", "something nobody has", "clinical", "ever", "condition.rare", None, 0, group="rare"),
]  # fmt: skip


def take(
    folder: Path,
    as_of: dt.date,
    *,
    people: int = 4000,
    seed: int = 1,
    shift: float = 0.0,
    leak: bool = False,
    horizon_days: int = 365,
    leavers: float = 0.02,
    first_person: int = 0,
    empty: tuple[str, ...] = (),
) -> Snapshot:
    """Make a snapshot. `shift` shifts every log-odds of the outcome, `leak` adds a feature that copies it, `empty`
    features are all 0."""
    rng = np.random.default_rng([seed, as_of.toordinal()])
    columns = person_columns(people, seed, rng)
    for name in empty:
        columns[name] = np.zeros(people)
    risk = true_risk(columns, shift)
    event = rng.random(people) < risk
    features = list(FEATURES)
    if leak:
        features.append(Feature("discharge_code", "code written at discharge", "site", "latest", group="leak"))
        columns["discharge_code"] = np.where(event, 1.0, 0.0) + rng.normal(0, 0.05, people)
    person = np.arange(first_person, first_person + people, dtype=np.int32)
    return write(folder, as_of, person, features, columns, event, risk, horizon_days, leavers, rng)


def person_columns(people: int, seed: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    who = np.random.default_rng(seed)
    age = who.uniform(18, 95, people).round(1)
    frail = who.normal(0, 1, people)
    admitted = rng.poisson(np.exp(-2.6 + 0.02 * (age - 50) + 0.6 * frail))
    earlier = rng.poisson(np.exp(-2.6 + 0.02 * (age - 50) + 0.6 * frail))
    systolic = rng.normal(120 + age / 5, 12, people).round()
    systolic[who.random(people) < 0.3] = np.nan
    since = np.where(
        admitted > 0, rng.uniform(1, 365, people), np.where(earlier > 0, rng.uniform(366, 730, people), np.nan)
    )
    return {
        "age": age,
        "female": (who.random(people) < 0.51).astype(float),
        "imd_decile": who.integers(1, 11, people).astype(float),
        "emergency_admissions_1y": admitted.astype(float),
        "emergency_admissions_2y": (admitted + earlier).astype(float),
        "days_since_emergency_admission": since.round(),
        "ae_attendances_1y": rng.poisson(np.exp(-1.3 + 0.4 * frail)).astype(float),
        "long_term_conditions": who.poisson(np.exp(-1.0 + 0.03 * (age - 50) + 0.2 * frail)).astype(float),
        "systolic": systolic,
        "lives_alone": (who.random(people) < 0.2).astype(float),
        "recorded_lonely": (who.random(people) < 0.05).astype(float),
        "is_carer": (who.random(people) < 0.07).astype(float),
        "walks_daily": (who.random(people) < 0.3).astype(float),
        "never_happens": np.zeros(people),
    }


def true_risk(columns: dict[str, np.ndarray], shift: float) -> np.ndarray:
    margin = (
        -3.2 + 0.03 * (columns["age"] - 50) + 0.9 * np.log1p(columns["emergency_admissions_2y"]) + 0.25 * columns["ae_attendances_1y"]
        + 0.25 * columns["long_term_conditions"] + 0.4 * columns["lives_alone"] + 0.5 * columns["recorded_lonely"]
        - 0.4 * columns["walks_daily"] - 0.05 * columns["imd_decile"] + shift
    )  # fmt: skip
    return 1 / (1 + np.exp(-margin))


def write(folder, as_of, person, features, columns, event, risk, horizon_days, leavers, rng) -> Snapshot:
    n = len(person)
    place = folder / f"{as_of}-test"
    (place / "features").mkdir(parents=True)
    (place / "outcomes").mkdir()
    frame = pl.DataFrame({"person": person} | {f.name: columns[f.name].astype(np.float32) for f in features})
    frame = frame.with_columns(pl.exclude("person").fill_nan(None))
    half = n // 2
    write_part(frame[:half], part_path(place, 0))
    write_part(frame[half:], part_path(place, 1))
    cohort(person, columns).write_parquet(place / "cohort.parquet")
    left = ~event & (rng.random(n) < leavers)
    days = np.where(event, rng.integers(0, horizon_days, n), -1)
    pl.DataFrame({
        "person": person, "event": event, "days_to_event": pl.Series(days, dtype=pl.Int32).replace(-1, None), "died": np.zeros(n, bool),
        "left": left,
        "days_observed": np.where(left, rng.integers(1, horizon_days, n), np.where(event, days, horizon_days)).astype(np.int32),
        "bed_days": (event * rng.poisson(6, n)).astype(np.int32),
    }).write_parquet(place / "outcomes" / f"unplanned_admission-{horizon_days}.parquet")  # fmt: skip
    statistics = {
        f.name: {"missing_share": frame[f.name].null_count() / n, "minimum": frame[f.name].min(), "maximum": frame[f.name].max(),
                 "mean": frame[f.name].mean()}
        for f in features
    }  # fmt: skip
    fingerprint = hashlib.sha256(frame.write_ipc(None).getvalue() + event.tobytes()).hexdigest()
    described = {"as_of": str(as_of), "feature_set": "set-1", "fingerprint": fingerprint, "rows": n,
                 "features": [asdict(f) for f in features], "statistics": statistics, "notices": []}  # fmt: skip
    (place / "snapshot.json").write_text(json.dumps(described))
    pl.DataFrame({"person_id": [f"p{i}" for i in person], "as_of": [as_of] * n, "risk": risk}).write_parquet(
        place / "truth.parquet"
    )
    return Snapshot(str(place), as_of, n, "set-1", fingerprint)


def cohort(person: np.ndarray, columns: dict[str, np.ndarray]) -> pl.DataFrame:
    bands = ["18-39", "40-64", "65-74", "75-84", "85+"]
    age = columns["age"].astype(np.int32)
    return pl.DataFrame({
        "person": person, "person_id": [f"p{i}" for i in person], "practice_code": [f"P{i % 6:05d}" for i in person],
        "cluster_code": [f"C{i % 3}" for i in person], "age": age,
        "age_band": [bands[i] for i in np.searchsorted([40, 65, 75, 85], age, side="right")],
        "sex": ["2" if f else "1" for f in columns["female"]], "ethnicity": ["A" if i % 5 else "M" for i in person],
        "lsoa_code": ["E01000001"] * len(person), "household_id": [f"h{i // 2}" for i in person],
        "birth_month": ["1950-01-01"] * len(person), "imd_decile": columns["imd_decile"].astype(np.int32),
    })  # fmt: skip
