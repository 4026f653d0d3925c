"""Answers items of checklists from the model's description and its evaluation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from data_schemas.receipts import TrainingPlan
from models.documents.words import GROUPS, in_percent, number, percent, words
from models.judging.figures import Metrics
from models.judging.record import Evaluation
from models.judging.sample_size import OPTIMISM, SampleSize, sample_size
from models.learning.candidates import candidates
from models.storage import Description


@dataclass(frozen=True)
class Known:
    """What is known about one model."""

    described: Description
    evaluation: Evaluation

    @property
    def plan(self) -> TrainingPlan:
        """The training plan: what to predict, and for whom."""
        return self.described.plan

    @property
    def test(self) -> Metrics:
        """Figures on the test dates."""
        return self.evaluation.metrics.test


Answer = Callable[[Known], str]


@dataclass(frozen=True)
class Item:
    """One item of a checklist. The run works out `answer`; without one, people answer `asks`."""

    number: str
    asks: str
    answer: Answer | None = None


def performance(known: Known) -> str:
    """The headline figures with their intervals."""
    test = known.test
    return (
        f"AUROC {number(test.auroc, 3)}, calibration slope {number(test.calibration_slope)}, observed/expected"
        f" {number(test.observed_expected)}, Brier {number(test.brier, 4)}; PPV at the top 5% {percent(test.ppv_at['0.05'].value)}."
    )


def counted(known: Known) -> str:
    """People and outcomes of training and of testing."""
    described, test, whole = known.described, known.test, known.described.stands_for
    drawn = "" if whole == described.rows else f", sampled from and weighted to represent {whole:,}"
    return (
        f"Training {described.rows:,} person-dates of {described.people:,} people ({described.events:,} with the outcome{drawn});"
        f" test {test.n:,} ({test.events:,} with the outcome)."
    )


def needed(known: Known) -> SampleSize | None:
    """The sample size by Riley's criteria. For sampled rows, it uses the share with the outcome on the test dates."""
    described = known.described
    chosen = next((t.log_loss for t in known.evaluation.selection if t.candidate == described.candidate), None)
    if chosen is None or not 0 < described.events < described.rows:
        return None
    if described.stands_for == described.rows:
        return sample_size(described.rows, described.events, described.parameters, chosen)
    events = round(described.rows * known.test.prevalence.value)
    found = sample_size(described.rows, events, described.parameters, chosen)
    return replace(found, events_per_parameter=described.events / described.parameters)


def enough(known: Known) -> str:
    """The sample size that Riley's criteria need, and what to expect from the rows that there were."""
    described, found = known.described, needed(known)
    if found is None:
        return "Riley's criteria cannot be worked out: the log loss of the model or its outcomes are not known."
    return (
        f"By Riley's criteria {found.needed:,} person-dates are enough, counting every feature as a parameter: {found.for_shrinkage:,} so"
        f" that effects shrink by at most a tenth, {found.for_optimism:,} for optimism of at most {OPTIMISM:g}, {found.for_overall_risk:,}"
        f" for the overall risk. There were {described.rows:,}: {found.events_per_parameter:.1f} events per feature, expected shrinkage"
        f" {found.expected_shrinkage:.2f}. Calibration on people held out corrects for shrinkage."
    )


EVENTS_TO_JUDGE_BY = 100
"""Fewest people with, and without, the outcome for judging calibration (Collins and others 2016, Stat Med 35:214)."""


def large_enough(known: Known) -> str:
    """Whether there were enough outcomes to judge the model, and how wide the intervals are."""
    test = known.test
    fewest = min(test.events, test.n - test.events)
    answer = "Probably yes" if fewest >= EVENTS_TO_JUDGE_BY else "Probably no"
    return (
        f"{answer}: {test.events:,} of {test.n:,} person-dates have the outcome ({EVENTS_TO_JUDGE_BY} of either kind are the usual"
        f" minimum); AUROC {number(test.auroc, 3)}, observed/expected {number(test.observed_expected)}. Groups too small to judge have"
        " no figures."
    )


def groups(known: Known) -> str:
    """How people were grouped, and how many groups were large enough."""
    rows = known.evaluation.subgroups
    names = sorted({GROUPS.get(row.group, words(row.group)) for row in rows})
    small = sum(row.too_small for row in rows)
    return f"By {', '.join(names)}: {len(rows) - small} groups with figures and intervals, {small} too small to say."


def clusters(known: Known) -> str:
    """Lowest and highest observed/expected and AUROC of the clusters."""
    rows = [row for row in known.evaluation.subgroups if row.group == "cluster" and row.auroc.known]
    if not rows:
        return "There is only one cluster, or no cluster is large enough."
    ranking, total = (
        sorted(values) for values in zip(*((r.auroc.value, r.observed_expected.value) for r in rows), strict=True)
    )
    return f"{len(rows)} clusters: AUROC {ranking[0]:.3f} to {ranking[-1]:.3f}, observed/expected {total[0]:.2f} to {total[-1]:.2f}."


