"""Makes `impact.html`, the page about what a programme changed. The verdict comes first, whatever it is."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from pipeline import disclosure, pages, words
from pipeline.programme.names import known, named
from pipeline.programme.protocol import Protocol

TOO_FEW = "too few to show"
FEW_BEFORE = "Too few people or events were seen to show the year before and the year after. A fall after the start is not an effect."
MAY_DIFFER = 0.05
"""P values below this are worth a second look and not more, because three divisions are tested."""
FINE_FROM = 2500
"""The number of people on each side from which a ratio has two decimal places."""
SPAN, MIDDLE, SCALE = 0.5, 420.0, 400.0
"""The love plot extends half a standard deviation either way."""

CHANGED = {
    "any_admission": "went into hospital",
    "unplanned_admission": "had to go into hospital",
    "ae_attendance": "went to A&E",
    "death": "died",
}
"""What "more" or "fewer" refers to in a verdict."""
MEASURES = {
    "risk_difference_per_100": "per 100 people",
    "rate_difference_per_100_person_years": "per 100 person-years",
}
RULE = (
    f"Counts of 1 to {disclosure.HIDE_UP_TO} are hidden. Others are rounded to the nearest {disclosure.ROUND_TO}. What rests on fewer than"
    f" {disclosure.HIDE_UP_TO + 1} people or events on either side is not shown. The fewer the people, the coarser the figures."
)


def page(
    site: str,
    impact: Mapping[str, Any],
    protocol: Protocol,
    few: Collection[str],
    months: Sequence[Mapping[str, Any]] = (),
    groups: Sequence[Mapping[str, Any]] = (),
) -> bytes:
    """Make the page. `few` names the outcomes and divisions into `groups` with too few people or events to show."""
    people = min(impact["n_offered"], impact["n_control"])
    hidden = impact["outcome"] in few
    return pages.render(
        "impact.html",
        site=site,
        programme=impact["programme"],
        design=impact["design"].capitalize(),
        verdict=verdict(impact, hidden=hidden),
        headline=headline(impact, people, hidden=hidden),
        offered=_count(impact["n_offered"]),
        control=_count(impact["n_control"]),
        years=_count(round(impact["person_years_offered"] + impact["person_years_control"])),
        naive=_naive(impact, hidden=hidden),
        how=f"{_first_large(protocol.comparison)}.",
        outcomes=[_outcome(one, people, hidden=one["name"] in few) for one in impact["outcomes"]],
        adjusted="" if hidden else adjusted(impact, people),
        subgroups=[_subgroup(one, hidden=hidden or one["name"] in few) for one in groups],
        months=[] if hidden else [_month(row) for row in months],
        alike=_alike(impact["largest_imbalance"]),
        balance=[_balance(one) for one in impact["balance"]],
        middle=MIDDLE,
        edges=[_x(-0.1), _x(0.1)],
        negative_controls=[_negative(one, people, hidden=one["name"] in few) for one in impact["negative_controls"]],
        e_value="" if hidden else _e_value(impact),
        notices=[notice["detail"] for notice in impact["notices"]],
        protocol=_fixed(protocol),
        sha256=impact["protocol_sha256"],
        rule=RULE,
    )


def verdict(impact: Mapping[str, Any], *, hidden: bool = False) -> str:
    """The first sentence. It reports harm and no effect as plainly as benefit."""
    name, headline = named(impact["outcome"]), impact["headline"]
    if hidden or headline["low"] is None:
        return f"Nothing can be said yet ({name}). Too few people or events have been seen."
    if impact["verdict"] == "not shown":
        return f"No effect was shown ({name})."
    what = CHANGED.get(impact["outcome"], f"{name} were counted" if name.endswith("s") else f"had {name}")
    return f"Among those who were offered it, {impact['verdict']} {what}."


def headline(impact: Mapping[str, Any], people: int, *, hidden: bool) -> str:
    """A sentence with both sides, their difference and its interval."""
    figures = impact["headline"]
    if hidden or figures["low"] is None:
        return "The figures rest on too few people or events to be shown."
    per = MEASURES[figures["measure"]]
    printed = {name: disclosure.per_hundred(figures[name], people) for name in ("offered", "control")}
    signed = {name: disclosure.per_hundred(figures[name], people, sign=True) for name in ("difference", "low", "high")}
    return (
        f"Among those offered it: {printed['offered']} {per}. Among those compared with them: {printed['control']}. "
        f"The difference is {signed['difference']} [{signed['low']} to {signed['high']}]."
    )


def adjusted(impact: Mapping[str, Any], people: int) -> str:
    """The adjusted difference in words. Empty if there is none."""
    result = impact["adjusted"]
    if not result["for"] or result["low"] is None:
        return ""
    figures = [disclosure.per_hundred(result[name], people, sign=True) for name in ("difference", "low", "high")]
    names = words.listing([known(one) for one in result["for"]])
    return f"Adjusted for {names}: {figures[0]} [{figures[1]} to {figures[2]}]."


def _outcome(one: Mapping[str, Any], people: int, *, hidden: bool) -> dict[str, Any]:
    cells = [MEASURES[one["measure"]]]
    if hidden or one["low"] is None:
        cells += [disclosure.HIDDEN, disclosure.HIDDEN, disclosure.HIDDEN, TOO_FEW, disclosure.HIDDEN]
    else:
        signed = {name: disclosure.per_hundred(one[name], people, sign=True) for name in ("difference", "low", "high")}
        cells += [disclosure.per_hundred(one[name], people) for name in ("offered", "control")]
        cells += [signed["difference"], f"{signed['low']} to {signed['high']}", _ratio(one, people)]
    return {"name": _first_large(named(one["name"])), "cells": cells}


def _ratio(one: Mapping[str, Any], people: int) -> str:
    if one["ratio_low"] is None:
        return ""
    places = 2 if people >= FINE_FROM else 1
    return f"{one['ratio']:.{places}f} [{one['ratio_low']:.{places}f} to {one['ratio_high']:.{places}f}]"


def _subgroup(one: Mapping[str, Any], *, hidden: bool) -> dict[str, Any]:
    name = f"{one['name'].capitalize()}: {one['value']}"
    if hidden or one["low"] is None:
        return {"name": name, "cells": [disclosure.HIDDEN, TOO_FEW, disclosure.HIDDEN]}
    difference, low, high = (
        disclosure.per_hundred(one[key], one["people"], sign=True) for key in ("difference", "low", "high")
    )
    return {"name": name, "cells": [difference, f"{low} to {high}", _differs(one["p_differs"])]}


def _differs(p: float | None) -> str:
    """Whether the groups of one division differ, in words, from the p value."""
    if p is None:
        return disclosure.HIDDEN
    return f"perhaps (p = {p:.3f})" if p < MAY_DIFFER else "not shown"


def _negative(one: Mapping[str, Any], people: int, *, hidden: bool) -> dict[str, Any]:
    if hidden or one["low"] is None:
        return {"name": _first_large(named(one["name"])), "cells": [disclosure.HIDDEN, TOO_FEW]}
    low, high = (disclosure.per_hundred(one[name], people, sign=True) for name in ("low", "high"))
    return {
        "name": _first_large(named(one["name"])),
        "cells": [disclosure.per_hundred(one["difference"], people, sign=True), f"{low} to {high}"],
    }


def _month(row: Mapping[str, Any]) -> dict[str, Any]:
    side = row["people"] // 2
    if disclosure.protect(side) is None:
        return {"month": row["month"], "cells": [_count(row["people"]), disclosure.HIDDEN, TOO_FEW]}
    difference, low, high = (
        disclosure.per_hundred(row[name], side, sign=True) for name in ("difference", "low", "high")
    )
    return {"month": row["month"], "cells": [_count(row["people"]), difference, f"{low} to {high}"]}


def _balance(one: Mapping[str, Any]) -> dict[str, Any]:
    before, after = one["before"] or 0.0, one["after"] or 0.0
    return {
        "name": known(one["name"]),
        "before": f"{before:+.2f}",
        "after": f"{after:+.2f}",
        "before_x": _x(before),
        "after_x": _x(after),
    }


def _x(difference: float) -> float:
    kept = min(max(difference, -SPAN), SPAN)
    return round(MIDDLE + SCALE * kept, 1)


def _alike(largest: float | None) -> str:
    if largest is None:
        return "Nothing was known at the start to compare the two groups."
    return f"The largest difference is {largest:.2f} standard deviations. Above 0.1, the two groups were not alike in that."


def _naive(impact: Mapping[str, Any], *, hidden: bool) -> str:
    """The change before and after. With few events, a percentage would reveal the counts."""
    change, people = impact["before_after"], impact["n_offered"]
    if change["change_percent"] is None:
        return str(change["explanation"])
    events = [round(change[name] * people) for name in ("before", "after")]
    return FEW_BEFORE if hidden or min(events) <= disclosure.HIDE_UP_TO else str(change["explanation"])


def _e_value(impact: Mapping[str, Any]) -> str:
    if impact["design"] != "matched" or impact["e_value"] is None:
        return ""
    return (
        f"The E-value is {impact['e_value']:.1f}. Something that was not measured could explain the difference. It would have to make both"
        " the programme and the outcome this many times as likely."
    )


def _count(count: int) -> str:
    return disclosure.shown(disclosure.protect(count))


def _first_large(text: str) -> str:
    """Make the first letter a capital and leave the others unchanged (A&E)."""
    return text[:1].upper() + text[1:]


def _fixed(protocol: Protocol) -> list[tuple[str, str]]:
    """Everything that the protocol fixes, line by line."""
    return [
        ("Who counts", protocol.eligibility),
        ("Compared", protocol.comparison),
        ("Main outcome", f"{named(protocol.outcome)}, followed for {protocol.horizon_days} days"),
        ("Adjusted for", words.listing([known(name) for name in protocol.adjusted_for]) or "nothing"),
        ("Groups", words.listing(list(protocol.subgroups)) or "none"),
        ("Negative controls", words.listing([named(name) for name in protocol.negative_controls]) or "none"),
        ("Intervals", protocol.intervals),
        ("Verdict", protocol.verdict),
    ]
