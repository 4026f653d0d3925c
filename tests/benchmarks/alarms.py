# ruff: noqa: E501 - the lines of a table
"""How often each alarm is raised where something is wrong, and where nothing is: `python -m tests.benchmarks.alarms`
writes the page.

Risks are drawn like a site's (log-odds about -2.4, standard deviation 1.1: a tenth of people have the outcome, AUROC
0.77). Outcomes come from risks changed as the row says, and the intervals are those of the evaluation: the bootstrap by
person.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

from data_schemas.disk import write
from data_schemas.receipts import Feature
from models import bootstrap, metrics
from models.judging import alarms, drift, intervals, missing_tables
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
"""Expected events in the group with the error."""
NOTHING = "nothing is wrong"
Change = Callable[[np.ndarray], np.ndarray]
CHANGES: dict[str, Change] = {
    NOTHING: lambda x: x,
    "observed/expected 0.75": lambda x: scaled(x, 0.75),
    "observed/expected 0.60": lambda x: scaled(x, 0.60),
    "observed/expected 1.40": lambda x: scaled(x, 1.40),
    "slope 0.80": lambda x: centred(x, 0.80),
    "slope 0.65": lambda x: centred(x, 0.65),
}


def scaled(x: np.ndarray, ratio: float) -> np.ndarray:
    """Log-odds of the risks of `x` multiplied by `ratio`."""
    return logit(np.clip(expit(x) * ratio, 0, 0.99))


def centred(x: np.ndarray, slope: float) -> np.ndarray:
    """Multiply log-odds by a slope and shift them so that the total stays the same."""
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
    """Share of simulated sites that raise the alarm `calibration`."""
    rng = np.random.default_rng(7)
    return float(
        np.mean([bool(alarms.calibration(figures(rng, round(events / 0.126), change))) for _ in range(TRIALS)])
    )


def group_rings(events: int, ratio: float) -> float:
    """Share of simulated sites that raise the alarm `subgroup`, when one of 25 groups has that ratio; Poisson counts,
    because the outcome is rare.
    """
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


PEOPLE = (500, 2000, 10_000)
"""Expected events at the date that is checked."""
SEEN_EVENTS = (25, 50, 100, 200)
"""Expected events among people that a list reached, in training and test together."""
DATES = tuple(dt.date(2020 + year, 4, 1) for year in range(5))


def mix_rings(people: int, shift: float) -> float:
    """Share of simulated dates that raise the alarm `drift` because the log-odds of everybody's risk have shifted."""
    rng, rung = np.random.default_rng(9), 0
    for _ in range(TRIALS):
        before, now = (expit(rng.normal(-2.4 + moved, 1.1, n)) for moved, n in ((0.0, 5000), (shift, people)))
        rung += drift.risk_index(drift.risk_reference(before), now) >= alarms.RISK_DRIFT
    return rung / TRIALS


def leak_rings(events: int, copied: float) -> float:
    """Share of simulated sites that raise the alarm `leakage` when a feature reveals a share `copied` of the
    outcomes."""
    rng, rung = np.random.default_rng(10), 0
    for _ in range(TRIALS):
        x = rng.normal(-2.4, 1.1, round(events / 0.126))
        y = (rng.random(len(x)) < expit(x)).astype(np.int8)
        leak = (y == 1) & (rng.random(len(x)) < copied)
        area = metrics.auroc(y, expit(x + 10 * leak))
        figures_of_model = Figures(n=len(x), events=int(y.sum()), auroc=intervals.Interval(area))
        alone = alarms.single_features(np.column_stack([x, leak]).astype(np.float32), y, LEAKY)
        rung += bool(alarms.leakage(figures_of_model, alone))  # type: ignore[arg-type]
    return rung / TRIALS


LEAKY = [Feature(name, name, "site", "latest") for name in ("honest", "leak")]


def join_rings(people: int, lost: float) -> float:
    """Share of simulated sites that raise the alarm `empty_join` when one of five dates has lost events of a table (one
    per person and year).
    """
    rng, rung = np.random.default_rng(11), 0
    for _ in range(TRIALS):
        level = np.r_[1 - lost, np.ones(len(DATES) - 1)]
        rates = {day: {(0, 365): rng.poisson(people * kept) / people} for day, kept in zip(DATES, level, strict=True)}
        rung += bool(missing_tables.far_fewer("attendances", rates, dict.fromkeys(DATES, people), None))
    return rung / TRIALS


def feedback_rings(events: int, ratio: float) -> float:
    """Share of simulated sites that raise the alarm `feedback`. People never listed have twenty times as many
    events."""
    rng, rung = np.random.default_rng(12), 0
    for _ in range(TRIALS):
        seen, never = rng.poisson(events * ratio), rng.poisson(20 * events)
        found = max(seen, 0.5) / events / (never / (20 * events))
        error = 1.96 * np.sqrt(1 / max(seen, 0.5) + 1 / never)
        touched = intervals.Interval(found, found * np.exp(-error), found * np.exp(error))
        rung += bool(alarms.feedback_of(touched))
    return rung / TRIALS


