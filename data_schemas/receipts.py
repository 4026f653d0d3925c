"""Receipts passed between steps: paths, counts and hashes, never a row about a person."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal, TypeVar, cast, get_args

from pydantic import TypeAdapter

Receipt = TypeVar("Receipt")
_adapter: Any = cache(TypeAdapter)
"""Pydantic's reader and writer of a kind of receipt. A run uses them a hundred times; making one takes 10 to 30 ms."""


@dataclass(frozen=True)
class Notice:
    """Something that readers of the report should know: a fixed name and a sentence."""

    name: str
    detail: str


AlarmName = Literal["leakage", "calibration", "drift", "empty_join", "subgroup", "feedback"]
"""A reason to hold back a model or a release until a named person accepts it. `models.judging.alarms` raises them."""
ALARMS: tuple[AlarmName, ...] = get_args(AlarmName)


@dataclass(frozen=True)
class Feature:
    """What code outside the feature modules knows about a feature."""

    name: str
    means: str
    family: str
    """`use_of_care`, `clinical`, `social`, `loneliness`, `strength`, `demographic` or `site`."""
    statistic: str
    """`count`, `total`, `days_since_last`, `ever`, `latest`, `mean`, `trend`, `distinct`, `fact` or `score`."""
    concept: str = ""
    window_days: int | None = None
    missing: float | None = None
    """What an absent value means: a number, or None for unknown."""
    unit: str = ""
    risk_direction: Literal[-1, 0, 1] = 0
    """+1 if medicine says that a higher value never lowers risk (monotone constraint), -1 if it never raises it."""
    group: str = ""
    """Features with one meaning, shown as one reason."""
    restricted: bool = False
    """Never printed about a person on any output."""
    strength: bool = False
    says: str = ""
    """The sentence about a person's value, with `pipeline.features.wording.PLACEHOLDERS`. Empty: the sentence of its
    statistic.
    """
    singular: str = ""
    """The sentence about a value of 1."""
    absence: bool = False
    """It says that something is absent: never a reason, never a need."""
    inferred: bool = False
    """It is inferred from other facts or the surroundings: never printed as a fact about the person."""
    area: bool = False
    """It describes the area of the home, not the person."""
    grades: tuple[tuple[float, str], ...] = ()
    """Names of values above a limit, highest first. A value above no limit is not shown."""
    speaks_of: str = ""
    """What a person with this value may want support with: one of `pipeline.publish.needs`, such as "falls"."""
    automatic: bool = False
    """It is made automatically for every concept in a code list."""
    term: str = ""
    """The concept in words: "COPD"."""
    bare: bool = False
    """A number that means little without its parts, such as a score: never a reason."""
    stems_from: tuple[str, ...] = ()
    """Features shown as the parts of a score if they are true: "Severe frailty: falls, memory or thinking problem"."""


@dataclass(frozen=True)
class TableReceipt:
    """One ingested table.

    `rows_read` = `rows` + all `rejects` + `unregistered` + `superseded` + `deleted` + `dropped`. Rows of people who
    opted out are in no count.
    """

    table: str
    path: str
    sha256: str
    rows_read: int
    rows: int
    rejects: dict[str, int] = field(default_factory=dict)
    """Rule → rows quarantined because of it."""
    unregistered: int = 0
    superseded: int = 0
    """Older versions of a record that came again."""
    deleted: int = 0
    """Records that their newest version deletes."""
    dropped: int = 0
    """Rows left out by `drop_identical`."""
    left_out: int = 0
    """Rows of the files that are not part of this table (other kinds of visit, bookings); not among `rows_read`."""
    emptied: dict[str, int] = field(default_factory=dict)
    """`column.kind of problem` → optional values that were not accepted and are now empty, in rows that are kept."""
    newest_by: str = ""
    """How the newest version is recognised: a column of the source, or empty for the order of file names."""
    identical_rows: int = 0
    warnings: dict[str, int] = field(default_factory=dict)
    null_share: dict[str, float] = field(default_factory=dict)
    first_day: dt.date | None = None
    last_day: dt.date | None = None
    bulk: tuple[dt.date, dt.date] | None = None
    """First and last day of most of the rows, ignoring single wrong years."""
    covers: tuple[dt.date, dt.date] | None = None
    """[first day, first day not covered] as configured, or None."""


@dataclass(frozen=True)
class IngestReceipt:
    """All ingested tables of one set of extracts."""

    store: str
    fingerprint: str
    people: int
    people_path: str
    tables: dict[str, TableReceipt]
    notices: list[Notice] = field(default_factory=list)
    pseudonyms: Literal["hex", "exact"] = "exact"
    """How pseudonyms were compared."""
    opt_outs_matched: float | None = None
    """Share of the opted-out people who have rows in the tables, where this was checked. None without opt-outs."""


@dataclass(frozen=True)
class EventLog:
    """The event log: a folder of buckets of people, and its concepts."""

    path: str
    concepts_path: str
    fingerprint: str
    rows: int
    people: int
    buckets: int


@dataclass(frozen=True)
class Snapshot:
    """Cohort, features and outcomes of one as-of date, in a folder."""

    path: str
    as_of: dt.date
    rows: int
    feature_set: str
    fingerprint: str
    notices: list[Notice] = field(default_factory=list)

    @property
    def folder(self) -> Path:
        return Path(self.path)


@dataclass(frozen=True)
class SnapshotReference:
    """Which snapshot it was, without its rows."""

    as_of: str
    fingerprint: str
    feature_set: str
    rows: int


@dataclass(frozen=True)
class TrainingPlan:
    """Everything that training needs from a site's configuration."""

    site: str
    outcome: str = "unplanned_admission"
    horizon_days: int = 365
    leavers: Literal["exclude", "weight"] = "exclude"
    seed: int = 0
    minimum_events: int = 50
    as_of: dt.date | None = None
    configuration: str = ""
    """Hash of the configuration, for the manifest and MLflow."""
    influenced: Literal["exclude", "weight", "ignore"] = "ignore"
    """What happens to training rows of people whom a list reached in the window."""
    influence: str = ""
    """Hash of who was listed by the dates of training and test. Empty if no list has been released."""


@dataclass(frozen=True)
class TrainedModel:
    """A fitted model on disk, where it is registered, and how it did on the test dates."""

    path: str
    model_version: str
    """Hash of the model's content."""
    candidate: str
    feature_set: str
    run_id: str
    registered_name: str
    registered_version: str
    alias: str
    """`champion`, `challenger` or empty."""
    evaluation_path: str
    """JSON of `models.judging.record.Evaluation`."""


@dataclass(frozen=True)
class FileEntry:
    """One file of the manifest."""

    path: str
    sha256: str
    rows: int | None = None


@dataclass(frozen=True)
class Scores:
    """Risks of a cohort, and their contributions for those who will be listed."""

    path: str
    contributions_path: str
    model_version: str
    bed_days_path: str
    """`person`, `expected_bed_days`."""


@dataclass(frozen=True)
class Publication:
    """A published folder, the files of its manifest, and a summary of the report."""

    folder: str
    files: list[FileEntry]


def dump(receipt: object) -> bytes:
    """JSON of any receipt."""
    return cast("bytes", _adapter(type(receipt)).dump_json(receipt, indent=2))


def plain(receipt: object) -> Any:
    """The content of `dump`, as dictionaries and lists."""
    return json.loads(dump(receipt))


def load(kind: type[Receipt], data: bytes | str) -> Receipt:
    """The receipt that `dump` wrote. Raises `pydantic.ValidationError` for anything else."""
    return cast("Receipt", _adapter(kind).validate_json(data))
