"""Draws maps as SVG, without a mapping library or web requests. Each has a text version next to it."""

from __future__ import annotations

import math
from dataclasses import dataclass

from pipeline import words
from pipeline.publish.areas import Measure, Shape, shapes

SHADES = ("#deebf7", "#9ecae1", "#4292c6", "#08519c", "#08245c")
HIDDEN = "url(#hidden)"
_DECILE = "decile"
WIDTH = 480.0
_MARGIN = 8.0


@dataclass(frozen=True)
class Legend:
    """One class of a map: its colour and the numbers in it."""

    colour: str
    words: str


@dataclass(frozen=True)
class Map:
    """A drawn map: shapes ready to print, and what the colours mean."""

    measure: Measure
    height: float
    paths: list[tuple[str, str, str]]
    """Outline, colour and title (name and number) of each area."""
    legend: list[Legend]
    around: str
    """Outline of all areas, to show where a cluster is."""


def draw_map(measure: Measure) -> Map:
    """Draw the areas of a measure in five shades, from least to most. Hidden areas are hatched."""
    drawn = {code: shapes()[code] for code in sorted(measure.values)}
    scale = _Scale.of(drawn)
    breaks = _breaks([value for value in measure.values.values() if value is not None])
    paths = [
        (
            scale.outline(shape),
            _shade(_shades(measure), measure.values[code], breaks),
            f"{shape.name}: {_in_words(measure, measure.values[code])}",
        )
        for code, shape in drawn.items()
    ]
    around = "".join(scale.outline(shape) for shape in shapes().values())
    return Map(measure, scale.height, paths, _legend(measure, breaks), around)


@dataclass(frozen=True)
class _Scale:
    """Converts longitude and latitude to positions in the drawing: equirectangular, true to scale in the middle."""

    west: float
    north: float
    across: float
    """Drawing units per degree of longitude."""
    down: float
    height: float

    @classmethod
    def of(cls, drawn: dict[str, Shape]) -> _Scale:
        points = [point for shape in drawn.values() for ring in shape.rings for point in ring]
        west, east = min(x for x, _ in points), max(x for x, _ in points)
        south, north = min(y for _, y in points), max(y for _, y in points)
        narrow = math.cos(math.radians((south + north) / 2))
        across = (WIDTH - 2 * _MARGIN) / max(east - west, (north - south) / narrow)
        return cls(west, north, across, across / narrow, (north - south) * across / narrow + 2 * _MARGIN)

    def outline(self, shape: Shape) -> str:
        rings = ("L".join(f"{self._x(x):.1f} {self._y(y):.1f}" for x, y in ring) for ring in shape.rings)
        return "".join(f"M{ring}Z" for ring in rings)

    def _x(self, longitude: float) -> float:
        return _MARGIN + (longitude - self.west) * self.across

    def _y(self, latitude: float) -> float:
        return _MARGIN + (self.north - latitude) * self.down


def _breaks(values: list[float]) -> list[float]:
    """The upper ends of five classes with equal numbers of areas, as far as equal values allow."""
    ordered = sorted(values)
    ends = (
        [ordered[math.ceil(len(ordered) * n / len(SHADES)) - 1] for n in range(1, len(SHADES) + 1)] if ordered else []
    )
    return sorted(set(ends))


def _shades(measure: Measure) -> tuple[str, ...]:
    """The five shades. The darkest is for most need."""
    return SHADES[::-1] if measure.low_is_need else SHADES


def _shade(shades: tuple[str, ...], value: float | None, breaks: list[float]) -> str:
    if value is None:
        return HIDDEN
    place = next(n for n, end in enumerate(breaks) if value <= end)
    return shades[round(place * (len(SHADES) - 1) / max(len(breaks) - 1, 1))]


def _legend(measure: Measure, breaks: list[float]) -> list[Legend]:
    if measure.unit == _DECILE:
        return _legend_of_tenths(measure, breaks)
    lows = [None, *breaks[:-1]]
    starts = ["" if low is None else f"over {_number(measure, low)} " for low in lows]
    rows = [
        Legend(_shade(_shades(measure), end, breaks), f"{start}{'' if start else 'up '}to {_number(measure, end)}")
        for start, end in zip(starts, breaks, strict=True)
    ]
    return rows + _hidden(measure)


def _legend_of_tenths(measure: Measure, breaks: list[float]) -> list[Legend]:
    """The legend in whole tenths: `1 to 2, most deprived`."""
    starts = [1, *(int(end) + 1 for end in breaks[:-1])]
    texts = [
        f"{start} to {end:.0f}" if start < end else f"{end:.0f}" for start, end in zip(starts, breaks, strict=True)
    ]
    texts[0] += ", most deprived"
    return [
        Legend(_shade(_shades(measure), end, breaks), text) for end, text in zip(breaks, texts, strict=True)
    ] + _hidden(measure)


def _hidden(measure: Measure) -> list[Legend]:
    return [Legend(HIDDEN, "hidden: too few people to show")] if None in measure.values.values() else []


def _number(measure: Measure, value: float) -> str:
    return f"{words.number(round(value, 1))}{'%' if measure.unit == '%' else ''}"


def _in_words(measure: Measure, value: float | None) -> str:
    return "hidden" if value is None else _number(measure, value)
