"""Charts as SVG, drawn by hand: no library, no request, and each with its words beside it."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.community.xmr import Trend


@dataclass(frozen=True)
class Chart:
    """A drawn trend: where its line, points, limits and labels stand."""

    trend: Trend
    line: str
    points: list[tuple[float, float, bool, str]]
    """x, y, whether it is outside the limits, and its words."""
    levels: list[tuple[str, float, str]]
    """Name, y and number of the mean and the limits."""
    ticks: list[tuple[float, str]]


CHART_WIDTH, CHART_HEIGHT = 720.0, 260.0
_ROOM = 0.1
"""Of the height, above and below what is drawn: what matters is the place between the limits, not the distance from nothing."""
_LEFT, _RIGHT, _TOP, _BOTTOM = 16.0, 150.0, 16.0, 40.0


def draw_trend(trend: Trend) -> Chart:
    """The months as a line, with the mean and the limits of ordinary variation."""
    bottom, top = min(*trend.rates, trend.low), max(*trend.rates, trend.high)
    bottom, top = bottom - _ROOM * (top - bottom), top + _ROOM * (top - bottom) or 1.0
    step = (CHART_WIDTH - _LEFT - _RIGHT) / max(len(trend.months) - 1, 1)

    def y(rate: float) -> float:
        return _TOP + (CHART_HEIGHT - _TOP - _BOTTOM) * (top - rate) / (top - bottom)

    places = [(_LEFT + n * step, y(rate)) for n, rate in enumerate(trend.rates)]
    said = [f"{month:%B %Y}: {rate:.1f} per 1,000" for month, rate in zip(trend.months, trend.rates, strict=True)]
    levels = (("Upper limit", trend.high), ("Mean", trend.mean), ("Lower limit", trend.low))
    outside = [not trend.low <= rate <= trend.high for rate in trend.rates]
    return Chart(
        trend=trend,
        line="M" + "L".join(f"{x:.1f} {height:.1f}" for x, height in places),
        points=[(round(x, 1), round(h, 1), out, text) for (x, h), out, text in zip(places, outside, said, strict=True)],
        levels=[(name, round(y(value), 1), f"{value:.1f}") for name, value in levels],
        ticks=[(round(_LEFT + n * step, 1), f"{month:%b %Y}") for n, month in enumerate(trend.months) if n % 6 == 0],
    )  # fmt: skip
