"""Compares how well the model works for groups of people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import polars as pl
from numpy.typing import NDArray

from data_schemas.gp import ETHNIC_GROUPS
from models import metrics
from models.judging import intervals
from models.judging.figures import GroupResult, RisingRisk
from models.judging.intervals import Judged, Measure
from models.judging.test_dates import TestData, part_figures
from models.learning.sample import features_of
from models.metrics import Array

MINIMUM_PEOPLE = 100
MINIMUM_EVENTS = 10
"""Smaller groups are named without figures, which would be noise and could identify people."""
FLAGGED = 0.05
"""This share of people, at highest risk, counts as flagged."""
REPLICATES = 200
FEATURES = ("lives_alone", "recorded_lonely", "is_carer", "long_term_conditions", "emergency_admissions_2y")
SOCIAL = "social."
THIRDS = ("least", "middle", "most")
WORDS = {"1": "male", "2": "female", "9": "not specified", "0": "not known"}


def groupings(test: TestData) -> dict[str, pl.Series]:
    """Every way to group the test rows, as text; null if a row's group is not known."""
    cohort = test.cohort("age_band", "ethnicity", "sex", "cluster_code", "imd_decile")
    known = [name for name in ("age_band", "ethnicity") if name in cohort.columns]
    groups: dict[str, pl.Series] = {name: cohort[name].cast(pl.String) for name in known}
    if "ethnicity" in groups:
        groups["ethnic_group"] = groups["ethnicity"].replace_strict(ETHNIC_GROUPS, default=None, return_dtype=pl.String)
    groups["sex"] = cohort["sex"].cast(pl.String).replace(WORDS)
    groups["cluster"] = cohort["cluster_code"].cast(pl.String)
    values = features_by_name(test)
    decile = cohort["imd_decile"].cast(pl.Float64) if "imd_decile" in cohort.columns else values.get("imd_decile")
    if decile is not None:
        groups["deprivation_fifth"] = ((decile + 1) // 2).cast(pl.Int8).cast(pl.String)
    for name in ("lives_alone", "recorded_lonely", "is_carer"):
        if name in values:
            groups[name] = _either(values[name].fill_null(0) > 0, "yes", "no")
    if "long_term_conditions" in values:
        counts = values["long_term_conditions"].fill_null(0).clip(0, 3).cast(pl.Int8).cast(pl.String)
        groups["long_term_conditions"] = counts.replace("3", "3 or more")
    if "emergency_admissions_2y" in values:
        groups["emergency_admissions_2y"] = _either(values["emergency_admissions_2y"].fill_null(0) > 0, "some", "none")
    recorded = social_recording(test)
    if recorded is not None:
        groups["social_recording"] = recorded
    return {name: series for name, series in groups.items() if series.n_unique() > 1}


def social_recording(test: TestData) -> pl.Series | None:
    """Divide people into thirds by how often their practice records social facts about its patients. None with fewer
    than three practices.

    If a practice records little, a model knows little, whatever people's lives are like.
    """
    names = [f.name for f in features_of(test.snapshots[0]) if f.concept.startswith(SOCIAL) and f.statistic == "ever"]
    practice = test.cohort("practice_code")["practice_code"]
    if not names or practice.n_unique() < len(THIRDS):
        return None
    people = pl.DataFrame({"practice": practice, "recorded": (test.columns(names) > 0).any(axis=1)})
    rates = people.group_by("practice").agg(pl.col("recorded").mean(), n=pl.len()).sort("recorded", "practice")
    middle = (rates["n"].cum_sum() - rates["n"] / 2) / rates["n"].sum()
    third = (middle * len(THIRDS)).floor().cast(pl.Int64)
    named = rates.select("practice", third=third.replace_strict(dict(enumerate(THIRDS)), return_dtype=pl.String))
    return people.join(named, on="practice", how="left", maintain_order="left")["third"]


def _either(true: pl.Series, if_true: str, if_false: str) -> pl.Series:
    """One of two words for each value."""
    return true.cast(pl.Int8).cast(pl.String).replace({"1": if_true, "0": if_false})


def features_by_name(test: TestData) -> dict[str, pl.Series]:
    """The features used for grouping, if the site has them."""
    declared = {feature.name for feature in features_of(test.snapshots[0])}
    names = [name for name in (*FEATURES, "imd_decile") if name in declared]
    columns = test.columns(names)
    return {name: pl.Series(name, columns[:, i]).fill_nan(None) for i, name in enumerate(names)}


def subgroups(test: TestData, p: Array, groups: Mapping[str, pl.Series]) -> list[GroupResult]:
    """Work out every group's figures, or report that it is too small."""
    judged, flagged = test.judged(p), flags(p)
    return [
        group_result(group, value, judged.where(rows), flagged[rows], test.plan.seed)
        for group, series in groups.items()
        for value, rows in _members(series)
    ]


def _members(series: pl.Series) -> Iterator[tuple[str, NDArray[np.intp]]]:
    values = series.to_numpy()
    for value in sorted(series.drop_nulls().unique().to_list()):
        yield value, np.flatnonzero(values == value)


def flags(p: Array, share: float = FLAGGED) -> NDArray[np.bool_]:
    """The people at highest risk. Of people whose risks tie at the edge, the first rows count."""
    chosen = np.zeros(len(p), bool)
    chosen[np.argsort(-p, kind="stable")[: int(metrics.top_size(share, len(p)))]] = True
    return chosen


def group_result(group: str, value: str, part: Judged, flagged: NDArray[np.bool_], seed: int) -> GroupResult:
    """Counts and figures of one group, or only that it is too small to report."""
    events = int(part.y.sum())
    if len(part) < MINIMUM_PEOPLE or min(events, len(part) - events) < MINIMUM_EVENTS:
        return GroupResult(group=group, value=value, too_small=True)
    measure = intervals.measures(part, ())
    if min(int(flagged.sum()), int((~flagged).sum())) >= MINIMUM_EVENTS:
        measure = both(measure, flag_measures(part, flagged))
    figures = intervals.figures(part, measure, replicates=REPLICATES, seed=seed)
    return GroupResult(group=group, value=value, n=len(part), events=events, **figures)


def both(first: Measure, second: Measure) -> Measure:
    """The metrics of two measures together."""
    return lambda w: first(w) | second(w)


def flag_measures(part: Judged, flagged: NDArray[np.bool_]) -> Measure:
    """Results of flagging in a group: share flagged, PPV, sensitivity, false omissions (people missed, of those not
    flagged), and false discoveries."""
    y, f = part.y.astype(np.float64), flagged.astype(np.float64)
    terms = np.column_stack([np.ones(len(y)), f, y, f * y])

    def measure(w: Array) -> dict[str, Array]:
        n, chosen, events, hits = (w @ terms).T
        with np.errstate(divide="ignore", invalid="ignore"):
            return {
                "flagged_share": chosen / n,
                "ppv": hits / chosen,
                "sensitivity": hits / events,
                "false_omission_rate": (events - hits) / (n - chosen),
                "false_discovery_rate": (chosen - hits) / chosen,
            }

    return measure


def large_enough(y: NDArray[np.int8], flagged: NDArray[np.bool_], series: pl.Series) -> NDArray[np.bool_]:
    """Rows whose group has enough people, events and people flagged."""
    rows = pl.DataFrame({"group": series, "y": y, "flagged": flagged.astype(np.int8)})
    fits = pl.col("group").is_not_null() & (pl.len().over("group") >= MINIMUM_PEOPLE)
    for column in ("y", "flagged"):
        fits &= pl.col(column).cast(pl.Int32).sum().over("group") >= MINIMUM_EVENTS
    return rows.select(fits).to_series().to_numpy()


def rising_risk(test: TestData, p: Array) -> RisingRisk | None:
    """The headline figures of people with no emergency admission in the last two years; None where that is not
    known."""
    values = features_by_name(test)
    if "emergency_admissions_2y" not in values:
        return None
    rows = (values["emergency_admissions_2y"].fill_null(0) == 0).to_numpy()
    part = test.judged(p).where(rows)
    figures = part_figures(part, test.plan.seed)
    share, flagged = float(part.y.sum() / test.y.sum()), float(flags(p)[rows].mean())
    return RisingRisk(**vars(figures), share_of_all_events=share, flagged_share=flagged)
