"""Makes a borough so small that a whole run, with every step, takes a minute."""

from __future__ import annotations

import re
from pathlib import Path

LITTLE = '[features]\nbuiltin = ["demographic", "use_of_care"]\n\n[run]\nminimum_events = 20\n'


def small(folder: Path) -> Path:
    """Write extracts of 300 invented people, and return the path of their site.toml."""
    from pipeline.synthetic import generate

    generate(300, 3, folder)
    config = folder / "site.toml"
    text = config.read_text(encoding="utf-8").replace("[run]\n", LITTLE, 1)
    config.write_text(
        re.sub(r"^train_as_of .*", "train_as_of = [2024-04-01]", text, flags=re.MULTILINE), encoding="utf-8"
    )
    return config
