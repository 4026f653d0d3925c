"""Draws charts as SVG, without a charting library or web requests. Each has a text version next to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.community.rates import Rate, funnel
from pipeline.community.xmr import Trend


@dataclass(frozen=True)
class Chart:
    """A drawn trend: the positions of its line, points, limits and labels."""

    trend: Trend
    line: str
    points: list[tuple[float, float, bool, str]]
    """x, y, whether the point is outside the limits, and its text."""
    levels: list[tuple[str, float, str]]
    """Name, y and number of the mean and the limits."""
    ticks: list[tuple[float, str]]


CHART_WIDTH, CHART_HEIGHT = 720.0, 260.0
_ROOM = 0.1
"""Margin above and below, as a share of the height. The axis need not start at zero, because points are compared with
the limits.
"""
_LEFT, _RIGHT, _TOP, _BOTTOM = 16.0, 150.0, 16.0, 40.0


def draw_trend(trend: Trend) -> Chart:
    """Draw the months as a line, with the mean and the limits of ordinary variation."""
    bottom, top = min(*trend.rates, trend.low), max(*trend.rates, trend.high)
    bottom, top = bottom - _ROOM * (top - bottom), top + _ROOM * (top - bottom) or 1.0
    step = (CHART_WIDTH - _LEFT - _RIGHT) / max(len(trend.months) - 1, 1)

    def y(rate: float) -> float:
        return _TOP + (CHART_HEIGHT - _TOP - _BOTTOM) * (top - rate) / (top - bottom)

    places = [(_LEFT + n * step, y(rate)) for n, rate in enumerate(trend.rates)]
    texts = [f"{month:%B %Y}: {rate:.1f} per 1,000" for month, rate in zip(trend.months, trend.rates, strict=True)]
    levels = (("Upper limit", trend.high), ("Mean", trend.mean), ("Lower limit", trend.low))
    outside = [not trend.low <= rate <= trend.high for rate in trend.rates]
    return Chart(
        trend=trend,
        line="M" + "L".join(f"{x:.1f} {height:.1f}" for x, height in places),
        points=[(round(x, 1), round(h, 1), out, text) for (x, h), out, text in zip(places, outside, texts, strict=True)],
        levels=[(name, round(y(value), 1), f"{value:.1f}") for name, value in levels],
        ticks=[(round(_LEFT + n * step, 1), f"{month:%b %Y}") for n, month in enumerate(trend.months) if n % 6 == 0],
    )  # fmt: skip


@dataclass(frozen=True)
class Flow:
    """A drawn band of a Sankey diagram and its text."""

    outline: str
    colour: str
    words: str


@dataclass(frozen=True)
class Flows:
    """A drawn Sankey diagram of people who move between groups from one year to the next: bands, and the names at their
    ends.
    """

    bands: list[Flow]
    left: list[tuple[float, str]]
    right: list[tuple[float, str]]
    height: float


FLOW_WIDTH, FLOW_HEIGHT, _BAR, _GAP = 720.0, 420.0, 210.0, 14.0
_COLOURS = (
    "#005eb8",
    "#768692",
    "#330072",
    "#007f3b",
    "#7c2855",
    "#ae2573",
    "#00a499",
    "#d5281b",
    "#4c6272",
    "#8a1538",
)


def draw_flows(flows: Mapping[tuple[str, str], int | None], befores: Sequence[str], afters: Sequence[str]) -> Flows:
    """Draw a Sankey diagram of protected counts. Hidden flows and people who stay in their group are left out, so that
    moves are easy to see.
    """
    moves = {pair: count for pair, count in flows.items() if count and pair[0] != pair[1]}
    out = {name: sum(n for (before, _), n in moves.items() if before == name) for name in befores}
    into = {name: sum(n for (_, after), n in moves.items() if after == name) for name in afters}
    total = max(sum(out.values()), 1)
    scale = (FLOW_HEIGHT - _GAP * max(len(befores), len(afters))) / total
    starts, ends = _stacked(out, scale), _stacked(into, scale)
    left = [(round(starts[name] + out[name] * scale / 2, 1), f"{name}: {out[name]:,}") for name in befores if out[name]]
    right = [
        (round(ends[name] + into[name] * scale / 2, 1), f"{name}: {into[name]:,}") for name in afters if into[name]
    ]
    bands = []
    for before in befores:
        for after in afters:
            if count := moves.get((before, after)):
                outline = _band(starts[before], ends[after], count * scale)
                starts[before] += count * scale
                ends[after] += count * scale
                colour = _COLOURS[befores.index(before) % len(_COLOURS)]
                bands.append(Flow(outline, colour, f"{before} to {after}: {count:,}"))
    return Flows(bands, left, right, FLOW_HEIGHT)


def _stacked(sizes: Mapping[str, int], scale: float) -> dict[str, float]:
    """The position of each group, one below the other with a gap. Empty groups take no space."""
    places, y = {}, _GAP / 2
    for name, size in sizes.items():
        places[name] = y
        y += size * scale + (_GAP if size else 0)
    return places


def _band(start: float, end: float, thick: float) -> str:
    x, across, middle = _BAR, FLOW_WIDTH - _BAR, FLOW_WIDTH / 2
    return (
        f"M{x:.0f} {start:.1f}C{middle:.0f} {start:.1f} {middle:.0f} {end:.1f} {across:.0f} {end:.1f}"
        f"L{across:.0f} {end + thick:.1f}C{middle:.0f} {end + thick:.1f} {middle:.0f} {start + thick:.1f} {x:.0f} {start + thick:.1f}Z"
    )


@dataclass(frozen=True)
class Funnel:
    """A drawn funnel plot: clusters compared with chance alone."""

    points: list[tuple[float, float, bool, str]]
    """x, y, whether the point is outside the limits, and its text."""
    limits: list[str]
    """The paths of the upper and the lower limit."""
    middle: float
    ticks: list[tuple[float, str]]


def draw_funnel(clusters: Sequence[tuple[str, Rate, float]]) -> Funnel | None:
    """Draw observed divided by expected against the number expected, with the 99.8% limits. None for fewer than three
    clusters.

    `clusters` has each one's name, ratio and expected number of events.
    """
    if len(clusters) < 3:  # noqa: PLR2004 - two points show no funnel
        return None
    most = 1.1 * max(expected for _, _, expected in clusters)
    steps = [most * n / 40 for n in range(2, 41)]
    curves = [[funnel(step)[side] for step in steps] for side in (1, 0)]
    values = [ratio.value for _, ratio, _ in clusters]
    bottom, top = min(0.6, *values) * 0.95, max(1.4, *values) * 1.05

    def x(expected: float) -> float:
        return round(_LEFT + 32 + (CHART_WIDTH - _LEFT - 80) * expected / most, 1)

    def y(ratio: float) -> float:
        inside = min(max(ratio, bottom), top)
        return round(_TOP + (CHART_HEIGHT - _TOP - _BOTTOM) * (top - inside) / (top - bottom), 1)

    points = []
    for name, ratio, expected in clusters:
        low, high = funnel(expected)
        is_out = not low <= ratio.value <= high
        points.append(
            (
                x(expected),
                y(ratio.value),
                is_out,
                f"{name}: {ratio.value:.2f} times what it would be at the borough's rates",
            )
        )
    paths = [
        "M" + "L".join(f"{x(step)} {y(value)}" for step, value in zip(steps, curve, strict=True)) for curve in curves
    ]
    return Funnel(
        points, paths, y(1), [(y(tick), f"{tick:.1f}") for tick in (0.6, 0.8, 1.0, 1.2, 1.4) if bottom <= tick <= top]
    )
