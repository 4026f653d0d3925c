"""Whether impact reports the truth: planted effects with every design, lots that do nothing, lists that change what
they predict.

`python -m tests.benchmarks.impact [--seeds 100] [--only NAME …]`. Shares are of so many seeds, with the truth known.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from models.impact.effects import Effect, Units, compare
from models.impact.matching import match
from models.impact.rollout import stepped_power
from models.impact.sequence import expected_before, looks, scores
from models.impact.stepped import ALPHA, analyse, exposure, permuted_weights

if TYPE_CHECKING:
    from pipeline.synthetic.feedback_world import Labels, Rows

EFFECTS = (-0.10, 0.0, 0.05)
SHARED = Path(__file__).parents[3] / "shared"
STARTS = np.array([3, 5, 7, 9, 11, 13, 15])
PERIODS = 18


def risks(rng: np.random.Generator, people: int) -> np.ndarray:
    return 1 / (1 + np.exp(-rng.normal(-2.0, 1.0, people)))


def rows(y, offered, weight=None, group=None) -> Units:
    n = len(y)
    return Units(
        y.astype(float),
        np.ones(n),
        offered,
        np.arange(n) if group is None else group,
        np.ones(n) if weight is None else weight,
    )


def randomised(effect: float, seed: int) -> tuple[Effect, float]:
    rng = np.random.default_rng(seed)
    p = np.sort(risks(rng, 20_000))[-6000:]
    offered = rng.permutation(np.arange(6000) % 2 == 0)
    y = rng.random(6000) < p * np.where(offered, 1 + effect, 1)
    return compare(rows(y, offered)), effect * p[offered].mean()


def matched(effect: float, seed: int) -> tuple[Effect, float]:
    rng = np.random.default_rng(seed)
    n = 20_000
    p = risks(rng, n)
    logit = np.log(p / (1 - p))
    sex = rng.integers(0, 2, n)
    offered = rng.random(n) < 0.1 / (1 + np.exp(-1.5 * (logit + 1)))
    y = rng.random(n) < p * np.where(offered, 1 + effect, 1)
    frame = pl.DataFrame({"person": np.arange(n), "logit": logit, "sex": sex, "start_date": 0, "y": y}).with_columns(
        free_until=pl.when(pl.Series(offered)).then(0)
    )
    cases, pool = frame.filter(pl.Series(offered)), frame.filter(pl.Series(~offered))
    sets = match(cases, pool, ["sex"])
    used = np.unique(sets.case)
    person = np.concatenate([cases["person"].to_numpy()[used], pool["person"].to_numpy()[sets.control]])
    weight = np.concatenate([np.ones(len(used)), sets.weights()])
    arm = np.arange(len(person)) < len(used)
    found = compare(rows(y[person], arm, weight, person), np.column_stack([logit[person], sex[person]]))
    return found, effect * p[person[arm]].mean()


def lottery(effect: float, seed: int, months: int = 24, zone: int = 200) -> tuple[Effect, float]:
    rng = np.random.default_rng(seed)
    p = np.clip(rng.normal(0.3, 0.03, (months, zone)), 0.05, 0.9)
    offered = np.stack([rng.permutation(np.arange(zone) % 2 == 0) for _ in range(months)])
    y = rng.random(p.shape) < p * np.where(offered, 1 + effect, 1)
    return compare(rows(y.ravel(), offered.ravel(), np.full(p.size, 2.0))), effect * p[offered].mean()


def stepped(effect: float, seed: int, people: int = 40_000) -> tuple[Effect, float]:
    rng = np.random.default_rng(seed)
    base = 0.008 * np.exp(
        rng.normal(0, 0.1, (7, 1)) + rng.normal(0, 0.05, (1, PERIODS)) + rng.normal(0, 0.02, (7, PERIODS))
    )
    x = exposure(rng.permutation(STARTS), PERIODS)
    starts = PERIODS - x.sum(axis=1).astype(int)
    y = rng.binomial(people, base * (1 + effect * x)) / people
    found = analyse(y, starts)
    return Effect(0, 0, found.effect, found.low, found.high), effect * float((base * x).sum() / x.sum())


def planted(seeds: int) -> None:
    """Coverage of planted effects, and how often no effect is reported as one."""
    designs: dict[str, Callable[[float, int], tuple[Effect, float]]] = {
        "randomised": randomised, "matched": matched, "lottery": lottery, "stepped": stepped,
    }  # fmt: skip
    for name, study in designs.items():
        lines = []
        for effect in EFFECTS:
            found = [study(effect, seed) for seed in range(seeds)]
            covered = np.mean([one.low <= truth <= one.high for one, truth in found])
            shown = np.mean([one.verdict != "not shown" for one, _ in found])
            lines.append(f"{effect:+.0%}: covered {covered:.0%}, an effect called {shown:.0%}")
        say(f"planted, {name}", "; ".join(lines))


def sequence(seeds: int) -> None:
    """How often a confidence sequence is right at all of 24 monthly checks."""
    held = 0
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        batch = np.repeat(np.arange(24), 60)
        offered = np.concatenate([rng.permutation(np.arange(60) < 30) for _ in range(24)])
        y = (rng.random(len(batch)) < 0.4 - 0.04 * offered).astype(float)
        seen = looks(scores(y, offered, np.full(len(y), 0.5), expected_before(y, batch, 0.4)), batch, len(y))
        held += all(one.low <= -0.04 <= one.high for one in seen)
    say("confidence sequence", f"holds at all of 24 months in {held} of {seeds}")


def cost(seeds: int) -> None:
    """What a lottery for the last fifth of the places costs in expected reach."""
    lost = []
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        p, places = np.sort(risks(rng, 40_000))[::-1], 400
        k = places // 5
        zone = p[places - k : places + k].reshape(-1, 10)
        drawn = sum(float(rng.permutation(stratum)[:5].sum()) for stratum in zone)
        lost.append(1 - (p[: places - k].sum() + drawn) / p[:places].sum())
    say("cost of a lottery of 20%", f"{np.mean(lost):.2%} of the expected reach, at most {np.max(lost):.2%}")


def sham(seeds: int) -> None:
    """Real people: a random half of those often admitted get an invented programme that does nothing."""
    source = SHARED / "data" / "rand"
    if not source.exists():
        say("sham on RAND", "skipped: ../shared is absent")
        return
    from pipeline.features.catalogue import features_of
    from pipeline.ingest import ingest
    from pipeline.programme.follow_up import follow_up, rows_for
    from pipeline.programme.records import records
    from pipeline.settings import load_settings
    from tests.rand_trial import often_admitted, write_site

    with tempfile.TemporaryDirectory() as folder:
        config = write_site(source, Path(folder) / "site")
        settings = load_settings(config)
        receipt = ingest(settings, Path(folder) / "store")
        known = records(
            receipt, features_of(settings).concepts, "icd10", receipt.tables["admissions"].first_day, settings.run.as_of
        )
        people = pl.read_parquet(receipt.people_path).join(often_admitted(config.parent / "extracts"), on="person_id")
        units = people.sort("person").with_row_index("unit").with_columns(pl.col("unit").cast(pl.Int64))
        followed = follow_up(units, known, 365)
        counts = rows_for(followed, "admissions")["y"].to_numpy()
        admitted = rows_for(followed, "any_admission")
    y = admitted["y"].to_numpy()
    covered = 0
    for seed in range(seeds):
        offered = np.random.default_rng(seed).permutation(np.arange(len(y)) % 2 == 0)
        found = compare(rows(y, offered))
        covered += found.low <= 0 <= found.high
    say(
        "sham on RAND",
        f"{len(y)} people; {counts.mean():.2f} admissions a year after; the interval holds 0 in {covered} of {seeds}",
    )


def order(seeds: int) -> None:
    """Type I errors and power with seven clusters, compared with the plan."""
    weights, rng = permuted_weights(STARTS, PERIODS, 0), np.random.default_rng(7)
    x = exposure(STARTS, PERIODS).ravel()
    for effect in (0.0, 0.5, 0.8):
        y = rng.normal(size=(x.size, 2000)) + effect * x[:, None]
        estimates = np.abs(weights @ y)
        shown = np.mean(np.mean(estimates >= estimates[0] * (1 - 1e-9), axis=0) <= ALPHA)
        planned = stepped_power(STARTS, PERIODS, effect, 1.0, seed=1)
        say(f"stepped, seven clusters, effect {effect}", f"shown in {shown:.1%} of 2,000, planned {planned:.1%}")
    del seeds


def world(seeds: int) -> None:
    """Simulate 60 months in which people seen have 0.7 of their hazard, or all of it, with naive training, ours, and
    the alarm."""
    from pipeline.synthetic.feedback_world import exclude, ignore, weight

    for hazard in (0.7, 1.0):
        for labels in (ignore, exclude, weight):
            in_world(hazard, labels, seeds)


def in_world(hazard: float, labels: Labels, seeds: int) -> None:
    """How far observed/expected moves from 1 under one way of training, and when the alarm is raised."""
    from pipeline.synthetic.feedback_world import World, simulate

    ratios, rung = [], []
    for seed in range(seeds):
        course = simulate(World(people=40_000, seen_hazard=hazard), labels, seed)
        ratios.append(course.observed_expected)
        rung.append(next((i for i, test in enumerate(course.tests) if rings(*test)), None))
    found = np.array(ratios)
    inside = int((np.abs(found - 1) <= 0.05).all(axis=1).sum())
    late = sum(max(one[:at], default=0) > 1.25 for one, at in zip(ratios, rung, strict=True))
    say(
        f"feedback world, hazard {hazard}, {labels.__name__}",
        f"inside 0.95-1.05 at every training in {inside} of {seeds}; observed/expected by training "
        + ", ".join(f"{one:.3f}" for one in found.mean(axis=0))
        + f", from {found.min():.3f} to {found.max():.3f}; alarm rings in {sum(at is not None for at in rung)}"
        f", at the first look in {rung.count(0)}, after 1.25 was passed in {late}",
    )


def rings(known: Rows, p: np.ndarray) -> bool:
    """Whether the alarm is raised for the newest rows whose year has passed."""
    from models.judging import alarms
    from models.judging.influence import observed_expected, ratio
    from models.judging.record import Influence

    person = np.arange(len(p))
    seen, never = known.reached | known.seen_before, ~known.listed & ~known.listed_lately
    found = [
        observed_expected(pl.DataFrame({"person": person[at], "y": known.y[at], "p": p[at]})) for at in (seen, never)
    ]
    return bool(alarms.feedback(Influence(groups=[], ratio=ratio(*found))))


def ledger(seeds: int) -> None:
    """Run the property test of the ledger with 10,000 more feedback files (100 for each seed)."""
    import random
    from types import SimpleNamespace

    from tests.pipeline.ledger.test_entries import test_whatever_a_file_holds

    check = test_whatever_a_file_holds.hypothesis.inner_test  # with files of our own, without Hypothesis

    words = [
        "Declined",
        "Seen: support taken up",
        "",
        "2026-03-20",
        "12th March",
        "p0",
        "p1",
        "p9",
        'x,"y',
        "Ünder",
        "'=1",
    ]
    draw = random.Random(1)
    started = time.perf_counter()
    for _ in range(100 * seeds):
        with tempfile.TemporaryDirectory() as folder:
            rows = [tuple(draw.choice(words) for _ in range(3)) for _ in range(draw.randrange(6))]
            check(SimpleNamespace(mktemp=lambda _, place=folder: Path(place)), rows)
    say(
        "ledger",
        f"{100 * seeds:,} files in {time.perf_counter() - started:.0f} s: in = stored + refused, twice the same, opt-outs gone",
    )


def say(name: str, words: str) -> None:
    sys.stdout.write(f"{name}: {words}\n")
    sys.stdout.flush()


PARTS = {one.__name__: one for one in (planted, sequence, cost, sham, order, world, ledger)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=100)
    parser.add_argument("--only", nargs="*", choices=PARTS, default=list(PARTS))
    given = parser.parse_args()
    for name in given.only:
        PARTS[name](given.seeds)


if __name__ == "__main__":
    main()
