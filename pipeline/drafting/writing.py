"""Writes the text of a drafted `site.toml`: every guess with its reason, and other settings as comments."""

from __future__ import annotations

import json
from collections.abc import Collection
from pathlib import Path

from data_schemas.tables import EVENT_DATE, LEGAL_BASIS, REQUIRED
from pipeline.drafting.sections import Section

HEAD = """\
# Written by `neighbourly init` from the files in this folder. Please check the lines marked "guessed".
# Then run: neighbourly check --config site.toml   (it reads and validates everything, and changes nothing)
"""
RUN = """\
[run]
# as_of = 2026-04-01             # left out: the newest date that every required extract covers
outcome = "unplanned_admission"  # or unplanned_or_death, acsc_admission, ae_attendance
horizon_days = 365
minimum_age = 18                 # at the as-of date; 0 = everyone
seed = 1
# train_as_of = [2024-04-01]     # left out: worked out from what the extracts cover
# test_as_of = [2025-04-01]
"""
LISTS = """\
[lists]
size = 500                       # people per list, for clusters without their own capacity
"""
COVERS = "# covers = [2019-04-01, 2026-04-01]   # [first day, first day not covered]: fill this in if you know it"
COUNCIL = (
    "# Council data was found, but it is refused unless a legal basis for it exists: section 251 support for risk\n"
    '# stratification covers GP and SUS data only. With one, add "council" to legal_basis and remove these # marks.'
)


def site_toml(place: Path, data_dir: Path, sections: Collection[Section], code_lists: Collection[Path]) -> str:
    """The whole file. Its paths are relative, so that the folder can be moved."""
    parts = [HEAD, _site(place, data_dir, sections), RUN]
    parts += [_council(section) if _is_council(section) else _extract(section) for section in sections]
    parts += [_needed(name) for name in REQUIRED if name not in {section.table for section in sections}]
    return "\n".join([*parts, *_features(place, code_lists), LISTS])


def _site(place: Path, data_dir: Path, sections: Collection[Section]) -> str:
    used = {LEGAL_BASIS[section.table] for section in sections if section.table in LEGAL_BASIS} - {"council"}
    basis = sorted(used) or ["gp", "sus"]
    return (
        f"[site]\nname = {_text(place.resolve().name)}\ndata_dir = {_text(data_dir.relative_to(place).as_posix())}\n"
        f"legal_basis = {json.dumps(basis)}    # guessed from the tables below: the sources that you may use\n"
    )


def _extract(section: Section) -> str:
    guess = section.guess
    lines = [f"[extracts.{section.table}]", f"# guessed: {section.grounds}", f"path = {_text(section.path)}"]
    if guess.profile:
        lines.append(f"profile = {_text(guess.profile)}")
    if guess.columns:
        pairs = ", ".join(f"{ours} = {_text(theirs)}" for ours, theirs in guess.columns.items())
        lines.append(f"columns = {{ {pairs} }}   # guessed from names that look alike: ours = theirs")
    if births := section.births:
        lines.append(f"leave_out = {json.dumps(births)}   # guessed: full birth dates, which must not be read")
    if guess.profile == "omop" and section.table == "registrations":
        lines.append('# fixed = { practice_code = "P12345" }   # where no care site names the practice')
    lines += [f'# MISSING: write columns = {{ {name} = "its name in the file" }}' for name in guess.missing]
    if section.date_format:
        lines.append(f"date_format = {_text(section.date_format)}   # guessed from the first rows")
    if section.unreadable_dates:
        lines.append('# UNREADABLE DATES: add date_format, such as "%d/%m/%Y"')
    if section.diag_system:
        lines.append(
            f"diag_system = {_text(section.diag_system)}   # guessed: most first diagnoses are not ICD-10 codes"
        )
    return "\n".join([*lines, *([COVERS] if section.table in EVENT_DATE else []), ""])


def _council(section: Section) -> str:
    return "\n".join(
        [COUNCIL, *(f"# {line}" for line in _extract(section).splitlines() if not line.startswith("#")), ""]
    )


def _is_council(section: Section) -> bool:
    return LEGAL_BASIS.get(section.table) == "council"


def _needed(table: str) -> str:
    return f'# NEEDED: no file was found for this table.\n# [extracts.{table}]\n# path = "…"\n'


def _features(place: Path, code_lists: Collection[Path]) -> list[str]:
    if not code_lists:
        return []
    paths = json.dumps([path.relative_to(place).as_posix() for path in code_lists], ensure_ascii=False)
    return [f"[features]\ncodelists = {paths}   # guessed: the columns are concept, system, code, term\n"]


def _text(value: str) -> str:
    """A TOML basic string."""
    return json.dumps(value, ensure_ascii=False)