def table(head: str, sizes: Iterable[int], rows: dict[str, list[float]], of: str = "events") -> list[str]:
    """Write the lines of a Markdown table of shares."""
    names = [f"{size:,} {of}" for size in sizes]
    lines = [f"| {head} | {' | '.join(names)} |", "| --- |" + " ---: |" * len(names)]
    return lines + [
        f"| {name} | {' | '.join(f'{100 * share:.0f}%' for share in shares)} |" for name, shares in rows.items()
    ]


def page() -> str:
    """Write the page of the docs."""
    calibration = {name: [rings(events, change) for events in EVENTS] for name, change in CHANGES.items()}
    groups = {
        f"observed/expected {ratio:.2f} in one group" if ratio < 1 else NOTHING: [
            group_rings(n, ratio) for n in GROUP_EVENTS
        ]
        for ratio in (1.0, 0.6, 0.4)
    }
    mixes = {f"log-odds moved by {s:g}" if s else NOTHING: [mix_rings(n, s) for n in PEOPLE] for s in (0, 0.4, 0.6, 1)}
    leaks = {
        f"{c:.0%} of outcomes given away" if c else NOTHING: [leak_rings(n, c) for n in EVENTS]
        for c in (0, 0.5, 0.7, 0.9)
    }
    joins = {
        f"{lost:.0%} of a table lost" if lost else NOTHING: [join_rings(n, lost) for n in (100, *PEOPLE)]
        for lost in (0, 0.6, 0.8, 0.95)
    }
    lists = {
        f"{r:g} times as often as predicted" if r < 1 else NOTHING: [feedback_rings(n, r) for n in SEEN_EVENTS]
        for r in (1, 0.8, 0.6)
    }
    return "\n".join([
        TEXT,
        "## calibration (and drift, whose first rule is the same)\n",
        *table("how often it is raised", EVENTS, calibration),
        f"\n## subgroup: one of {GROUPS} groups is off\n",
        *table("how often it is raised", GROUP_EVENTS, groups),
        "\n## drift: the mix of risks has changed\n",
        *table("how often it is raised", PEOPLE, mixes, "people"),
        "\n## leakage: a feature gives outcomes away\n",
        *table("how often it is raised", EVENTS, leaks),
        "\n## empty_join: one date of five has lost events of a table, one a person and year\n",
        *table("how often it is raised", (100, *PEOPLE), joins, "people"),
        "\n## feedback: people whom a list reached have the outcome less often than predicted\n",
        *table("how often it is raised", SEEN_EVENTS, lists),
        "",
    ])  # fmt: skip


TEXT = f"""# Alarms: when they are raised, how often, and how often by mistake

<!-- written by `python -m tests.benchmarks.alarms` -->

| alarm | is raised if |
| --- | --- |
| `leakage` | the test AUROC is above {
    alarms.IMPLAUSIBLE_AUROC
}, one feature alone does nearly as well as the model, or outcome windows overlap |
| `calibration` | observed/expected is outside {alarms.TOTAL_LIMITS[0]} to {
    alarms.TOTAL_LIMITS[1]
}, or the calibration slope outside {alarms.SLOPE_LIMITS[0]:.2f} to {
    alarms.SLOPE_LIMITS[1]:.2f}, and the 95% interval excludes 1 |
| `drift` | observed/expected as above, or the mix of risks has changed (stability index from {alarms.RISK_DRIFT}) |
| `subgroup` | a group's observed/expected over everybody's is outside {alarms.SUBGROUP_LIMITS[0]:.2f} to {
    alarms.SUBGROUP_LIMITS[1]
}, by more than chance among all the groups examined (Bonferroni), with {alarms.SUBGROUP_EVENTS} events or more |
| `feedback` | observed/expected of people whom a list reached, over that of people never listed, has an interval that is not wholly within {
    alarms.TOTAL_LIMITS[0]
} to {alarms.TOTAL_LIMITS[1]} and excludes 1 |
| `empty_join` | a configured table reaches nobody, or far fewer people than at the median date |

Alarms about training and test dates hold back the champion. Alarms about the snapshot to be scored hold back only the
release.

`calibration` has one more rule, for sites where many people leave: it is raised if more than {
    100 * alarms.MANY_LEAVERS:.0f}% left, and observed/expected differs by more than {
    100 * (alarms.LEAVERS_MATTER - 1):.0f}%
between leaving them out and weighting for them. This rule depends only on the counts.

With 100 events, `calibration` is raised by mistake on about one site in twelve: it tests two figures, and bootstrap
intervals are a little too narrow with so few events. Read the interval before you act.

The shares below are of {TRIALS} simulated sites each. The model's risks are right except for what the row says. The
numbers of events are expected numbers. """

if __name__ == "__main__":
    write(PAGE, page())
