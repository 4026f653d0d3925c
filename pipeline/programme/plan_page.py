"""Makes the page about the plan of a roll-out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline import pages
from pipeline.programme.names import named

DESIGNS = {
    "stepped": "Stepped: all clusters start, one step after another. The order is drawn by lot.",
    "parallel": "Parallel: half of the clusters, drawn by lot, start together. The others wait.",
    "lottery": "Lottery: in each cluster the last places on the list are drawn by lot. To do so, set [lists] lottery.",
}


def plan_page(plan: Mapping[str, Any]) -> bytes:
    """`plan.html`."""
    return pages.render(
        "rollout-plan.html",
        site=plan["site"],
        design=DESIGNS[plan["design"]],
        is_lottery=plan["design"] == "lottery",
        outcome=named(plan["outcome"]),
        order=sorted(plan["order"].items(), key=lambda item: (item[1], item[0])),
        step_months=plan["step_months"],
        months=plan["months"],
        level=f"{plan['level']:.1f}",
        correlation=f"{plan['intra_cluster_correlation']:.3f}",
        error=f"{plan['month_error']:.1f}",
        power=[(size, f"{chance:.0%}") for size, chance in plan["power"].items()],
        seed=plan["seed"],
    )
