"""Answers a question about one person's score: finds the person, the model and the snapshot, and writes to the audit
log."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from pathlib import Path

import polars as pl

from data_schemas.disk import read_parquet
from data_schemas.errors import ConfigurationError
from data_schemas.receipts import Snapshot, dump


def answer(
    person: str, as_of: dt.date, out: Path, what_if: Mapping[str, float], to: Path, *, who: str, why: str
) -> None:
    """Write the model's explanation for one person of a run. The log records who asked and why, and nothing about the
    person.

    Raises:
        ConfigurationError: if there is no such run, nobody in it has that pseudonym, or the question cannot be asked.
    """
    from models import storage
    from models.ask import ask
    from models.compare import by_fingerprint
    from pipeline.release import audit
    from pipeline.release.review import AUDIT

    published = out / str(as_of) / "report.json"
    if not published.exists():
        raise ConfigurationError(f"{published.parent}: there is no run for that date; give its as-of date with --run")
    folder = out / "store" / "models" / json.loads(published.read_bytes())["model_version"]
    described, known = storage.describe(folder), by_fingerprint(out / "store")
    at = snapshot_of(list(known.values()), as_of, described.feature_set)
    number = number_of(person, at)
    trained_on = [known[s.fingerprint] for s in described.train if s.fingerprint in known]
    explained = ask(storage.load(folder), described.features, at, number, what_if, trained_on)
    audit.append(
        out / AUDIT, "explained", who=who, why=why, run=str(as_of), model=described.model_version, asked=sorted(what_if)
    )
    to.touch(mode=0o600)
    to.chmod(0o600)
    to.write_bytes(dump(explained) + b"\n")


def snapshot_of(taken: list[Snapshot], as_of: dt.date, feature_set: str) -> Snapshot:
    """The snapshot that was scored."""
    matching = [s for s in taken if (s.as_of, s.feature_set) == (as_of, feature_set)]
    if not matching:
        raise ConfigurationError(f"the store holds no features as of {as_of}: run `neighbourly features` again")
    return max(matching, key=lambda s: (s.folder / "snapshot.json").stat().st_mtime_ns)


def number_of(person: str, at: Snapshot) -> int:
    """The number of the person with a pseudonym, in upper or lower case."""
    cohort = read_parquet(at.folder / "cohort.parquet", columns=["person", "person_id"])
    numbers = cohort.filter(pl.col("person_id").str.to_lowercase() == person.strip().lower())["person"].to_list()
    if len(numbers) != 1:
        raise ConfigurationError(f"nobody with that pseudonym was scored as of {at.as_of}")
    return int(numbers[0])
