"""Prepares the content of the community pages for printing: every number as text, and words before charts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline import disclosure
from pipeline.community.charts import draw_flows, draw_funnel, draw_trend
from pipeline.community.families import Families
from pipeline.community.figures import Figure, against, against_england, since_last_year
from pipeline.community.monitor import BOROUGH, Monitor, Watched
from pipeline.community.portrait import ARRIVED, COMPLEX_WORDS, LEFT, Portrait, Use
from pipeline.community.prevention import Gap, Pair, Prevention
from pipeline.community.rates import Rate
from pipeline.disclosure import Count, percentage, shown

HIDDEN = disclosure.HIDDEN


@dataclass(frozen=True)
class Place:
    """The borough, or one of its clusters."""

    code: str
    name: str

    @property
    def is_borough(self) -> bool:
        return self.code == BOROUGH


def prevention_lines(prevention: Prevention, place: Place) -> list[dict[str, Any]]:
    """One line per rule: who it is for, how many are due and their share, and how deprivation matters in the
    borough."""
    return [_prevention_line(gap, place) for gap in prevention.gaps]


def _prevention_line(gap: Gap, place: Place) -> dict[str, Any]:
    due, everyone = _pair(gap.borough if place.is_borough else gap.clusters.get(place.code, (0, 0)))
    return {
        "rule": gap.rule,
        "due": shown(due),
        "everyone": shown(everyone),
        "share": percentage(due, everyone),
        "borough": percentage(*_pair(gap.borough)),
        "ratio": ratio_words(gap.ratio),
        "to_reach": "" if gap.to_reach is None else f"{gap.to_reach:,}",
    }


def _pair(pair: Pair) -> tuple[Count, Count]:
    due, done = pair
    return due, None if due is None or done is None else due + done


def ratio_words(ratio: Rate | None) -> str:
    """`1.2 times (1.1 to 1.3)`, or a star if it is hidden."""
    return HIDDEN if ratio is None else f"{ratio.value:.1f} times ({ratio.low:.1f} to {ratio.high:.1f})"


def segment_lines(seen: Portrait, place: Place) -> list[dict[str, Any]]:
    """One line per segment: its people and its share of emergency care, here and in the borough."""
    here, borough = seen.uses.get(place.code, {}), seen.uses[BOROUGH]
    return [
        {
            "segment": segment,
            "people": shown(use.people),
            "share": _share(here, segment.name, "people"),
            "borough": _share(borough, segment.name, "people"),
            "admissions": _share(here, segment.name, "admissions"),
            "bed_days": _share(here, segment.name, "bed_days"),
            "visits": _share(here, segment.name, "visits"),
        }
        for segment in seen.scheme
        if (use := here.get(segment.name)) is not None
    ]


def _share(uses: Mapping[str, Use], name: str, measure: str) -> str:
    known = [getattr(use, measure) for use in uses.values()]
    return percentage(getattr(uses[name], measure), sum(count for count in known if count is not None))


def complex_words(seen: Portrait, place: Place) -> str:
    """How many people have complex needs, and what share of emergency bed days they use."""
    some, everyone = seen.complex_needs.get(place.code, (None, None))
    if some is None or everyone is None:
        return ""
    share, days = percentage(some.people, everyone.people), percentage(some.bed_days, everyone.bed_days)
    return f"{shown(some.people)} {COMPLEX_WORDS}. Here it is {share} of people with {days} of emergency bed days."


def flows(seen: Portrait) -> dict[str, Any]:
    """The Sankey diagram of moves between segments, and all flows as a table."""
    names = [segment.name for segment in seen.scheme]
    befores, afters = [*names, ARRIVED], [*names, LEFT]
    rows = [(before, [shown(seen.flows[(before, after)]) for after in afters]) for before in befores]
    return {"drawn": draw_flows(seen.flows, befores, afters), "columns": afters, "rows": rows}


def family_lines(families: Families | None, place: Place) -> list[tuple[str, str]]:
    """Counts of households with children, for one cluster or all."""
    if families is None:
        return []
    lines = [
        ("Households with children", families.households),
        ("Adults on the list with a child at home", families.listed),
    ]
    lines += [
        (f"Households with children: {need.lower()} on record in two years", counts)
        for need, counts in families.needs.items()
    ]
    printed = [(name, shown(counts.get(place.code, 0))) for name, counts in lines]
    abuse = [("Households with children: domestic abuse on record in two years", shown(families.abuse))]
    return printed + (abuse if place.is_borough else [])


def indicator_blocks(seen: Monitor, place: Place, names: Mapping[str, str]) -> list[dict[str, Any]]:
    """One block per indicator: words first, then figures, then charts. `names` maps a cluster's code to its name."""
    return [_block(watched, place, names) for watched in seen.watched if place.code in watched.now]


