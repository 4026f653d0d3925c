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
from pipeline.features.kernel import CODES, LATE, NEVER
from pipeline.features.named import NamedFeature
from pipeline.features.state import Integers, Wanted, Windows

KINDS = {
    "counts": ("count", "ever", "trend"),
    "lasts": ("days_since_last",),
    "firsts": ("days_since_first",),
    "sums": ("total", "mean"),
    "latest": ("latest", "change"),
    "earliest": ("change",),
    "distinct": ("distinct",),
}
"""Kind of window in the compiled pass → the statistics that it is kept for."""
VALUED = {statistic for kind in ("sums", "latest", "earliest", "distinct") for statistic in KINDS[kind]}
"""Statistics of values."""
AT_ONCE = 8
"""Dates that a processor works out at once."""
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
        ordered = [named for own in self._of_keys for named in own]
        column = {named.name: n for n, named in enumerate(self.features)}
        keys_of, place = self._keys_of_concepts(), self._places()
        statistics = [{named.declared.statistic for named in own} for own in self._of_keys]
        as_of = np.tile(self._as_of, max((len(own) for kind in self._windows.values() for own in kind), default=1))
        return Wanted(
            as_of=as_of,
            own=self._own(as_of),
            whole=self._since([self.history_days]),
            keys_from=_starts([len(keys) for keys in keys_of]),
            keys=_integers(key for keys in keys_of for key in keys),
            has_values=np.array([bool(used & VALUED) for used in statistics], np.bool_),
            **{kind: self._arrays(windows) for kind, windows in self._windows.items()},
            differing=_numbered("distinct" in used for used in statistics),
            features_from=_starts([len(own) for own in self._of_keys]),
            statistic=_integers(CODES[named.declared.statistic] for named in ordered),
            column=_integers(column[named.name] for named in ordered),
            window=_integers(place[(named.declared.concepts, *self._uses(named)[0])] for named in ordered),
            other=_integers(place[(named.declared.concepts, *self._uses(named)[-1])] for named in ordered),
        )

    @cached_property
    def _of_keys(self) -> list[list[NamedFeature]]:
        """The features of each key."""
        own: dict[tuple[str, ...], list[NamedFeature]] = {key: [] for key in self.keys}
        for named in self.about_events:
            own[named.declared.concepts].append(named)
        return list(own.values())

    @cached_property
    def _windows(self) -> dict[str, list[list[int]]]:
        """For each kind of window, those of each key, in days."""
        return {
            kind: [
                sorted({days for named in own for k, days in self._uses(named) if k == kind}) for own in self._of_keys
            ]
            for kind in KINDS
        }

    def _uses(self, named: NamedFeature) -> list[tuple[str, int]]:
        """The windows that a feature is worked out from, by kind: its own first."""
        days, statistic = self.days(named), named.declared.statistic
        uses = [(kind, days) for kind, statistics in KINDS.items() if statistic in statistics]
        return [*uses, ("counts", days // 2)] if statistic == "trend" else uses

    def _places(self) -> dict[tuple[tuple[str, ...], str, int], int]:
        """The number of each window among all of its kind, by key, kind and days."""
        return {
            (key, kind, days): n
            for kind, windows in self._windows.items()
            for n, (key, days) in enumerate(
                (key, days) for key, own in zip(self.keys, windows, strict=True) for days in own
            )
        }

    @cached_property
    def _as_of(self) -> Integers:
        """The dates as numbers, with room for a processor to work out several at once."""
        room = -len(self.dates) % AT_ONCE if len(self.dates) > 1 else 0
        return np.array([(date - EPOCH).days for date in self.dates] + [NEVER] * room, np.int32)

    def _own(self, as_of: Integers) -> Integers:
        """`as_of` for rows that apply to the dates from `first` up to `end`, by [first, end]; `NEVER` for others."""
        date, edge = np.arange(len(as_of)) % len(self._as_of), np.arange(len(self._as_of) + 1)
        is_own = (edge[:, None, None] <= date) & (date < edge[:, None])
        return np.where(is_own, as_of, NEVER).astype(np.int32)

    def _arrays(self, windows: Sequence[Sequence[int]]) -> Windows:
        """The windows of each key as arrays."""
        starts = _starts([len(own) * len(self._as_of) for own in windows])
        return Windows(starts.astype(np.uint64), self._since([days for own in windows for days in own]))

    def _since(self, windows: Sequence[int]) -> Integers:
        """The first day of each window, by [window, date]."""
        since = self._as_of - _integers(windows)[:, None]
        return np.where(self._as_of == NEVER, LATE, since).astype(np.int32).ravel()

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
