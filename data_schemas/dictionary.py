"""Writes the data dictionary, `docs/reference/data-dictionary.md`, from the schemas, profiles and code lists."""

from __future__ import annotations

import argparse
import inspect
import sys
from collections.abc import Sequence
from pathlib import Path

import dataframely as dy
import polars as pl

from data_schemas import codelists, disk, profiles
from data_schemas.markdown import grid, wrapped
from data_schemas.measures import measures
from data_schemas.results import Quarantine, RiskList, Scores
from data_schemas.tables import EVENT_DATE, LEGAL_BASIS, OPEN, REQUIRED, TABLES, rule_docs

PATH = Path(__file__).parents[1] / "docs" / "reference" / "data-dictionary.md"

_TYPES = {pl.String(): "text", pl.Date(): "date", pl.Int64(): "whole number", pl.Float64(): "number"}
_SOURCES = {"gp": "GP record", "sus": "hospital (SUS, HES)", "council": "council"}
_OPENING = """# Data dictionary

Written by `python -m data_schemas.dictionary` from the schemas, profiles and code lists: change those, not this page.

This page lists the tables that a site supplies (*extract tables*), the files that a run writes (*results*), how the names in
real extracts become ours (*profiles*), and which codes make up a concept (*code lists*). A column marked **yes** under
*required* must exist and be filled. A row that breaks a rule is quarantined with the name of the rule.
"""


def dictionary() -> str:
    """The whole page, as Markdown."""
    parts = [
        _OPENING,
        "## Extract tables\n",
        *(_table(name, schema) for name, schema in TABLES.items()),
        "## Results\n",
        *(_schema(heading, schema) for heading, schema in _RESULTS.items()),
        (
            "## Profiles\n\nEach column lists the names it may have in a source. The first of them that is in the file is read. Our own "
            "name is always tried last.\n"
        ),
        *(_profile(name) for name in profiles.names()),
        _concepts(),
        _restricted(),
    ]
    return wrapped("\n".join(parts))


_RESULTS = {"scores.parquet": Scores, "risk-list": RiskList, "quarantine": Quarantine}


def _table(name: str, schema: type[dy.Schema]) -> str:
    facts = [
        "Required for every run." if name in REQUIRED else "",
        f"Source for the legal basis: {_SOURCES[LEGAL_BASIS[name]]}." if name in LEGAL_BASIS else "",
        f"A row is dated by `{EVENT_DATE[name]}`." if name in EVENT_DATE else "",
        "Further numeric columns are allowed." if name in OPEN else "",
    ]
    return _schema(name, schema, " ".join(filter(None, facts)))


def _schema(heading: str, schema: type[dy.Schema], facts: str = "") -> str:
    columns = schema.columns()
    rows = [
        (
            f"`{name}`",
            "" if column.nullable else "yes",
            _type(column),
            column.description or "",
            _accepted(column),
            _source(column),
        )
        for name, column in columns.items()
    ]
    rules = [f"- `{name}`: {means}\n" for name, means in rule_docs(schema).items()]
    lists = [_closed_list(name, column) for name, column in columns.items() if "values" in (column.metadata or {})]
    return "\n".join(
        [
            f"### {heading}\n\n{inspect.getdoc(schema)} {facts}\n",
            grid(("column", "required", "type", "meaning", "accepted", "source"), rows),
            *rules,
            *lists,
        ]
    )


def _type(column: dy.Column) -> str:
    return "month" if (column.metadata or {}).get("precision") == "month" else _TYPES[column.dtype]


def _source(column: dy.Column) -> str:
    return str((column.metadata or {}).get("source", ""))


def _accepted(column: dy.Column) -> str:
    metadata = column.metadata or {}
    low, high = getattr(column, "min", None), getattr(column, "max", None)
    parts = [
        f"one of {', '.join(f'`{value}`' for value in metadata['values'])}" if "values" in metadata else "",
        f"`{column.regex}`" if isinstance(column, dy.String) and column.regex else "",
        f"at most {metadata['max_length']} characters" if "max_length" in metadata else "",
        f"at least {low:g}" if low is not None else "",
        f"at most {high:g}" if high is not None else "",
        "first of the month" if metadata.get("precision") == "month" else "",
        "each once" if "check__repeated" in column.validation_rules(pl.col("it")) else "",
    ]
    return "; ".join(filter(None, parts))


def _closed_list(name: str, column: dy.Column) -> str:
    values = (column.metadata or {})["values"]
    return f"`{name}`: " + "; ".join(f"`{code}` {means}" for code, means in values.items()) + "\n"


def _profile(name: str) -> str:
    profile = profiles.load(name)
    opening = f"### `{name}`\n\n{profile.title}. {profile.layout.strip()}\n\nSource: {profile.source.strip()}\n"
    refused = ", ".join(f"`{column}`" for column in profile.identifying)
    return "\n".join(
        [opening, f"Refused if filled: {refused}.\n", *(_mapping(table, name) for table in profile.tables)]
    )


