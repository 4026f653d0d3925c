"""Turns hospital stays into events, as known before an as-of date."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from itertools import pairwise

import polars as pl

from data_schemas.codelists import hospital_frailty_points
from data_schemas.hospital import OTHER_HOSPITALS, TRANSFERS_IN, UNPLANNED_METHODS
from pipeline.before import before, latest_before, next_in
from pipeline.concepts import Concepts, by_prefix, plain_icd
from pipeline.diagnoses import codes_of
from pipeline.events import CONCEPT_BITS, DAY_BITS, SCHEMA
from pipeline.hospital_stays import USED, complete
from pipeline.spells import begun, known_before, number_spells, summarise

KINDS = {
    "admission.elective": ("11", "12", "13"),
    "admission.maternity": ("31", "32", "82", "83"),
}
READMISSION_DAYS = 30
ACSC = "acsc."
"""Concepts of this family are ambulatory-care-sensitive conditions."""
_ENDED = ("spell", "person", "admission_date", "discharge_date")
"""Columns of a spell that has ended."""


def diagnosis_concepts(admissions: pl.LazyFrame, concepts: Concepts, diag_system: str) -> pl.DataFrame:
    """The meaning of each diagnosis code in the table: `code` (as the table has it) and `concept`.

    For the Hospital Frailty Risk Score it is `category` and `points` instead, with `concept` null.
    """
    written = codes_of(admissions).select("code").unique().collect()
    plain = written.with_columns(plain=plain_icd(pl.col("code")))
    known = by_prefix(plain["plain"], concepts.diagnosis_codes(diag_system))
    lists = plain.join(known, left_on="plain", right_on="code").select("code", "concept")
    points = hospital_frailty_points() if diag_system != "icd9" else {}
    scored = pl.DataFrame(
        {"category": list(points), "points": list(points.values())}, {"category": pl.String, "points": pl.Float64}
    )
    frailty = plain.select("code", category=pl.col("plain").str.slice(0, 3)).join(scored, on="category")
    return pl.concat([lists, frailty], how="diagonal").sort("code", "concept", "category")


def acsc_codes(diagnoses: pl.DataFrame, concepts: Concepts) -> pl.Series:
    """The diagnosis codes, as the table has them, in an ambulatory-care-sensitive list."""
    lists = [number for name, number in concepts.ids.items() if name.startswith(ACSC)]
    return diagnoses.filter(pl.col("concept").is_in(lists))["code"].unique().sort()


def stay_events(
    admissions: pl.DataFrame, diagnoses: pl.DataFrame, concepts: Concepts, dates: Sequence[dt.date]
) -> pl.DataFrame:
    """Events of the spells known before each of `dates` (the earliest first), in the shape of the event log, sorted by
    person, concept and day.

    Each also has `first` and `end`: the dates from `first` up to `end`, as positions in `dates`, that know the event in
    this form. An event is dated on the day of admission. Its value is the bed days, up to the as-of date for an open
    stay. Facts that need a discharge (diagnoses, a stay without a night) are known from then; an assumed discharge
    gives no diagnosis.
    """
    known = complete(admissions).with_row_index("episode")
    states = _states(known.select("person", "discharge_date", "episode_end", begun=begun()), dates)
    rows = number_spells(known_before(_as_each_state(known.select("episode", *USED), states), pl.col("as_of")))
    rows = rows.with_columns(pl.when(pl.col("assumed").is_null()).then("diag_01").alias("diag_01"))
    dated = summarise(rows).join(states.select("as_of", person="state"), on="person", maintain_order="left")
    stays = _described(dated, acsc_codes(diagnoses, concepts))
    events = [_of_kind(stays.lazy(), name, condition, concepts) for name, condition in _conditions().items()]
    stated = pl.col("assumed").is_null()
    episodes = rows.lazy().filter(stated).select("spell", "episode")
    ended = stays.lazy().filter(stated, pl.col("discharge_date").is_not_null()).select(*_ENDED)
    meant = codes_of(known.lazy(), "episode").join(diagnoses.lazy(), on="code")
    events += [_coded(episodes, ended, meant), _frailty_points(episodes.join(ended, on="spell"), meant, concepts)]
    found = pl.concat(events).collect()  # one query for all events, because each query takes time of its own
    of_state = states.select("person", "first", "end")[found["state"]]  # states are numbered by row
    whole = of_state.hstack(found.drop("state")).select(*SCHEMA, "first", "end")
    person = pl.col("person").cast(pl.Int64) - pl.col("person").min()
    order = (person * 2**CONCEPT_BITS + pl.col("concept")) * 2**DAY_BITS + pl.col("happened").to_physical()
    return whole.sort(order, maintain_order=True)  # sorting by one number takes half the time


def _as_each_state(admissions: pl.DataFrame, states: pl.DataFrame) -> pl.DataFrame:
    """Repeat the admissions for every state of their person. The state and its date replace the person."""
    seen = admissions.join(states.select("person", "state", "as_of"), on="person", maintain_order="left")
    return seen.drop("person").rename({"state": "person"})


def _states(episodes: pl.DataFrame, dates: Sequence[dt.date]) -> pl.DataFrame:
    """The different states of what the dates know about a person: `person, state` (a number), `first, end, as_of` (the
    date of `first`).

    A date differs from the one before if an episode began or ended in between, or if one is still open, because it then
    has more days.
    """
    known = [episodes.filter(pl.col("begun") < dates[0]), *(_changed(episodes, *pair) for pair in pairwise(dates))]
    first = [rows.select(pl.col("person").unique(), first=pl.lit(n, pl.Int8)) for n, rows in enumerate(known)]
    starts = pl.concat(first).sort("person", "first").with_row_index("state")
    end = next_in(pl.col("first"), "person").fill_null(len(dates))
    days = pl.DataFrame({"first": range(len(dates)), "as_of": dates}, {"first": pl.Int8, "as_of": pl.Date})
    return starts.with_columns(end=end).join(days, on="first", maintain_order="left")


def _changed(episodes: pl.DataFrame, before: dt.date, after: dt.date) -> pl.DataFrame:
    """Rows that look different on the later date."""
    between = [
        pl.col(day).is_between(before, after, closed="left") for day in ("begun", "discharge_date", "episode_end")
    ]
    is_open = (pl.col("begun") < after) & (pl.col("discharge_date") >= after).fill_null(value=True)
    return episodes.filter(pl.any_horizontal(*between, is_open))


def _described(stays: pl.DataFrame, acsc: pl.Series) -> pl.DataFrame:
    until = pl.col("discharge_date").fill_null(pl.col("as_of"))
    left_before = latest_before(until, "person")
    return stays.with_columns(
        bed_days=(until - pl.col("admission_date")).dt.total_days(),
        since_last=(pl.col("admission_date") - left_before).dt.total_days(),
        is_acsc=(pl.col("diagnosis").is_in(acsc.implode()) & pl.col("assumed").is_null()).fill_null(value=False),
        is_unplanned=pl.col("admission_method").is_in(UNPLANNED_METHODS) & ~_is_transfer(),
    )


def _is_transfer() -> pl.Expr:
    """Whether a stay continues one that ended on the same day in another hospital. It is then not another emergency."""
    left, went = (before(pl.col(name), "person") for name in ("discharge_date", "discharge_destination"))
    passed_on = pl.col("admission_method").is_in(TRANSFERS_IN) | went.is_in(OTHER_HOSPITALS).fill_null(value=False)
    return ((left == pl.col("admission_date")) & passed_on).fill_null(value=False)


def _conditions() -> dict[str, tuple[pl.Expr, str]]:
    """Concept → which stays count for it, and the column with the date from which that is known."""
    method = pl.col("admission_method")
    kinds = {
        "admission.unplanned": pl.col("is_unplanned"),
        **{name: method.is_in(codes) for name, codes in KINDS.items()},
    }
    return {
        "admission.any": (pl.lit(value=True), "admission_date"),
        **{name: (is_such, "admission_date") for name, is_such in kinds.items()},
        "admission.other": (~pl.any_horizontal(kinds.values()), "admission_date"),
        "admission.acsc": (pl.col("is_unplanned") & pl.col("is_acsc"), "discharge_date"),
        "admission.overnight": (pl.col("bed_days") > 0, "admission_date"),
        "admission.day_case": (method.is_in(KINDS["admission.elective"]) & (pl.col("bed_days") == 0), "discharge_date"),
        "admission.same_day": (pl.col("is_unplanned") & (pl.col("bed_days") == 0), "discharge_date"),
        "admission.readmission": (
            pl.col("is_unplanned") & pl.col("since_last").is_between(0, READMISSION_DAYS),
            "admission_date",
        ),
    }


def _of_kind(stays: pl.LazyFrame, name: str, condition: tuple[pl.Expr, str], concepts: Concepts) -> pl.LazyFrame:
    is_such, known = condition
    rows = stays.filter(is_such, pl.col(known).is_not_null())
    return _events(rows, pl.lit(concepts.ids[name]), known, pl.col("bed_days"))


def _coded(episodes: pl.LazyFrame, ended: pl.LazyFrame, meant: pl.LazyFrame) -> pl.LazyFrame:
    """One event for each spell that has ended and each concept found in the diagnoses of its episodes."""
    concepts = meant.filter(pl.col("points").is_null()).select("episode", "concept")
    number = pl.col("spell").cast(pl.Int64) * 2**CONCEPT_BITS + pl.col("concept")
    once = episodes.join(concepts, on="episode").select(number=number).unique()  # one number takes half the time
    both = once.select(
        spell=(pl.col("number") // 2**CONCEPT_BITS).cast(pl.UInt32), concept=pl.col("number") % 2**CONCEPT_BITS
    )
    return _events(both.join(ended, on="spell"), pl.col("concept"), "discharge_date", pl.lit(None))


def _frailty_points(episodes: pl.LazyFrame, meant: pl.LazyFrame, concepts: Concepts) -> pl.LazyFrame:
    """The points of each category, placed at the latest stay that has it, so that a total over any window counts each
    category once.
    """
    points = meant.drop_nulls("points").select("episode", "category", "points").unique()
    latest = episodes.join(points, on="episode").sort(
        "person", "category", "admission_date", "discharge_date", descending=[False, False, True, True]
    )
    once = latest.unique(("person", "category"), keep="first", maintain_order=True)
    return _events(once, pl.lit(concepts.ids["admission.frailty_points"]), "discharge_date", pl.col("points"))


def _events(rows: pl.LazyFrame, concept: pl.Expr, known: str, value: pl.Expr) -> pl.LazyFrame:
    return rows.select(
        state="person",
        happened="admission_date",
        known=known,
        concept=concept.cast(SCHEMA["concept"]),
        value=value.cast(SCHEMA["value"]),
    )
