"""Files that paths and globs of `site.toml` name."""

from __future__ import annotations

import glob
import re
from pathlib import Path

from data_schemas.nearest import nearest
from data_schemas.tables import COMMUNITY_ASSETS
from pipeline.settings.problems import Problems, shown
from pipeline.settings.sections import Site

KINDS = (".csv", ".csv.gz", ".parquet")


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
    paths = matching(data_dir, path)
    if not paths:
        near = nearest(path, (file.name for file in data_dir.iterdir())) if data_dir.is_dir() else ""
        problems.add(key, f"found {shown(path)}, which no file in {data_dir} matches; accepted: a path or glob{near}")
    for file in paths:
        if not file.name.lower().endswith(kinds):
            problems.add(key, f"found {shown(file.name)}; accepted: files that end in {', '.join(kinds)}")
    return paths


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
    """The files that match a path or glob, in the order of their names and of the numbers in them.

    A name that no file has is tried in the other case. `{a,b}` in it matches either.
    """
    literal = folder / pattern
    if literal.is_file():
        return (literal,)
    wanted = list(_either(pattern))
    names = {name for each in wanted for name in glob.glob(each, root_dir=folder, recursive=True)}  # noqa: PTH207
    if not names:
        names = {name for each in wanted for name in glob.glob(_any_case(each), root_dir=folder, recursive=True)}  # noqa: PTH207
    return tuple(sorted((path for name in names if (path := folder / name).is_file()), key=_in_order))


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


def next_to_site(key: str, file: Path, problems: Problems) -> None:
    """A file that a section names must exist."""
    if not file.is_file():
        problems.add(
            key,
            f"found {shown(file.name)}, but there is no such file in {file.parent}; accepted: a file in the folder "
            "of site.toml",
        )