def _mapping(table: str, profile: str) -> str:
    declared = profiles.load(profile).tables[table]
    rows = [
        (f"`{ours}`", ", ".join(f"`{name}`" for name in theirs), _values(declared.values.get(ours, {})))
        for ours, theirs in declared.columns.items()
    ]
    rows += [(f"`{ours}`", f"`{template}`", "") for ours, template in declared.templates.items()]
    rows += [(f"`{ours}`", "", f"always `{value}`") for ours, value in declared.fixed.items()]
    if declared.split:
        rows.append(
            (f"`{declared.split.into}_01` …", ", ".join(f"`{name}`" for name in declared.split.columns), "split")
        )
    lines = [
        f"Joined with `{join.file}` on `{join.right}`{', if the file exists' if join.optional else ''}."
        for join in declared.joins
    ]
    lines += [f"Rows kept: `{name}` in {', '.join(values)}." for name, values in declared.keep.items()]
    lines += [
        f"Rows left out: `{name}` in {', '.join(value or 'empty' for value in values)}."
        for name, values in declared.drop.items()
    ]
    lines += [
        f"Rows that delete their record: `{name}` in {', '.join(values)}." for name, values in declared.deleted.items()
    ]
    lines += [f"Key: `{', '.join(declared.key)}`."] if declared.key else []
    lines += [f"Keys are unique within `{' or '.join(declared.scope)}`."] if declared.scope else []
    lines += [f"Newest version by `{' or '.join(declared.version)}`."] if declared.version else []
    lines += [f"Only the first {number} characters of `{name}` count." for name, number in declared.leading.items()]
    lines += [f"`{name}` is the last day, inclusive." for name in declared.last_days]
    lines += [f"`{name}` on the source's last day means not ended." for name in declared.ends_with_source]
    nulls = [f"`{value}`" for value in (*declared.nulls, *map(str, declared.null_dates)) if value]
    lines += [f"Nothing recorded: {', '.join(nulls)}."] if nulls else []
    remarks = "".join(f"- {remark}\n" for remark in lines)
    return f"→ **{table}**\n\n{grid(('ours', 'theirs', 'values'), rows)}\n{remarks}"


def _values(values: dict[str, str]) -> str:
    return "; ".join(f"`{theirs}` → `{ours}`" for theirs, ours in values.items())


def _concepts() -> str:
    frame = codelists.load_codelists()
    restricted = codelists.restricted_concepts(frame)
    units, ranges = codelists.units(), measures()
    counts: dict[str, list[str]] = {}
    for concept, system, number in frame.group_by("concept", "system").len().sort("concept", "system").iter_rows():
        counts.setdefault(concept, []).append(f"{number} {system}")
    rows = [
        (
            f"`{name}`",
            codelists.meanings()[name],
            ", ".join(found),
            units.get(name, ""),
            f"{ranges[name].low:g} to {ranges[name].high:g}" if name in ranges else "",
            "yes" if name in restricted else "",
        )
        for name, found in counts.items()
    ]
    opening = """## Code lists

These are the built-in concepts, with the number of codes in each system. A site's own list with the same name replaces one.
SNOMED and local codes match exactly, ICD and BNF codes by their beginning. Values in other units
(`data_schemas/codelists/reference/units.csv`) are converted; values outside the *plausible* range are left empty and counted. The
SNOMED lists are representative, not complete registers. *Restricted* concepts may inform a risk and are never printed about a
person.

Every row of `data_schemas/codelists/*.csv` names its source. SNOMED CT is the property of SNOMED International, used in the UK under the
NHS licence; ICD-10 titles are the WHO's; NHS Digital reference sets and the BNF classification come under the Open Government Licence; code
sets of OpenSAFELY, the Greater Manchester data science platforms, The Strategy Unit (NHP), the R packages comorbidity and hfrs, and
ACEsinEHRs are used with attribution.
"""
    return f"{opening}\n{grid(('concept', 'means', 'codes', 'unit', 'plausible', 'restricted'), rows)}"


def _restricted() -> str:
    opening = "## Restricted codes\n\nIf a concept has any of these codes, the whole concept is restricted.\n"
    rows = [
        (f"`{row['concept']}`", row["system"], f"`{row['code']}`", row["term"]) for row in codelists.restricted_codes()
    ]
    return f"{opening}\n{grid(('subject', 'system', 'code', 'term'), rows)}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the page. With `--check`, compare it instead and return 1 when it is out of date."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; exit 1 when the page is out of date")
    page = dictionary()
    if parser.parse_args(arguments).check:
        current = PATH.is_file() and PATH.read_text(encoding="utf-8") == page
        if not current:
            sys.stderr.write(
                "docs/reference/data-dictionary.md is out of date: run `python -m data_schemas.dictionary`\n"
            )
        return 0 if current else 1
    disk.write(PATH, page)
    return 0


if __name__ == "__main__":
    sys.exit(main())
