"""`site.toml` as checked, frozen settings. All problems are reported together, and nothing runs until there are
none."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, Field, SerializeAsAny

from data_schemas import profiles
from data_schemas.errors import ConfigurationError
from data_schemas.profiles import Profile, TableMapping
from data_schemas.section import Section
from pipeline import carriers
from pipeline.settings import checks, delivery, own_profiles, paths
from pipeline.settings.access import Access
from pipeline.settings.problems import Problems
from pipeline.settings.sections import (
    BUILT_IN,
    Alerts,
    BuiltIn,
    CommunitySection,
    Costs,
    ExtractSection,
    FeaturesSection,
    Learning,
    Lists,
    Run,
    Site,
)

__all__ = [
    "Access", "Community", "Costs", "Extract", "Features", "Learning", "Lists", "Run", "Settings", "Site", "load_access", "load_settings",
]  # fmt: skip

SECTIONS = (
    "site",
    "run",
    "extracts",
    "features",
    "lists",
    "learning",
    "costs",
    "access",
    "delivery",
    "community",
    "alerts",
)


class Extract(ExtractSection):
    """An extract, the files that its path names, sorted, and the site's own profile where it names one."""

    files: tuple[Path, ...]
    own_profile: Profile | None = None
    lookup_file: Path | None = None

    def mapping(self, table: str) -> TableMapping:
        """How the files become `table`: the profile, then the settings of the section."""
        declared = profiles.mapping(self.own_profile or self.profile, table)
        values = {name: declared.values.get(name, {}) | own for name, own in self.values.items()}
        return declared.model_copy(
            update={
                "nulls": (*declared.nulls, *self.nulls),
                "values": declared.values | values,
                "fixed": declared.fixed | self.fixed,
            }
        )

    @property
    def identifying(self) -> tuple[str, ...]:
        """Source columns that would identify people, by the profile."""
        return profiles.identifying(self.own_profile or self.profile)


class Features(Section):
    """Built-in feature modules, the site's own modules, and the files of its own code lists."""

    builtin: tuple[BuiltIn, ...] = BUILT_IN
    modules: tuple[str, ...] = ()
    codelists: tuple[Path, ...]


class Community(Section):
    """A site's own scheme of segments, and its own figures of England."""

    segments: Path | None = None
    rates: Path | None = None


class Settings(Section):
    """All of site.toml, checked."""

    site: Site
    run: Run
    extracts: dict[str, Extract]
    features: Features
    lists: Lists
    learning: Learning = Learning()
    costs: Costs = Costs()
    alerts: Alerts = Alerts()
    access: Access = Access()
    delivery: SerializeAsAny[carriers.Options] = Field(default_factory=carriers.options(carriers.FOLDER))
    community: Community = Community()
    folder: Path
    """The folder of site.toml. Relative paths start here."""
    configuration: str
    """SHA-256 of what is written, defaults and `as_of` filled in."""


def load_settings(path: Path | str, *, as_of: dt.date | None = None, require_tables: bool = True) -> Settings:
    """The settings in `path`. `as_of` replaces `run.as_of`; `require_tables=False` allows required tables to be absent.

    Raises `ConfigurationError` with every problem found: key, what was found, what is accepted, nearest known name.
    """
    path = Path(path).absolute()
    raw = _read(path)
    if as_of is not None and isinstance(raw.setdefault("run", {}), dict):
        raw["run"]["as_of"] = as_of
    problems = Problems()
    settings = _check(raw, path.parent, problems, require_tables=require_tables)
    if problems.found:
        raise ConfigurationError([f"{path.name}: {problem}" for problem in problems.found])
    return settings


