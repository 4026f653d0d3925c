"""Profiles that a site wrote itself: TOML files in site.toml's folder, in the form of the built-in ones."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path

from pydantic import ValidationError

from data_schemas import invalid, profiles
from data_schemas.nearest import nearest
from data_schemas.profiles import Profile, TableMapping
from data_schemas.tables import OPEN, TABLES, accepts, closed_list
from pipeline.settings.problems import Problems, shown
from pipeline.settings.sections import ExtractSection

SUFFIX = ".toml"


def is_own(profile: str | None) -> bool:
    """Whether the name is that of a file."""
    return profile is not None and profile.lower().endswith(SUFFIX)


def read(sections: Mapping[str, ExtractSection], folder: Path, problems: Problems) -> dict[str, Profile]:
    """Table → the site's own profile that it names; what is wrong with one is noted."""
    own = {}
    for table, section in sections.items():
        if section.profile is not None and is_own(section.profile):
            profile = _read(folder / section.profile, section.profile, f"extracts.{table}.profile", problems)
            if profile is not None and table not in profile.tables:
                problems.add(
                    f"extracts.{table}.profile",
                    f"{section.profile} has no section [tables.{table}]; accepted: one that has",
                )
            elif profile is not None:
                own[table] = profile
    return own


def _read(path: Path, name: str, key: str, problems: Problems) -> Profile | None:
    try:
        profile = profiles.read(path)
    except OSError:
        problems.add(
            key, f"found {shown(name)}, but there is no file {path}; accepted: a TOML file in the folder of site.toml"
        )
    except tomllib.TOMLDecodeError as error:
        problems.add(key, f"{name} is not valid TOML ({error})")
    except ValidationError as error:
        for at, what in invalid.problems(error):
            problems.add(key, f"{name}: {invalid.place(at).removeprefix('.')}: {what}")
    except UnicodeDecodeError:
        problems.add(key, f"{name} is not UTF-8 text")
    else:
        for table, mapping in profile.tables.items():
            _mapping(f"{key}: {name}: tables.{table}", table, mapping, problems)
        return profile
    return None


def _mapping(key: str, table: str, mapping: TableMapping, problems: Problems) -> None:
    if table not in TABLES:
        problems.add(key, f"unknown table; accepted: {', '.join(TABLES)}{nearest(table, TABLES)}")
        return
    names = TABLES[table].column_names()
    for part in ("columns", "values", "fixed", "templates", "leading"):
        written = getattr(mapping, part)
        if table not in OPEN:
            problems.unknown_keys(f"{key}.{part}", written, "column", names)
    values(key, table, mapping.values, mapping.fixed, problems)


def values(
    key: str, table: str, mapped: Mapping[str, Mapping[str, str]], fixed: Mapping[str, str], problems: Problems
) -> None:
    """Every value translated to ours, or fixed for every row, must be accepted in its column."""
    names = TABLES[table].column_names()
    ours = [(f"values.{name}", name, value) for name, each in mapped.items() for value in each.values()]
    ours += [(f"fixed.{name}", name, value) for name, value in fixed.items()]
    for where, name, value in ours:
        if name in names and value and not accepts(table, name, value):
            listed = closed_list(table, name)
            problems.add(
                f"{key}.{where}", f"found {shown(value)}; accepted: {', '.join(listed) or 'a value in its form'}"
            )
