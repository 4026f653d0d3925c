"""The section `[delivery]` of `site.toml`. Its keys are those of the carrier that it names."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pipeline import carriers
from pipeline.settings.problems import Problems


def read(written: Any, folder: Path, problems: Problems) -> carriers.Options:
    """The options of the carrier named; what is wrong with them is noted. `folder` is where site.toml is."""
    section = problems.table(written, "delivery")
    name = section.get("carrier", carriers.FOLDER)
    if name not in carriers.known():
        problems.unknown_value("delivery.carrier", name, carriers.known())
        return carriers.options(carriers.FOLDER)()
    options = problems.section(carriers.options(name), section, "delivery")
    if not problems.noted("delivery"):
        for key, problem in options.problems(folder):
            problems.add(f"delivery.{key}", problem)
    return options
