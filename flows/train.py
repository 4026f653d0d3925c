"""Flow: train, choose, test and register a model."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from flows import site_files
from flows.flow import flow
from flows.guard import guarded
from flows.lock import alone_in
from flows.parameters import Choices, of_site
from flows.run import Run
from flows.training import ablations, over_time

if TYPE_CHECKING:
    from models.ablate import Ablation
    from models.judging.figures import Interval
    from models.judging.over_time import OverTime


@flow(name="train")
def train(parameters: Choices) -> dict[str, Any]:
    """Train on the training dates, test on the test dates, register, and report what scores."""
    asked = of_site(parameters)
    with alone_in(asked.folder):
        run = Run(asked)
        result = dataclasses.asdict(run.model)
        if asked.ablate:
            result["ablation"] = [in_short(row) for row in guarded("ablate", lambda: _ablated(run))]
        if asked.rolling:
            result |= dated(guarded("over time", lambda: _rolled(run)))
        return result


def _ablated(run: Run) -> list[Ablation]:
    truth = site_files.truth(run.settings)
    return ablations(run.model, run.training, run.testing, run.plan, truth, run.store)


def _rolled(run: Run) -> OverTime:
    from models.learning.splits import rolling_dates

    return over_time(run.model, run.snapshots(rolling_dates(run.dates, run.first_day)), run.plan, run.store)


def in_short(row: Ablation) -> dict[str, Any]:
    """Write an ablation as one line: its AUROC and distance from the true risks, and how much better the whole model
    is, with the interval."""
    line: dict[str, Any] = {"name": row.name, "features": row.features}
    figures = {name: getattr(row.figures, name) for name in ("auroc", "truth_rank", "truth_distance")}
    for name, figure in figures.items():
        if figure.known:
            line[name] = round(figure.value, 4)
        if lost := row.differences.get(name):
            ends = {"": lost.difference, " low": lost.low, " high": lost.high}
            line |= {f"{name} lost{end}": round(value, 4) for end, value in ends.items()}
    return line


def dated(over_time: OverTime) -> dict[str, Any]:
    """Write rolling origin and staleness as one line per date."""
    rolled = [
        {"judged at": row.test, "trained at": " ".join(row.train), "auroc": interval(row.auroc),
         "observed/expected": interval(row.observed_expected)}
        for row in over_time.rolling
    ]  # fmt: skip
    aged = [
        {
            "days old": row.days,
            **{f"auroc of the {who.replace('_', ' ')}": interval(each.auroc) for who, each in row.by_age().items()},
        }
        for row in over_time.staleness
    ]
    return {"rolling": rolled, "staleness": aged, "notices": [notice.detail for notice in over_time.notices]}


def interval(figure: Interval) -> str:
    """A figure with its 95% interval."""
    return f"{figure.value:.3f} [{figure.low:.3f}, {figure.high:.3f}]"
