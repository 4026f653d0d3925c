# ruff: noqa: E501 - the lines of a table
"""How often each alarm rings where something is wrong, and where nothing is: `python -m tests.benchmarks.alarms` writes the page.

Risks are drawn as a site's are (log-odds about -2.4, standard deviation 1.1: a tenth of people have the outcome, AUROC 0.77), outcomes
from risks that are changed as the row says, and the intervals are those of the evaluation: the bootstrap by person.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

from data_schemas.disk import write
from models import bootstrap
from models.judging import alarms, intervals
from models.judging.figures import Figures, GroupResult
from models.judging.intervals import Judged
from models.metrics import expit, logit

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "alarms.md"
TRIALS = 400
REPLICATES = 60
GROUPS = 25
EVENTS = (100, 200, 400, 900)
"""Expected events among all test people."""
GROUP_EVENTS = (40, 80, 160, 350)
"""Expected events in the group that is off."""
Change = Callable[[np.ndarray], np.ndarray]
CHANGES: dict[str, Change] = {
    "nothing is wrong": lambda x: x,
    "observed/expected 0.75": lambda x: scaled(x, 0.75),
    "observed/expected 0.60": lambda x: scaled(x, 0.60),
    "observed/expected 1.40": lambda x: scaled(x, 1.40),
    "slope 0.80": lambda x: centred(x, 0.80),
    "slope 0.65": lambda x: centred(x, 0.65),
}


def scaled(x: np.ndarray, ratio: float) -> np.ndarray:
    """Log-odds of risks that are so many times those of `x`."""
    return logit(np.clip(expit(x) * ratio, 0, 0.99))


def centred(x: np.ndarray, slope: float) -> np.ndarray:
    """Log-odds drawn together by a slope, moved so that the total stays."""
    drawn, shift = slope * x, 0.0
    for _ in range(20):
        shift += np.log(expit(x).sum() / expit(drawn + shift).sum())
    return drawn + shift


def figures(rng: np.random.Generator, people: int, change: Change) -> Figures:
    """Calibration figures of one simulated test date."""
    x = rng.normal(-2.4, 1.1, people)
    y = (rng.random(people) < expit(change(x))).astype(np.int8)
    judged = Judged(y, expit(x), np.arange(people, dtype=np.int32))
    found = intervals.figures(
        judged, intervals.calibration_measures(judged), replicates=REPLICATES, seed=int(rng.integers(2**31))
    )
    return Figures(n=people, events=int(y.sum()), **found)


def rings(events: int, change: Change) -> float:
    """Share of simulated sites on which `calibration` rings."""
    rng = np.random.default_rng(7)
    return float(
        np.mean([bool(alarms.calibration(figures(rng, round(events / 0.126), change))) for _ in range(TRIALS)])
    )


def group_rings(events: int, ratio: float) -> float:
    """Share of simulated sites on which `subgroup` rings, one of 25 groups having that ratio; Poisson counts, as the outcome is rare."""
    rng, rung = np.random.default_rng(8), 0
    for _ in range(TRIALS):
        observed = rng.poisson(events * np.r_[ratio, np.ones(GROUPS - 1)])
        drawn = rng.poisson(observed, (REPLICATES, GROUPS)) / events
        rows = [
            GroupResult(
                group="cluster", value=str(i), n=10 * events, events=int(observed[i]),
                observed_expected=intervals.Interval(observed[i] / events, *bootstrap.interval(drawn[:, i])),
            )
            for i in range(GROUPS)
        ]  # fmt: skip
        overall = Figures(n=1, events=1, observed_expected=intervals.Interval(float(observed.sum() / events / GROUPS)))
        rung += bool(alarms.subgroup(overall, rows))
    return rung / TRIALS


def table(head: str, sizes: Iterable[int], rows: dict[str, list[float]]) -> list[str]:
    """Lines of a Markdown table of shares."""
    names = [f"{size} events" for size in sizes]
    lines = [f"| {head} | {' | '.join(names)} |", "| --- |" + " ---: |" * len(names)]
    return lines + [
        f"| {name} | {' | '.join(f'{100 * share:.0f}%' for share in shares)} |" for name, shares in rows.items()
    ]


def page() -> str:
    """The page of the docs."""
    calibration = {name: [rings(events, change) for events in EVENTS] for name, change in CHANGES.items()}
    groups = {
        f"observed/expected {ratio:.2f} in one group" if ratio < 1 else "nothing is wrong": [
            group_rings(n, ratio) for n in GROUP_EVENTS
        ]
        for ratio in (1.0, 0.6, 0.4)
    }
    return "\n".join([
        TEXT,
        "## calibration (and drift, whose first rule is the same)\n",
        *table("how often it rings", EVENTS, calibration),
        f"\n## subgroup: one of {GROUPS} groups is off\n",
        *table("how often it rings", GROUP_EVENTS, groups),
        "",
    ])  # fmt: skip


TEXT = f"""# Alarms: when they ring, how often, and how often by mistake

<!-- written by `python -m tests.benchmarks.alarms` -->

| alarm | rings when |
| --- | --- |
| `leakage` | the test AUROC is above {alarms.IMPLAUSIBLE_AUROC}, one feature alone does nearly as well as the model, or outcome windows overlap |
| `calibration` | observed/expected is outside {alarms.TOTAL_LIMITS[0]} to {alarms.TOTAL_LIMITS[1]}, or the calibration slope outside {alarms.SLOPE_LIMITS[0]:.2f} to {alarms.SLOPE_LIMITS[1]:.2f}, and the 95% interval leaves out 1 |
| `drift` | observed/expected as above, or the mix of risks has changed (stability index from {alarms.RISK_DRIFT}) |
| `subgroup` | a group's observed/expected over everybody's is outside {alarms.SUBGROUP_LIMITS[0]:.2f} to {alarms.SUBGROUP_LIMITS[1]}, by more than chance among all groups looked at (Bonferroni), with {alarms.SUBGROUP_EVENTS} events or more |
| `empty_join` | a configured table reaches nobody, or far fewer people than at the median date |

Alarms about training and test dates hold back the champion; alarms about the snapshot to be scored hold back the release alone.

The shares below are of {TRIALS} simulated sites each. The model's risks are right but for what the row says; events are those expected.
"""

if __name__ == "__main__":
    write(PAGE, page())
