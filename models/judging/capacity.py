"""Works out what each cluster's list would have found at the cluster's capacity, and who died without the outcome."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from data_schemas.outcomes import WORDS
from models import metrics
from models.judging import intervals
from models.judging.drawn import AtCapacity
from models.judging.fairness import MINIMUM_PEOPLE
from models.judging.figures import UNKNOWN, ByShare
from models.judging.intervals import Judged, Measure
from models.judging.test_dates import TestData
from models.metrics import Array

REPLICATES = 200
MODEL = "model"


def at_capacity(
    test: TestData, p: Array, rivals: Mapping[str, Array], capacities: Mapping[str, int]
) -> list[AtCapacity]:
    """Return a row for each cluster that is large enough and has a capacity. It compares the model's list with the
    rivals' lists of the same length."""
    if not capacities:
        return []
    cluster, died = test.cohort("cluster_code")["cluster_code"].to_numpy(), test.outcome("died")
    rows, whole = [], test.judged(p)
    for code in sorted(code for code, places in capacities.items() if places):
        at = np.flatnonzero(cluster == code)
        if len(at) >= MINIMUM_PEOPLE:
            places = min(capacities[code] * len(test.snapshots), len(at))
            risks = {MODEL: p[at]} | {name: risk[at] for name, risk in rivals.items()}
            rows.append(_cluster(code, whole.where(at), risks, died[at], places, test.plan.seed))
    return [replace(row, died=UNKNOWN) for row in rows] if WORDS[test.plan.outcome].includes_death else rows


def _cluster(code: str, judged: Judged, risks: Mapping[str, Array], died: Array, places: int, seed: int) -> AtCapacity:
    """Work out the row of one cluster."""
    top = metrics.top_of_list(judged.y, judged.p, places)
    threshold = float(np.sort(judged.p)[-places])
    held = {name: members(risk, places) for name, risk in risks.items()}
    figures = intervals.figures(judged, worth(judged, held, died, threshold), replicates=REPLICATES, seed=seed)
    return AtCapacity(
        cluster=code,
        people=len(judged),
        n=top["n"],
        events=top["events"],
        threshold=threshold,
        ppv_worst=top["ppv_worst"],
        ppv_best=top["ppv_best"],
        lift=top["lift"],
        number_needed=top["number_needed"],
        **figures,
    )


def members(p: Array, places: int) -> Array:
    """1 for people at highest risk, 0 for the others. People whose risks tie at the edge share the places that are
    left."""
    edge = np.sort(p)[-places]
    above, tied = p > edge, p == edge
    return np.where(above, 1.0, np.where(tied, (places - above.sum()) / tied.sum(), 0.0))


def worth(judged: Judged, held: Mapping[str, Array], died: Array, threshold: float) -> Measure:
    """Work out PPV, sensitivity, deaths and net benefit of the named lists in `held`, including the model's, for any
    weighting.

    Net benefit (Vickers and Elkin 2006): people found minus people listed in vain, at the odds of `threshold`, per
    person. The threshold is the risk of the last person with a place, and rivals use the same threshold. Standardised:
    divided by the share of people with the outcome, so that 1 is a perfect list with nobody listed in vain.
    """
    y, names = judged.y.astype(np.float64), list(held)
    lists = np.column_stack([held[name] for name in names])
    columns = np.column_stack([np.ones(len(y)), y, held[MODEL] * died, lists, lists * y[:, None]])
    odds = threshold / max(1 - threshold, metrics.SMALLEST)

    def measure(w: Array) -> dict[str, Array]:
        n, events, deaths, *rest = (w @ columns).T
        listed, hits = np.array(rest[: len(names)]), np.array(rest[len(names) :])
        with np.errstate(divide="ignore", invalid="ignore"):
            benefit = (hits - odds * (listed - hits)) / n
            standardised = benefit / (events / n)
            mine = names.index(MODEL)
            values = {
                "ppv": hits[mine] / listed[mine],
                "sensitivity": hits[mine] / events,
                "died": deaths / listed[mine],
                "net_benefit": benefit[mine],
                "standardised_net_benefit": standardised[mine],
            }
            for i, name in enumerate(names):
                if i != mine:
                    values[f"rivals:{name}"] = standardised[i]
                    values[f"better_by:{name}"] = standardised[mine] - standardised[i]
        return values

    return measure


def died_at(test: TestData, p: Array) -> ByShare:
    """Share of people at highest risk who died in the window without the outcome, by the share of people listed. Empty
    if death is part of the outcome."""
    if WORDS[test.plan.outcome].includes_death:
        return {}
    judged, died = test.judged(p), test.outcome("died")
    lists = np.column_stack([
        members(p, int(metrics.top_size(share, len(p)))) for share in metrics.TOP_SHARES
    ])  # fmt: skip
    columns = np.column_stack([lists, lists * died[:, None]])

    def measure(w: Array) -> dict[str, Array]:
        listed, deaths = np.split(w @ columns, 2, axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            shares = deaths / listed
        return {f"died_at:{intervals.key_of(share)}": shares[:, i] for i, share in enumerate(metrics.TOP_SHARES)}

    found: ByShare = intervals.figures(judged, measure, replicates=REPLICATES, seed=test.plan.seed)["died_at"]
    return found
