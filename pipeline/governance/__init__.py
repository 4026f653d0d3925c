"""The governance pack of a site: documents filled in from its configuration, with blanks for people."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from data_schemas import disk
from data_schemas.errors import ConfigurationError
from data_schemas.outcomes import WORDS
from data_schemas.tables import LEGAL_BASIS, PERSON_TABLES, TABLES
from pipeline.governance import data_hazards, model_hazards, privacy_hazards, use_hazards
from pipeline.governance.evidence import DSPT, DTAC
from pipeline.governance.hazards import Hazard
from pipeline.settings import Run, Settings

if TYPE_CHECKING:
    import jinja2

HAZARDS: tuple[Hazard, ...] = (
    *data_hazards.HAZARDS,
    *model_hazards.HAZARDS,
    *use_hazards.HAZARDS,
    *privacy_hazards.HAZARDS,
)
DOCUMENTS = (
    "README.md", "dpia.md", "intended-purpose.md", "hazard-log.md", "dtac.md", "dspt.md", "privacy-notice.md",
)  # fmt: skip
BLANK = "TO FILL IN"
"""The mark of a blank for people."""
SOURCES = {
    "gp": "the GP record",
    "sus": "hospital care paid for by the NHS (SUS)",
    "council": "the council's social care records",
}
OPT_OUTS_UNMATCHED = Run.model_fields["max_unmatched_opt_outs"].default
REJECTED = Run.model_fields["max_reject_rate"].default
MARKUP = re.compile(r"([\\`*_\[\]<>|#])")


def documents(settings: Settings, version: str) -> dict[str, str]:
    """Each document's Markdown by file name."""
    content = {
        "settings": settings,
        "version": version,
        "outcome": WORDS[settings.run.outcome],
        "tables": {name: _table(name) for name in settings.extracts if name in PERSON_TABLES},
        "other": [name for name in settings.extracts if name not in PERSON_TABLES],
        "sources": [SOURCES[name] for name in settings.site.legal_basis],
        "hazards": HAZARDS,
        "weakened": weakened(settings),
        "dtac": DTAC,
        "dspt": DSPT,
    }
    return {name: _templates().get_template(name).render(**content) for name in DOCUMENTS}


def write(settings: Settings, version: str, folder: Path) -> dict[str, int]:
    """Write the documents and return how many blanks each has. Raises `ConfigurationError` rather than overwrite
    people's changes.
    """
    made = documents(settings, version)
    changed = [name for name, text in made.items() if _differs(folder / name, text)]
    if changed:
        raise ConfigurationError(
            [
                f"{folder / name}: already exists with other content and was not changed; give a new folder with --out"
                for name in changed
            ]
        )
    for name, text in made.items():
        disk.write(folder / name, text)
    return {name: text.count(f"[{BLANK}:") for name, text in made.items()}


def weakened(settings: Settings) -> list[str]:
    """Controls of the hazard log that this configuration switches off or weakens, one sentence each."""
    run, lists = settings.run, settings.lists
    chosen = {
        "No `[extracts.opt_outs]`: the software removes nobody.": "opt_outs" not in settings.extracts,
        "`run.max_unmatched_opt_outs` is above 0.5: opt-outs that match few people may pass.": run.max_unmatched_opt_outs
        > OPT_OUTS_UNMATCHED,
        "`run.max_reject_rate` is above 0.01: more rows than usual may go missing.": run.max_reject_rate > REJECTED,
        '`learning.influenced = "ignore"`: training does not allow for people whom a list reached.': settings.learning.influenced
        == "ignore",
        "`lists.include_care_homes = true`: people in care homes are on the main list.": lists.include_care_homes
        is True,
        "`delivery.mode` lets users outside the owner and group read the lists.": settings.delivery.is_open,
    }
    return [sentence for sentence, holds in chosen.items() if holds]


def _differs(path: Path, text: str) -> bool:
    return path.exists() and (not path.is_file() or path.read_bytes() != text.encode())


def _table(name: str) -> tuple[str, str]:
    """What a table holds, in one sentence, and the source that the legal basis must name for it."""
    meaning = " ".join((TABLES[name].__doc__ or "").strip().partition("\n\n")[0].split())
    return meaning, SOURCES.get(LEGAL_BASIS.get(name, ""), "the site itself")


def _blank(what: str) -> str:
    return f"**[{BLANK}: {what}]**"


def _text(value: object) -> str:
    """A text of the site, with Markdown signs escaped."""
    return MARKUP.sub(r"\\\1", str(value))


@cache
def _templates() -> jinja2.Environment:
    import jinja2

    made = jinja2.Environment(
        loader=jinja2.PackageLoader("pipeline.governance", "templates"),
        autoescape=False,  # noqa: S701 - Markdown for people to edit, not a page: `text` escapes what a site wrote
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters["text"] = _text
    made.globals["blank"] = _blank
    return made
