"""What is wrong with a set of declared features: each problem in words, with the nearest known name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from data_schemas.nearest import nearest
from data_schemas.receipts import Feature
from pipeline.concepts import FIXED, Concepts
from pipeline.features.named import NamedFeature


def unknown_concepts(features: Sequence[NamedFeature], concepts: Concepts) -> Iterator[str]:
    """Concepts that features are about and no code list knows."""
    known = {*FIXED, *concepts.ids}
    for named in features:
        for concept in named.declared.concepts:
            if concept not in known:
                yield f"{named.name}: there is no concept {concept!r}{nearest(concept, known)}"


def repeated(features: Sequence[NamedFeature]) -> Iterator[str]:
    """Names that two features have."""
    seen: dict[str, Feature] = {}
    for feature in (named.feature for named in features):
        if feature.name in seen:
            yield f"{feature.name}: two features have this name ({seen[feature.name].means!r}, {feature.means!r}); rename one"
        seen[feature.name] = feature


def unknown_parts(features: Sequence[NamedFeature]) -> Iterator[str]:
    """Features that scores are worked out from and that are not there."""
    names = {named.name for named in features}
    for named in features:
        for part in named.needs:
            if part not in names:
                yield f"{named.name}: there is no feature {part!r}{nearest(part, names)}"
