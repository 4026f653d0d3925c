"""Writes the sentence of every built-in feature for typical values: `python -m tests.pipeline.publish.sentences`."""

from __future__ import annotations

from pathlib import Path

from data_schemas.codelists import load_codelists
from data_schemas.receipts import Feature
from pipeline.features.catalogue import load_features
from pipeline.publish.phrases import is_share, is_tenth, phrase

PATH = Path(__file__).parent / "sentences.txt"
TYPICAL = {
    "count": (1, 2, 12),
    "total": (1, 12),
    "distinct": (1, 12),
    "mean": (0.5, 6.2),
    "latest": (38.0,),
    "change": (-5.0, 5.0),
    "trend": (1, 3),
    "ever": (1,),
    "days_since_last": (1, 20, 800),
    "days_since_first": (70, 800),
}
NOT_SAID = ("restricted", "absence", "inferred")


def values(feature: Feature) -> tuple[float, ...]:
    if feature.grades:
        return tuple(limit + 0.01 for limit, _ in feature.grades)
    if is_share(feature):
        return (0.25, 1)
    if is_tenth(feature):
        return (1, 3)
    return TYPICAL.get(feature.statistic, (1, 4) if "{" in feature.singular else (1,))


def sentences() -> str:
    lines = ["Every built-in feature as it would be said of a person; in brackets why it is never printed.", ""]
    for named in load_features(load_codelists()).features:
        hidden = [why for why in NOT_SAID if getattr(named.feature, why)]
        lines.append(named.name + (f"  [{', '.join(hidden)}]" if hidden else ""))
        lines += [f"    {text}" for text in dict.fromkeys(phrase(named.feature, v) for v in values(named.feature))]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PATH.write_text(sentences(), encoding="utf-8")
