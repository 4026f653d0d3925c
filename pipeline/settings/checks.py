"""Checks between sections of `site.toml`, and between it and the disk."""

from __future__ import annotations

import datetime as dt
import importlib.machinery
import re
import sys
from collections.abc import Mapping
from pathlib import Path

from data_schemas import profiles
from data_schemas.codelists import load_codelists
from data_schemas.errors import ConfigurationError
from data_schemas.tables import EXTRACTS, LEGAL_BASIS, OPEN, REQUIRED, TABLES
from pipeline.settings import own_profiles
from pipeline.settings.paths import matching
from pipeline.settings.problems import Problems, shown
from pipeline.settings.sections import ExtractSection, Run, Site

_YEAR = re.compile("%[YyGcx]")
_FRACTION = re.compile(r"%\.?[369]?f")
_MODULE = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")


def required_tables(tables: Mapping[str, object], run: Run, problems: Problems) -> None:
    """The tables that every run needs, plus the one that its outcome needs."""
    for name in REQUIRED:
        if name not in tables:
            problems.add(f"extracts.{name}", f"missing; accepted: a section [extracts.{name}] with its path")
    needed = {"ae_attendance": "attendances", "admission_or_care_package": "council_records"}.get(run.outcome)
    if needed and needed not in tables:
        problems.add(
            "run.outcome",
            f"found {shown(run.outcome)}, which needs [extracts.{needed}]; accepted: another outcome, or that table",
        )


def legal_basis(tables: Mapping[str, object], site: Site, problems: Problems) -> None:
    """Every configured table comes from a source that may be used."""
    for table in tables:
        source = LEGAL_BASIS.get(table)
        if source is None or source in site.legal_basis:
            continue
        why = "section 251 support for risk stratification covers GP and SUS data only; " if source == "council" else ""
        problems.add(
            f"extracts.{table}",
            f"its source is not in site.legal_basis {list(site.legal_basis)}; {why}"
            f'take the section out, or add "{source}" where a legal basis for it exists',
        )


def is_known(table: str) -> bool:
    """Whether the contract has such a table."""
    return table in EXTRACTS


def table_names(tables: Mapping[str, object], problems: Problems) -> None:
    """Every configured table is one of the contract's."""
    problems.unknown_keys("extracts", tables, "table", EXTRACTS)


def extract(table: str, section: ExtractSection, problems: Problems) -> None:
    """Profile, columns, cover and date format of one extract."""
    key = f"extracts.{table}"
    _profile(key, table, section.profile, problems)
    if table in TABLES:
        _columns(key, table, section, problems)
    if section.covers is not None and section.covers[0] >= section.covers[1]:
        first, end = section.covers
        problems.add(f"{key}.covers", f"found [{first}, {end}]; accepted: [first day, first day not covered], in order")
    if section.date_format is not None and not _reads_dates(section.date_format):
        problems.add(
            f"{key}.date_format",
            f'found {shown(section.date_format)}; accepted: year, month and day, such as "%d/%m/%Y"',
        )


def _columns(key: str, table: str, section: ExtractSection, problems: Problems) -> None:
    """Columns that the section names must be the table's, and its values must be accepted there."""
    known = TABLES[table].column_names()
    if table not in OPEN:
        problems.unknown_keys(f"{key}.columns", section.columns, "column", known)
    problems.unknown_keys(f"{key}.values", section.values, "column", known)
    problems.unknown_keys(f"{key}.fixed", section.fixed, "column", known)
    own_profiles.values(key, table, section.values, section.fixed, problems)


def _profile(key: str, table: str, profile: str | None, problems: Problems) -> None:
    if profile is None or own_profiles.is_own(profile):
        return
    if profile not in profiles.names():
        problems.unknown_value(f"{key}.profile", profile, profiles.names())
    elif table not in profiles.load(profile).tables:
        feeds = [name for name in profiles.names() if table in profiles.load(name).tables]
        problems.add(
            f"{key}.profile",
            f"{profile} does not feed {table}; accepted: {', '.join(feeds) or 'none, leave the key out'}",
        )


def _reads_dates(date_format: str) -> bool:
    """Whether dates written in the format can be read back unchanged. Fractions of seconds do not matter."""
    example, date_format = dt.date(2019, 11, 23), _FRACTION.sub("", date_format)
    if not _YEAR.search(date_format):
        return False  # without a year, Python 3.13 warns before it answers
    try:
        return dt.datetime.strptime(example.strftime(date_format), date_format).date() == example  # noqa: DTZ007
    except (ValueError, re.error):
        return False


def windows(run: Run, problems: Problems) -> None:
    """Outcome windows of training and test may touch, not overlap, and end by the as-of date."""
    today = dt.datetime.now(tz=dt.UTC).date()
    if run.as_of is not None and run.as_of > today:
        problems.add("run.as_of", f"found {run.as_of}, which is after today; accepted: dates up to {today}")
    if problems.noted("run.horizon_days"):
        return
    horizon = dt.timedelta(days=run.horizon_days)
    train, test = run.train_as_of or (), run.test_as_of or ()
    for key, days in (("run.train_as_of", train), ("run.test_as_of", test)):
        if len(set(days)) < len(days):
            problems.add(key, "found a date twice; accepted: each date once")
        for day in days:
            if run.as_of is not None and day + horizon > run.as_of:
                problems.add(
                    key,
                    f"found {day}, whose outcome window ends on {day + horizon}, after run.as_of {run.as_of}; "
                    f"accepted: dates up to {run.as_of - horizon}, or leave {key} out to work it out from the as-of "
                    "date",
                )
    for first in train:
        for second in test:
            if abs(first - second) < horizon:
                problems.add(
                    "run.test_as_of",
                    f"found {second}, whose outcome window overlaps that of training date {first}; "
                    f"accepted: dates at least {run.horizon_days} days apart",
                )


def modules(names: tuple[str, ...], folder: Path, problems: Problems) -> None:
    """Every feature module must exist, installed or as a file in site.toml's folder. Nothing is imported to check
    this."""
    for position, name in enumerate(names):
        if not _MODULE.fullmatch(name) or not _is_found(name, [str(folder), *sys.path]):
            problems.add(
                f"features.modules[{position}]",
                f"found {shown(name)}, which is neither installed nor a file {name.replace('.', '/')}.py in the "
                "folder of site.toml; accepted: names of modules",
            )


def _is_found(name: str, places: list[str]) -> bool:
    """Whether the module exists in `places`, looking from package to package."""
    whole, locations = "", places
    for part in name.split("."):
        whole = f"{whole}.{part}" if whole else part
        spec = importlib.machinery.PathFinder.find_spec(whole, locations)
        if spec is None:
            return False
        locations = list(spec.submodule_search_locations or [])
    return True


def codelists(patterns: tuple[str, ...], folder: Path, problems: Problems) -> tuple[Path, ...]:
    """The code list files that the patterns name, each once, sorted within a pattern."""
    found: dict[Path, None] = {}
    for position, pattern in enumerate(patterns):
        paths = matching(folder, pattern)
        if not paths:
            problems.add(
                f"features.codelists[{position}]",
                f"found {shown(pattern)}, which no file in {folder} matches; accepted: a path or glob of CSV files",
            )
        found |= dict.fromkeys(paths)
    try:
        load_codelists(tuple(found))
    except ConfigurationError as error:
        for problem in error.problems:
            problems.add("features.codelists", problem)
    return tuple(found)