def centres(known: Known) -> str:
    """How many practices and clusters the test people belong to."""
    rows = known.evaluation.subgroups
    counts = {name: sum(row.group == name for row in rows) for name in ("practice", "cluster")}
    parts = [f"{count} {name}{'' if count == 1 else 's'}" for name, count in counts.items() if count]
    return " in ".join(parts) or "how many is not known"


def abstract(known: Known) -> str:
    """Aim, data, method, result and conclusion in a few sentences."""
    return (
        f"Aim: to predict {words(known.plan.outcome)} within {known.plan.horizon_days} days for everyone registered in {known.plan.site}."
        f" Data: {counted(known)} Method: {words(known.described.candidate)}, {len(known.described.features)} predictors, tested on"
        f" later dates. Result: {performance(known)} Conclusion: for people to write."
    )


def limits(known: Known) -> str:
    """The limits that a run can detect."""
    found = sorted({notice.name.replace("_", " ") for notice in [*known.evaluation.alarms, *known.evaluation.notices]})
    return (
        "One site, tested on later dates of the same site; recorded care, not need; interactions and causes are not estimated. Alarms and"
        f" notices of the run: {', '.join(found) or 'none'}. People add others."
    )


def gaps(known: Known) -> str:
    """The widest differences between groups in the share missed, unadjusted and with age and sex held equal, and what
    chance would give.
    """
    each = []
    for name, gap in known.evaluation.gaps.items():
        alike, chance = gap.false_omission_rate_gap_adjusted, gap.by_chance.get("false_omission_rate_gap_adjusted")
        each.append(
            f"{GROUPS.get(name, words(name))} {in_percent(gap.false_omission_rate_gap)}, adjusted for age and sex {in_percent(alike)}"
            f" (by chance up to {percent(chance)})"
        )
    return (
        "Widest differences in the share with the outcome among those not flagged (5% at highest risk): "
        + ("; ".join(each) or "no two groups are large enough")
        + ". By chance: what random groups exceed one time in twenty."
    )


def first_chosen(described: Description) -> str:
    """Which of the declared features the model uses."""
    number = len(described.features)
    if not described.looked_at:
        return f"All {number} declared features that vary in training; none was left out because of its relation to the outcome."
    return (
        f"{number} of the {described.looked_at} declared features that vary in training: those that boosted trees of a fifth of the people"
        " split on, all features at once, and those always kept. These people took no part in choosing the model or in calibration."
    )


def missing(known: Known) -> str:
    """How the model handles missing values."""
    features = known.described.features
    unknown = sum(feature.missing is None for feature in features)
    return (
        f"Of {len(features)} predictors, {unknown} may be unknown: trees have a branch for missing values, and linear models use the"
        " mean with a column that marks it. In the others, “nothing recorded” is itself a number."
        " Rows are never dropped for missing values."
    )


def leavers(known: Known) -> str:
    """How the model treats people who left before the end of the window."""
    if known.plan.leavers == "exclude":
        return "people who left the area before the end of the window, without the outcome or death, are left out"
    return (
        "people who left the area before the end of the window are left out, and those who stayed are weighted for them"
    )


def left_out(known: Known) -> str:
    """How many test people left, and whether leaving them out can matter."""
    left = known.evaluation.metrics.leavers
    if left is None:
        return "It is not known how many left."
    excluded, weighted = known.evaluation.metrics.leavers_excluded, known.evaluation.metrics.leavers_weighted
    return (
        f"{percent(left.share)} of test people left. Observed/expected is {number(excluded.observed_expected)} without them and"
        f" {number(weighted.observed_expected)} with those who stayed weighted to represent them."
    )


def rivals(known: Known) -> str:
    """AUROC of the simple rivals."""
    found = known.evaluation.baselines
    return "; ".join(f"{words(name)}: AUROC {number(figures.auroc, 3)}" for name, figures in found.items()) + "."


def selection(known: Known) -> str:
    """How the kind of model was chosen, and how it was calibrated."""
    trials = known.evaluation.selection
    chosen = next(trial for trial in trials if trial.chosen)
    baselines = {each.name for each in candidates() if each.baseline}
    simple = sum(trial.candidate in baselines for trial in trials)
    return (
        f"{len(trials) - simple} candidates, and {simple} simple rivals that are never chosen, on people of the training dates whom"
        " they had not seen (some held out of a large site, else by cross-validation; a person's rows stay together), by calibrated log"
        " loss (scikit-learn's slower trees only where better by more than chance):"
        f" {words(chosen.candidate)} ({chosen.log_loss:.4f}).{tuned(known)}"
        f" Calibrated by {known.described.calibration}."
    )


def tuned(known: Known) -> str:
    """Whether settings were searched."""
    trials = len(known.evaluation.tuning)
    return (
        f" {trials} settings of the trees were tried, on the latest training date."
        if trials
        else " No settings were searched for."
    )


def updated(known: Known) -> str:
    """Whether the risks were shifted after they were tested."""
    moved = known.described.recalibrated
    if moved:
        return f"Recalibrated in the large on request: {moved.by:+.3f} log-odds, from outcomes after {moved.outcomes_after}."
    return "No: the model that was tested scores. If a run recalibrates in the large on request, its report says by how much."