def load_access(path: Path | str) -> Access:
    """Only `[access]` of a TOML file, for servers that several sites share; raises `ConfigurationError` with every
    problem in it."""
    path, problems = Path(path).absolute(), Problems()
    access = problems.section(Access, _read(path).get("access", {}), "access")
    if problems.found:
        raise ConfigurationError([f"{path.name}: {problem}" for problem in problems.found])
    return access


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (FileNotFoundError, NotADirectoryError):
        problem = "does not exist; give the path of a site.toml, or write one with neighbourly init"
    except IsADirectoryError:
        problem = "is a folder; give the path of a site.toml"
    except OSError as error:
        reason = os.strerror(error.errno or 0).lower()
        problem = f"cannot be read: {reason}; ask its owner for permission to read it, or give another site.toml"
    except UnicodeDecodeError:
        problem = "is not valid TOML: it is not in UTF-8; save it as UTF-8"
    except RecursionError:
        problem = "is not valid TOML: it is nested too deeply"
    except ValueError as error:
        problem = f"is not valid TOML ({error}); correct that line"
    raise ConfigurationError(f"{path}: {problem}")


def _check(raw: dict[str, Any], folder: Path, problems: Problems, *, require_tables: bool) -> Settings:
    """The settings. They must not be used if problems were found; as much as possible is checked."""
    problems.unknown_keys("", raw, "section", SECTIONS)
    site = problems.section(Site, raw.get("site", {}), "site")
    run = problems.section(Run, raw.get("run", {}), "run")
    features = problems.section(FeaturesSection, raw.get("features", {}), "features")
    lists = problems.section(Lists, raw.get("lists", {}), "lists")
    learning = problems.section(Learning, raw.get("learning", {}), "learning")
    costs = problems.section(Costs, raw.get("costs", {}), "costs")
    access = problems.section(Access, raw.get("access", {}), "access")
    community = problems.section(CommunitySection, raw.get("community", {}), "community")
    written = problems.table(raw.get("extracts", {}), "extracts")
    sections = _extract_sections(written, problems)
    if require_tables:
        checks.required_tables(written, run, problems)
    checks.windows(run, problems)
    checks.legal_basis(written, site, problems)
    place = paths.data_dir(site, folder, problems) if isinstance(raw.get("site"), dict) else None
    own = own_profiles.read(sections, folder, problems)
    extracts = _extracts(sections, own, place, problems)
    features_section = _features(features, folder, problems)
    parts = {"site": site, "run": run, "features": features, "lists": lists, "learning": learning, "costs": costs}
    profiled = {f"{table}.profile": profile for table, profile in own.items()}
    parts["community"] = community
    return Settings(
        site=site,
        run=run,
        extracts=extracts,
        features=features_section,
        lists=lists,
        learning=learning,
        costs=costs,
        access=access,
        alerts=problems.section(Alerts, raw.get("alerts", {}), "alerts"),
        delivery=delivery.read(raw.get("delivery", {}), folder, problems),
        community=_community(community, folder, problems),
        folder=folder,
        configuration=_hash({**parts, **sections, **profiled}),
    )


def _extract_sections(written: dict[str, Any], problems: Problems) -> dict[str, ExtractSection]:
    """The sections of known tables."""
    checks.table_names(written, problems)
    sections = {table: problems.section(ExtractSection, value, f"extracts.{table}") for table, value in written.items()}
    return {table: section for table, section in sections.items() if checks.is_known(table)}


def _extracts(
    sections: dict[str, ExtractSection], own: dict[str, Profile], data_dir: Path | None, problems: Problems
) -> dict[str, Extract]:
    for table, section in sections.items():
        checks.extract(table, section, problems)
    if data_dir is None:
        return {}
    return {
        table: Extract(
            **section.model_dump(),
            files=paths.files(table, section.path, data_dir, problems),
            own_profile=own.get(table),
            lookup_file=paths.lookup(table, section.lookup, data_dir, problems),
        )
        for table, section in sections.items()
    }


def _community(section: CommunitySection, folder: Path, problems: Problems) -> Community:
    files = {name: folder / value for name, value in section.model_dump(exclude_none=True).items()}
    for name, file in files.items():
        paths.next_to_site(f"community.{name}", file, problems)
    return Community(**files)


def _features(section: FeaturesSection, folder: Path, problems: Problems) -> Features:
    checks.modules(section.modules, folder, problems)
    lists = checks.codelists(section.codelists, folder, problems)
    return Features(builtin=section.builtin, modules=section.modules, codelists=lists)


def _hash(written: Mapping[str, BaseModel]) -> str:
    plain = {name: section.model_dump(mode="json") for name, section in written.items()}
    return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()