def _block(watched: Watched, place: Place, names: Mapping[str, str]) -> dict[str, Any]:
    figure, change = watched.now[place.code], watched.change(place.code)
    months = watched.months.get(place.code)
    return {
        "indicator": watched.indicator,
        "words": [words for words in _words(watched, place, figure, change) if words],
        "figures": _figures(watched, figure),
        "national": watched.national,
        "chart": draw_trend(months) if months else None,
        "funnel": draw_funnel(_funnel_points(watched, names)) if place.is_borough else None,
        "inequality": _inequality(watched) if place.is_borough else "",
    }


def _words(watched: Watched, place: Place, figure: Figure, change: Rate | None) -> list[str]:
    borough = "" if place.is_borough or figure.ratio is None else against(figure.ratio, 1, "the borough as a whole")
    return [against_england(figure, watched.national), borough, since_last_year(change)]


def _figures(watched: Watched, figure: Figure) -> list[tuple[str, str]]:
    is_rate = watched.indicator.events is not None
    of = ("Events in the year", "People") if is_rate else ("Done, or happened", "Of")
    lines = [(of[0], shown(figure.events)), (of[1], shown(figure.people))]
    if is_rate:
        lines.append(("Per 100,000 people", rate_words(figure.crude)))
        lines.append(("Per 100,000, standardised for age", rate_words(figure.headline)))
    else:
        lines.append(("Share", share_words(figure.headline)))
    return lines


def rate_words(rate: Rate | None) -> str:
    """`12,100 (11,300 to 12,900)`."""
    return HIDDEN if rate is None else f"{rate.value:,.0f} ({rate.low:,.0f} to {rate.high:,.0f})"


def share_words(rate: Rate | None) -> str:
    """`57% (55% to 58%)`."""
    return HIDDEN if rate is None else f"{rate.value:.0f}% ({rate.low:.0f}% to {rate.high:.0f}%)"


def _funnel_points(watched: Watched, names: Mapping[str, str]) -> Sequence[tuple[str, Rate, float]]:
    return [
        (names.get(code, code), figure.ratio, figure.events / figure.ratio.value)
        for code, figure in watched.now.items()
        if code != BOROUGH and figure.ratio is not None and figure.events and figure.ratio.value
    ]


def _inequality(watched: Watched) -> str:
    inequality = watched.inequality
    if inequality is None:
        return ""
    relative, slope = inequality.relative, inequality.slope
    if relative.low <= 1 <= relative.high:
        return "The gap from the most to the least deprived areas could be due to chance."
    times = 1 / relative.value if relative.value < 1 else relative.value
    more = "most" if relative.value < 1 else "least"
    low, high = sorted((1 / relative.low, 1 / relative.high)) if relative.value < 1 else (relative.low, relative.high)
    return (
        f"{times:.1f} times as high ({low:.1f} to {high:.1f}) at the {more} deprived end as at the other: the relative index of inequality"
        f" over tenths of deprivation. The slope index is {slope.value:,.0f} ({slope.low:,.0f} to {slope.high:,.0f})."
    )
