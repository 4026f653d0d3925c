"""Flow: plan a roll-out, using the site's own past months."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import polars as pl

from data_schemas.disk import write
from data_schemas.errors import ConfigurationError
from data_schemas.nearest import nearest
from flows import studies
from flows.flow import flow
from flows.guard import guarded
from flows.lock import alone_in
from flows.parameters import RolloutParameters
from flows.run import Run

if TYPE_CHECKING:
    from models.impact.rollout import Past

PAST_MONTHS = 24
FOLDER = "rollout-plan"
FEWEST = 2


@dataclass(frozen=True)
class Plan:
    """What is fixed before the first cluster starts, and what the roll-out could show."""

    site: str
    design: str
    outcome: str
    steps: int
    step_months: int
    months: int
    order: dict[str, int]
    """The step of each cluster. In a parallel roll-out, 1 starts and 2 waits."""
    seed: int
    level: float
    """Events per 100 person-years in the past months."""
    intra_cluster_correlation: float
    month_error: float
    """Standard deviation of cluster-months, after the level of each cluster and month is removed."""
    effect_percent: float
    power: dict[str, float]
    """The chance of showing an effect, by its size in per cent of the level."""
    people: int


@flow(name="rollout")
def rollout(parameters: RolloutParameters) -> dict[str, Any]:
    """Draw the order, work out the power and write the plan."""
    with alone_in(parameters.folder):
        run = Run(parameters)
        return guarded("rollout plan", lambda: planned(run, parameters))


def planned(run: Run, asked: RolloutParameters) -> dict[str, Any]:
    """Write the plan, as JSON and as a page for people."""
    from pipeline.programme.plan_page import plan_page
    from pipeline.publish.files import as_json

    codes, past = past_months(run, asked)
    plan = plan_of(run, asked, codes, past)
    folder = run.out / FOLDER
    write(folder / "plan.json", as_json(asdict(plan)))
    write(folder / "plan.html", plan_page(asdict(plan)))
    return {
        "order": plan.order,
        "power": {f"{size} per cent": f"{power:.0%}" for size, power in plan.power.items()},
        "intra cluster correlation": round(plan.intra_cluster_correlation, 3),
        "page": str(folder / "plan.html"),
    }


def past_months(run: Run, asked: RolloutParameters) -> tuple[list[str], Past]:
    """Read the clusters of the plan and their past months. Raises `ConfigurationError` for unknown clusters, or too
    few."""
    from models.impact.rollout import Past
    from pipeline.programme.cluster_months import panel

    known = studies.records_of(run)
    end = known.end.replace(day=1)
    first = max(_months_before(end, PAST_MONTHS), (known.first_day + dt.timedelta(days=31)).replace(day=1))
    cells = panel(known, run.settings.run.outcome, first, end)
    there = cells["cluster_code"].unique().sort().to_list()
    codes = sorted(set(asked.clusters)) or there
    unknown = [code for code in codes if code not in there]
    problems = [f"--clusters: found {code!r}; accepted: {', '.join(there)}{nearest(code, there)}" for code in unknown]
    if len(codes) < FEWEST:
        problems.append(f"--clusters: found {len(codes)}; accepted: {FEWEST} or more")
    if problems:
        raise ConfigurationError(problems)
    chosen = cells.filter(pl.col("cluster_code").is_in(codes)).with_columns(
        rate=100 * pl.col("events") / pl.col("years")
    )
    wide = chosen.pivot("month", index="cluster_code", values="rate", sort_columns=True).sort("cluster_code")
    people = chosen.group_by("cluster_code").agg(pl.col("people").last()).sort("cluster_code")["people"]
    return codes, Past(wide.drop("cluster_code").to_numpy(), people.to_numpy().astype(float))


def _months_before(day: dt.date, months: int) -> dt.date:
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return dt.date(year, month + 1, 1)


def plan_of(run: Run, asked: RolloutParameters, codes: list[str], past: Past) -> Plan:
    """Draw the order, and work out the power for the expected effect, half of it and twice it."""
    from models.impact import rollout as planning

    seed, steps = run.settings.run.seed, 2 if asked.design == "parallel" else asked.steps or len(codes)
    places = planning.spread_of_steps(len(codes), min(steps, len(codes)))
    order = planning.draw_order(past.people, past.rates.mean(axis=1), places, seed)
    months = asked.step_months * (int(places.max()) + 1)
    sizes = [round(100 * asked.effect * share, 1) for share in (0.5, 1.0, 2.0)]
    return Plan(
        site=run.settings.site.name,
        design=asked.design,
        outcome=run.settings.run.outcome,
        steps=int(places.max()),
        step_months=asked.step_months,
        months=months,
        order={code: int(step) for code, step in zip(codes, order, strict=True)},
        seed=seed,
        level=past.level,
        intra_cluster_correlation=past.intra_cluster_correlation,
        month_error=past.error,
        effect_percent=100 * asked.effect,
        power={f"{size:g}": _power(run, asked, past, order, months, size / 100) for size in sizes},
        people=int(past.people.sum()),
    )


def _power(run: Run, asked: RolloutParameters, past: Past, order: Any, months: int, share: float) -> float:
    from models.impact import rollout as planning

    effect, seed = share * past.level, run.settings.run.seed
    if asked.design == "lottery":
        people = int(run.settings.lists.size * len(order) * 2 * (run.settings.lists.lottery or LOTTERY) * months)
        return planning.lottery_power(people, min(LISTED_RISK, 1.0), share * LISTED_RISK)
    if asked.design == "parallel":
        return planning.parallel_power(len(order), months, effect, past.error, months // 2, seed)
    return planning.stepped_power(order * asked.step_months, months, effect, past.error, seed=seed)


LOTTERY, LISTED_RISK = 0.2, 0.4
"""Used if the site has no lottery yet: a share of the places, and about the risk of people at the edge of a list."""
