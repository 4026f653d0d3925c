"""Makes the plan of the compiled pass: the declared features as arrays of concept, window and statistic."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate

import numpy as np
import numpy.typing as npt

from pipeline.concepts import Concepts
from pipeline.features.kernel import CODES, Integers, Wanted
from pipeline.features.named import NamedFeature

COUNTING = ("count", "ever", "trend", "total", "mean", "distinct", "change")
"""Statistics that are kept for each window. The others are kept once for each date."""
EPOCH = dt.date(1970, 1, 1)


@dataclass(frozen=True)
class Plan:
    """Features for one or several as-of dates. Those that are not about events stay unknown."""

    features: tuple[NamedFeature, ...]
    concept_ids: dict[str, int]
    dates: tuple[dt.date, ...]
    history_days: int

    def days(self, named: NamedFeature) -> int:
        """The feature's window, limited to the look-back."""
        return min(named.declared.over or self.history_days, self.history_days)

    @cached_property
    def missing(self) -> npt.NDArray[np.float32]:
        """The value of each feature without an event; NaN for unknown."""
        values = [named.declared.missing if named.declared.concepts else None for named in self.features]
        return np.array([np.nan if missing is None else missing for missing in values], np.float32)

    @cached_property
    def about_events(self) -> list[NamedFeature]:
        return [named for named in self.features if named.declared.concepts]

    @cached_property
    def keys(self) -> list[tuple[str, ...]]:
        """Groups of concepts that are counted as one."""
        return sorted({named.declared.concepts for named in self.about_events})

    @cached_property
    def concepts(self) -> list[int]:
        """Numbers of the concepts that a feature uses."""
        return sorted({self.concept_ids[concept] for key in self.keys for concept in key})

    @cached_property
    def wanted(self) -> Wanted:
        """The plan as arrays."""
        own: dict[tuple[str, ...], list[NamedFeature]] = {key: [] for key in self.keys}
        for named in self.about_events:
            own[named.declared.concepts].append(named)
        windows = [(key, days) for key in self.keys for days in sorted(self._windows(own[key]), reverse=True)]
        place = {window: n for n, window in enumerate(windows)}
        ordered = [named for key in self.keys for named in own[key]]
        column = {named.name: n for n, named in enumerate(self.features)}
        keys_of = self._keys_of_concepts()
        return Wanted(
            as_of=_integers((date - EPOCH).days for date in self.dates),
            history=self.history_days,
            keys_from=_starts([len(keys) for keys in keys_of]),
            keys=_integers(key for keys in keys_of for key in keys),
            windows_from=_starts([len(self._windows(own[key])) for key in self.keys]),
            windows=_integers(days for _, days in windows),
            differing=_numbered(any(n.declared.statistic == "distinct" for n in own[key]) for key in self.keys),
            features_from=_starts([len(own[key]) for key in self.keys]),
            statistic=_integers(CODES[named.declared.statistic] for named in ordered),
            column=_integers(column[named.name] for named in ordered),
            days=_integers(self.days(named) for named in ordered),
            window=_integers(place.get((named.declared.concepts, self.days(named)), -1) for named in ordered),
            half=_integers(place.get((named.declared.concepts, self.days(named) // 2), -1) for named in ordered),
        )

    def _windows(self, features: Sequence[NamedFeature]) -> set[int]:
        counting = [named for named in features if named.declared.statistic in COUNTING]
        halves = {self.days(named) // 2 for named in counting if named.declared.statistic == "trend"}
        return {self.days(named) for named in counting} | halves

    def _keys_of_concepts(self) -> list[list[int]]:
        """The keys of every concept number, up to the highest number used."""
        keys: list[list[int]] = [[] for _ in range(max(self.concepts, default=-1) + 1)]
        for n, key in enumerate(self.keys):
            for concept in key:
                keys[self.concept_ids[concept]].append(n)
        return keys


def plan(features: Iterable[NamedFeature], concepts: Concepts, dates: Sequence[dt.date], history_days: int) -> Plan:
    """The plan for `dates`."""
    return Plan(tuple(features), concepts.ids, tuple(dates), history_days)


def _integers(numbers: Iterable[int]) -> Integers:
    return np.array(list(numbers), np.int32)


def _starts(sizes: Sequence[int]) -> Integers:
    return _integers(accumulate(sizes, initial=0))


def _numbered(chosen: Iterable[bool]) -> Integers:
    """Number the chosen ones 0, 1, …; the others get -1."""
    mask = np.array(list(chosen), np.bool_)
    return np.where(mask, np.cumsum(mask) - 1, -1).astype(np.int32)
