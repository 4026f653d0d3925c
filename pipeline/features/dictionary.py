"""Writes the feature dictionary, `docs/reference/feature-dictionary.md`, from the declarations and the code lists."""

from __future__ import annotations

import argparse
import csv
import json
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from data_schemas.codelists import load_codelists
from data_schemas.disk import write
from data_schemas.markdown import grid, wrapped
from pipeline.concepts import COUNCIL, FIXED, Concepts
from pipeline.features.catalogue import load_features
from pipeline.features.declare import STATISTICS
from pipeline.features.named import FeatureSet, NamedFeature

DOCS = Path(__file__).parents[2] / "docs" / "reference"
PATH = DOCS / "feature-dictionary.md"
SHARES = DOCS / "feature-missing.csv"
"""The file with the share of missing values of each feature in a snapshot, and which snapshot it was."""

FAMILIES = {
    "demographic": "Age and sex",
    "use_of_care": "Use of care",
    "clinical": "Clinical",
    "social": "Social and economic",
    "loneliness": "Loneliness",
    "strength": "Strengths",
}
_TABLE_OF_SYSTEM = {
    "snomed": "gp_events",
    "local": "gp_events",
    "icd10": "admissions",
    "icd9": "admissions",
    "bnf": "prescriptions",
}
_SHOWN_CODES = 3
_OPENING = """# Feature dictionary

Written by `python -m pipeline.features.dictionary` from the feature modules and the code lists: change those, not this
page.

A feature is what is known about a person on the day before an as-of date. *Window* is how far it looks back, at most
`history_days`. *Without an entry* is the value for a person without any such event; "unknown" is an empty value.
*Missing* is the share of people for whom it is empty in {snapshot}. Features marked † are never printed about a person.
A site's own code lists and modules add more features of these kinds.
"""


def dictionary() -> str:
    """The whole page, as Markdown."""
    features = load_features(load_codelists())
    snapshot, shares = _shares()
    parts = [_OPENING.format(snapshot=snapshot), _statistics(), _summary(features)]
    for family, heading in FAMILIES.items():
        own = [named for named in features.features if named.feature.family == family]
        parts += [f"## {heading}\n", grid(_HEADER, (_row(named, features.concepts, shares) for named in own))]
    return wrapped("\n".join(parts))


_HEADER = ("feature", "meaning", "statistic", "window", "from", "without an entry", "missing")


def _statistics() -> str:
    return "Statistics:\n\n" + "\n".join(f"- **{name}**: {means}" for name, means in STATISTICS.items()) + "\n"


def _summary(features: FeatureSet) -> str:
    pairs = {
        (named.declared.concepts, named.declared.statistic) for named in features.features if named.declared.concepts
    }
    return f"{len(features.features)} features of {len(pairs)} pairs of concept and statistic.\n"


def _row(named: NamedFeature, concepts: Concepts, shares: dict[str, str]) -> tuple[str, ...]:
    feature = named.feature
    return (
        f"`{named.name}`" + (" †" if feature.restricted else ""),
        feature.means + (f" ({feature.unit})" if feature.unit not in feature.means else ""),
        feature.statistic,
        _window(named),
        _source(named, concepts),
        "unknown" if feature.missing is None else f"{feature.missing:g}",
        shares.get(named.name, ""),
    )


def _window(named: NamedFeature) -> str:
    if not named.declared.concepts:
        return ""
    return f"{named.declared.over} days" if named.declared.over else "all"


def _source(named: NamedFeature, concepts: Concepts) -> str:
    """Where a feature comes from: tables and codes of its concepts, or the features and columns that it uses."""
    if named.declared.concepts:
        return "; ".join(_of_concept(name, concepts) for name in named.declared.concepts)
    roots = sorted(set(named.declared.expression.meta.root_names())) if named.declared.expression is not None else []
    return ", ".join(f"`{root}`" for root in roots)


def _of_concept(name: str, concepts: Concepts) -> str:
    codes = _codes(concepts).get(name, [])
    if codes:
        tables = sorted({_TABLE_OF_SYSTEM[system] for system, _ in codes})
        shown = ", ".join(code for _, code in codes[:_SHOWN_CODES])
        more = f" and {len(codes) - _SHOWN_CODES} more" if len(codes) > _SHOWN_CODES else ""
        return f"`{name}` ({', '.join(tables)}: {shown}{more})"
    return f"`{name}` ({'council_records' if name.startswith(COUNCIL) else FIXED[name][0]})"


@cache
def _codes(concepts: Concepts) -> dict[str, list[tuple[str, str]]]:
    codes: dict[str, list[tuple[str, str]]] = {}
    for concept, system, code in concepts.codelists.select("concept", "system", "code").iter_rows():
        codes.setdefault(concept, []).append((system, code))
    return codes


def _shares() -> tuple[str, dict[str, str]]:
    """Read what the shares describe, and feature → share as a percentage."""
    if not SHARES.exists():
        return "no snapshot yet", {}
    with SHARES.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    return rows[0][1], dict(rows[1:])


def remember_shares(snapshot: Path, what: str) -> None:
    """Save the shares of missing values in a snapshot, and what that snapshot contains."""
    statistics = json.loads((snapshot / "snapshot.json").read_text(encoding="utf-8"))["statistics"]
    known = set(load_features(load_codelists()).names)
    shares = [f"{name},{statistic['missing_share']:.0%}" for name, statistic in statistics.items() if name in known]
    write(SHARES, ("\n".join([f"snapshot,{what}", *shares]) + "\n").encode())


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the page. With `--check`, only check that it is current and return 1 if it is not."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="only check whether the page is current")
    parser.add_argument("--snapshot", type=Path, help="read the shares missing from this snapshot folder")
    parser.add_argument("--of", default="a snapshot", help="what that snapshot is of, in words without a comma")
    options = parser.parse_args(arguments)
    if options.snapshot:
        remember_shares(options.snapshot, options.of)
    page = dictionary()
    if not options.check:
        write(PATH, page.encode())
        return 0
    if PATH.exists() and PATH.read_text(encoding="utf-8") == page:
        return 0
    sys.stderr.write(f"docs/reference/{PATH.name} is out of date: run python -m pipeline.features.dictionary\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
