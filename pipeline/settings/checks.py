"""What must hold between sections of `site.toml`, and between it and the disk."""

from __future__ import annotations

import datetime as dt
import glob
import importlib.machinery
import re
import sys
from collections.abc import Mapping
from pathlib import Path

from data_schemas import profiles
from data_schemas.codelists import load_codelists
from data_schemas.errors import ConfigurationError
from data_schemas.nearest import nearest
from data_schemas.tables import COMMUNITY_ASSETS, EXTRACTS, LEGAL_BASIS, OPEN, REQUIRED, TABLES
from pipeline.settings import own_profiles
from pipeline.settings.problems import Problems, shown
from pipeline.settings.sections import ExtractSection, Run, Site

KINDS = (".csv", ".csv.gz", ".parquet")
_FRACTION = re.compile(r"%\.?[369]?f")
_MODULE = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")


def required_tables(tables: Mapping[str, object], problems: Problems) -> None:
    """The run needs these, whatever else there is."""
    for name in REQUIRED:
        if name not in tables:
            problems.add(f"extracts.{name}", f"missing; accepted: a section [extracts.{name}] with its path")


def outcome_table(tables: Mapping[str, object], run: Run, problems: Problems) -> None:
    """The outcome asks for a table that not every site has."""
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
    """Columns that the section speaks of are the table's, and the values it gives are accepted there."""
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
    """Whether the format writes a date in a way that it reads back as the same date; fractions of seconds do not matter."""
    example, date_format = dt.date(2019, 11, 23), _FRACTION.sub("", date_format)
    try:
        return dt.datetime.strptime(example.strftime(date_format), date_format).date() == example  # noqa: DTZ007
    except (ValueError, re.error):
        return False


def data_dir(site: Site, folder: Path, problems: Problems) -> Path | None:
    """The folder that the extracts' paths start from; None where it is not known, or not there."""
    if problems.noted("site.data_dir"):
        return None
    place = folder / site.data_dir
    if not place.is_dir():
        problems.add(
            "site.data_dir", f"found {shown(site.data_dir)}, but there is no folder {place}; accepted: a folder"
        )
        return None
    return place


def files(table: str, path: str, data_dir: Path, problems: Problems) -> tuple[Path, ...]:
    """The files that a path or glob names, sorted; none, after a problem, where there are none or of a wrong kind."""
    key, kinds = f"extracts.{table}.path", (".json",) if table == COMMUNITY_ASSETS else KINDS
    if problems.noted(key):
        return ()
    found = matching(data_dir, path)
    if not found:
        near = nearest(path, (file.name for file in data_dir.iterdir())) if data_dir.is_dir() else ""
        problems.add(key, f"found {shown(path)}, which no file in {data_dir} matches; accepted: a path or glob{near}")
    for file in found:
        if not file.name.lower().endswith(kinds):
            problems.add(key, f"found {shown(file.name)}; accepted: files that end in {', '.join(kinds)}")
    return found


def lookup(table: str, path: str | None, data_dir: Path, problems: Problems) -> Path | None:
    """The file with the small-area codes of two censuses, which only areas may have."""
    if path is None:
        return None
    key, file = f"extracts.{table}.lookup", data_dir / path
    if table != "areas":
        problems.add(key, "found in a table without areas; accepted: in [extracts.areas]")
    elif not file.is_file() or not file.name.lower().endswith(KINDS):
        problems.add(key, f"found {shown(path)}; accepted: a file in {data_dir} that ends in {', '.join(KINDS)}")
    else:
        return file
    return None


def matching(folder: Path, pattern: str) -> tuple[Path, ...]:
    """The files that a path or glob names, in the order of their names and of the numbers in them.

    A name that no file has is looked for in the other case; `{a,b}` in it stands for either.
    """
    literal = folder / pattern
    if literal.is_file():
        return (literal,)
    wanted = list(_either(pattern))
    found = {name for each in wanted for name in glob.glob(each, root_dir=folder, recursive=True)}  # noqa: PTH207
    if not found:
        found = {name for each in wanted for name in glob.glob(_any_case(each), root_dir=folder, recursive=True)}  # noqa: PTH207
    return tuple(sorted((path for name in found if (path := folder / name).is_file()), key=_in_order))


def _either(pattern: str) -> list[str]:
    """`{a,b}.csv` as `a.csv` and `b.csv`."""
    braces = re.search(r"\{([^{}]*,[^{}]*)\}", pattern)
    if braces is None:
        return [pattern]
    start, end = braces.span()
    return [each for part in braces[1].split(",") for each in _either(pattern[:start] + part.strip() + pattern[end:])]


def _any_case(pattern: str) -> str:
    """The last part of a path with each letter in either case; letters between brackets stay as they are."""
    path = Path(pattern)
    parts = re.split(r"(\[[^]]*\])", path.name)
    loose = [
        p if p.startswith("[") else re.sub("[A-Za-z]", lambda c: f"[{c[0].lower()}{c[0].upper()}]", p) for p in parts
    ]
    return str(path.with_name("".join(loose)))


def _in_order(path: Path) -> list[tuple[int, str]]:
    """Names in the order in which people number them: month_9 before month_10."""
    parts = re.split(r"(\d+)", str(path))
    return [(int(part), part) if part.isdecimal() else (-1, part) for part in parts]


def beside(key: str, file: Path, problems: Problems) -> None:
    """A file that a section names is there."""
    if not file.is_file():
        problems.add(
            key,
            f"found {shown(file.name)}, but there is no such file in {file.parent}; accepted: a file beside site.toml",
        )


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
                    f"accepted: dates up to {run.as_of - horizon}",
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
    """Every feature module can be found, installed or as a file beside site.toml; nothing is imported to see."""
    for position, name in enumerate(names):
        if not _MODULE.fullmatch(name) or not _is_found(name, [str(folder), *sys.path]):
            problems.add(
                f"features.modules[{position}]",
                f"found {shown(name)}, which is neither installed nor a file "
                f"{name.replace('.', '/')}.py beside site.toml; accepted: names of modules",
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
