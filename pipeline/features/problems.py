"""Finds what is wrong with a set of declared features: each problem in words, with the nearest known name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from data_schemas.nearest import nearest
from data_schemas.receipts import Feature
from pipeline.concepts import FIXED, Concepts
from pipeline.features.named import NamedFeature


def unknown_concepts(features: Sequence[NamedFeature], concepts: Concepts) -> Iterator[str]:
    """Messages about concepts that features use and no code list has."""
    known = {*FIXED, *concepts.ids}
    for named in features:
        for concept in named.declared.concepts:
            if concept not in known:
                yield f"{named.name}: the concept {concept!r} does not exist{nearest(concept, known)}"


def repeated(features: Sequence[NamedFeature]) -> Iterator[str]:
    """Messages about names that two features share."""
    seen: dict[str, Feature] = {}
    for feature in (named.feature for named in features):
        if feature.name in seen:
            yield f"{feature.name}: two features have this name ({seen[feature.name].means!r}, {feature.means!r}); rename one"
        seen[feature.name] = feature


def unknown_parts(features: Sequence[NamedFeature]) -> Iterator[str]:
    """Messages about features that scores use and that do not exist."""
    names = {named.name for named in features}
    for named in features:
        for part in named.needs:
            if part not in names:
                yield f"{named.name}: the feature {part!r} does not exist{nearest(part, names)}"
