"""Write docs/reference/licences.md: the licence of every package that is installed, as the package itself states it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.metadata import Distribution, distributions
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "reference" / "licences.md"
HEADER = """# Licences

Written by `make licences`: the licence of each installed package, as the package states it. Neighbourly itself is
under the MIT licence. Packages for development are in the list too.

| package | version | licence |
| --- | --- | --- |
"""
LONGEST = 60


def stated(package: Distribution) -> str:
    """The licence expression, else the classifiers, else the first line of the free text."""
    said = package.metadata
    classified = [
        each.rpartition(" :: ")[2] for each in said.get_all("Classifier") or [] if each.startswith("License ::")
    ]
    free = (said.get("License") or "").strip().splitlines()
    found = said.get("License-Expression") or ", ".join(classified) or (free[0][:LONGEST] if free else "not stated")
    return str(found).replace("|", "or")


def rows() -> Iterator[str]:
    """A row of the table for each locked package that is installed."""
    locked = set(re.findall(r"^([\w.-]+)==", (ROOT / "requirements.lock").read_text(encoding="utf-8"), re.MULTILINE))
    found = {re.sub(r"[-_.]+", "-", package.name).lower(): package for package in distributions()}
    for name in sorted(found.keys() & {re.sub(r"[-_.]+", "-", each).lower() for each in locked}):
        yield f"| {name} | {found[name].version} | {stated(found[name])} |"


if __name__ == "__main__":
    PAGE.write_text(HEADER + "\n".join(rows()) + "\n", encoding="utf-8")
