"""Makes features for tests, with the texts that their declaration would give them."""

from __future__ import annotations

from typing import Any

from data_schemas.receipts import Feature
from pipeline.features.wording import worded


def declared(name: str, means: str, family: str, statistic: str, concept: str = "", **given: Any) -> Feature:
    """Make a feature as a declaration with these texts would."""
    wording = worded(statistic, means, None, given)
    return Feature(
        name, wording.means, family, statistic, concept, **{**given, "says": wording.says, "singular": wording.singular}
    )
