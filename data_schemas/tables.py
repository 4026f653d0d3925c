"""Every extract table by name, and what ingest needs to know of it.

How to read a table from its declaration:

- `TABLES[name].columns()` gives column name → dataframely column. `column.dtype` is the type to parse to (whole numbers
  by way of Float64: sources write 5.0), `column.nullable` is False for required columns, `column.description`
  and `column.metadata["source"]` are for people, `column.metadata["values"]` is a closed list (code → meaning),
  `column.metadata["precision"] == "month"` marks a date whose day, other than the first, would identify a person.
- Parse leniently to `column.dtype`. A failed cast is null where the text was not: that reject is named
  `rule_name(column, "unreadable")`, so that every rule on one column reads `<column>.<what>`.
- `rules(name, present)` gives rule name → expression that is True for a good row, over typed columns; null counts as
  good except for `<column>.required`. A broken rule on a column that `is_optional` costs the value, any other the row.
  Rules over columns that the extract does not have are left out: `missing_columns(name, present)` says which required
  columns are absent.
- A table in `OPEN` may have further numeric columns; in the others unknown columns are dropped.
"""

from __future__ import annotations

from collections.abc import Collection

import dataframely as dy
import polars as pl
from dataframely._rule import RuleFactory

from data_schemas.area import Areas, Clusters, Practices
from data_schemas.council import CouncilRecords
from data_schemas.gp import Appointments, GpEvents, OptOuts, Prescriptions, Registrations
from data_schemas.hospital import Admissions, Attendances, Outpatients
from data_schemas.programme import Interventions

TABLES: dict[str, type[dy.Schema]] = {
    "registrations": Registrations,
    "gp_events": GpEvents,
    "prescriptions": Prescriptions,
    "appointments": Appointments,
    "admissions": Admissions,
    "attendances": Attendances,
    "outpatients": Outpatients,
    "council_records": CouncilRecords,
    "interventions": Interventions,
    "opt_outs": OptOuts,
    "areas": Areas,
    "practices": Practices,
    "clusters": Clusters,
}
COMMUNITY_ASSETS = "community_assets"
"""The one extract that is not a table: Open Referral UK JSON (`data_schemas.assets`)."""

EXTRACTS = (*TABLES, COMMUNITY_ASSETS)
REQUIRED = ("registrations", "admissions", "practices")
PERSON_TABLES = tuple(name for name, schema in TABLES.items() if "person_id" in schema.column_names())
OPEN = frozenset({"areas"})

EVENT_DATE = {
    "gp_events": "event_date",
    "prescriptions": "issue_date",
    "appointments": "appointment_date",
    "admissions": "admission_date",
    "attendances": "arrival_date",
    "outpatients": "appointment_date",
    "council_records": "recorded_date",
    "interventions": "start_date",
}
"""The date that places a row in time, and that `covers` limits. Registrations may start long before any cover."""

LEGAL_BASIS = {
    "registrations": "gp",
    "gp_events": "gp",
    "prescriptions": "gp",
    "appointments": "gp",
    "admissions": "sus",
    "attendances": "sus",
    "outpatients": "sus",
    "council_records": "council",
}
"""The source that the legal basis must name before the table may be read. Tables that are not here need none."""

_SAID_PLAINLY = {"nullability": "required", "regex": "pattern", "resolution": "full_date"}


def rule_name(column: str, rule: str) -> str:
    """`column.rule`, the name of every rule on a single column."""
    return f"{column}.{rule}"


def rules(table: str, present: Collection[str]) -> dict[str, pl.Expr]:
    """Rule name → expression (True or null = good) for the columns in `present`."""
    schema = TABLES[table]
    expressions = {
        rule_name(name, _plain(rule)): expression
        for name, column in schema.columns().items()
        for rule, expression in column.validation_rules(pl.col(name)).items()
    }
    expressions |= {name: rule.expr for name, rule in schema._schema_validation_rules().items()}  # noqa: SLF001
    return {name: rule for name, rule in expressions.items() if set(rule.meta.root_names()) <= set(present)}


def _plain(rule: str) -> str:
    bare = rule.removeprefix("check__")
    return _SAID_PLAINLY.get(bare, bare)


def is_optional(table: str, column: str) -> bool:
    """Whether a bad value in the column costs only that value. A column that the table does not have costs the row."""
    declared = TABLES[table].columns().get(column)
    return declared is not None and declared.nullable


def closed_list(table: str, column: str) -> dict[str, str]:
    """The only values that a column accepts, with their meaning. Empty if it has no closed list."""
    return dict((TABLES[table].columns()[column].metadata or {}).get("values", {}))


def accepts(table: str, column: str, value: str) -> bool:
    """Whether a text column accepts a text. Values of other columns are checked when they are parsed."""
    declared = TABLES[table].columns()[column]
    if declared.dtype != pl.String:
        return True
    only = pl.DataFrame({column: [value]}, schema={column: pl.String})
    own = [rule for name, rule in rules(table, [column]).items() if name.rpartition(".")[0] == column]
    return all(only.select(rule).item() for rule in own)


def accepted(table: str, rule: str) -> str:
    """What a column accepts, in words, for a broken rule on it. Empty if the rule's name says it."""
    name, _, what = rule.rpartition(".")
    declared = TABLES[table].columns().get(name)
    if declared is None:
        return ""
    metadata = declared.metadata or {}
    if what == "values":
        return ", ".join(metadata["values"])
    if what == "unreadable":
        return (
            "dates such as 2026-04-01, or in the date_format of the section" if declared.dtype == pl.Date else "numbers"
        )
    return str(metadata["form"]) if what == "pattern" else ""


def required_columns(table: str) -> list[str]:
    """The required columns, in order."""
    return [name for name, column in TABLES[table].columns().items() if not column.nullable]


def missing_columns(table: str, present: Collection[str]) -> list[str]:
    """The required columns that an extract does not have."""
    return [name for name in required_columns(table) if name not in present]


def rule_docs(schema: type[dy.Schema]) -> dict[str, str]:
    """Rules over several columns: name → what they say."""
    factories = {name: value for name, value in vars(schema).items() if isinstance(value, RuleFactory)}
    return {name: (factory.validation_fn.__doc__ or "").strip() for name, factory in factories.items()}
