"""Updates the champion with the newest outcomes, as closed testing chooses. It is logged and passes the gate like a
training."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path

from data_schemas.receipts import Notice, Snapshot, TableReceipt, TrainedModel, TrainingPlan
from models import lineage, registry, storage
from models.judging import access, gate, record
from models.judging.evaluation import Circumstances, Training, evaluation_of
from models.judging.rivals import rival_risks
from models.judging.test_dates import TestData, load_test
from models.learning import first_look
from models.learning.calibrate import shifted
from models.learning.candidates import contenders
from models.learning.fit import fit
from models.learning.updating import Choice, closed_test, refit_is_better
from models.storage import Bins, Description
from models.train import drawn_from, write_evaluation


@dataclass(frozen=True)
class Given:
    """What an update needs apart from the champion."""

    plan: TrainingPlan
    train: Sequence[Snapshot]
    """Dates on which a refit would be trained."""
    test: Sequence[Snapshot]
    store: Path
    current: Snapshot | None = None
    tables: Mapping[str, TableReceipt] | None = None
    capacities: Mapping[str, int] | None = None
    truth: Path | None = None


def newest_outcomes(champion: TrainedModel, given: Given) -> TestData | None:
    """The newest test date, or None if the champion was trained on later outcomes."""
    newest = max(given.test, key=lambda s: s.as_of)
    seen = gate.trained_after(storage.describe(champion.path), newest.as_of, given.plan.horizon_days)
    return None if seen else load_test([newest], given.plan)


def choose(champion: TrainedModel, newest: TestData, given: Given) -> Choice:
    """Choose between keep, intercept, slope and refit, using the newest outcomes.

    A refit is tried only if there are training dates on which the champion was not trained. The updated model was
    trained on the outcomes of the comparison and the refit was not, so the comparison favours the smaller change.
    """
    judged = newest.judged(newest.risks(storage.load(champion.path)))
    choice = closed_test(judged.p, judged.y, judged.person, judged.weight)
    if storage.describe(champion.path).train == lineage.references(given.train):
        return choice
    learning = first_look.load(given.train, given.plan)
    refitted = newest.risks(fit(learning, given.plan.seed, contenders(champion.candidate, len(learning))).model)
    line = shifted(judged.p, choice.shift, choice.slope)
    better = refit_is_better(judged.y, line, refitted, judged.person, judged.weight, given.plan.seed)
    return replace(choice, update="refit") if better else choice


def moved(champion: TrainedModel, choice: Choice, given: Given, accept: Mapping[str, str]) -> TrainedModel:
    """Update the champion's intercept, or intercept and slope. Stores, tests and registers the result and passes it
    through the gate."""
    model = deepcopy(storage.load(champion.path))
    model.calibrator_ = model.calibrator_.moved(choice.shift, choice.slope)
    folder, _ = storage.save(model, _described(champion, choice), given.store)
    key = _key(champion, given)
    test, learning = (
        load_test(given.test, given.plan),
        first_look.load(given.train, given.plan),
    )
    people = drawn_from(given.train, given.plan)
    circumstances = Circumstances(
        given.train, people, rival_risks(learning, test), given.current, given.tables or {}, given.capacities or {}, given.truth
    )  # fmt: skip
    write_evaluation(folder, key, evaluation_of(folder, test, circumstances, _training(champion, choice)))
    return registry.register(given.plan, folder, key, test, accept, given.store)[0]


def _described(champion: TrainedModel, choice: Choice) -> Description:
    """The champion's description, with its training distribution of risks updated."""
    described = storage.describe(champion.path)
    risk = described.reference.risk
    edges = shifted(risk.edges, choice.shift, choice.slope).tolist()
    return replace(described, reference=replace(described.reference, risk=Bins(edges, risk.shares)))


def _key(champion: TrainedModel, given: Given) -> str:
    """A key for an update, different from that of a training on the same dates."""
    training = lineage.training_key(given.plan, given.train, given.test)
    return hashlib.sha256(f"update {champion.model_version} {training}".encode()).hexdigest()[: len(training)]


def _training(champion: TrainedModel, choice: Choice) -> Training:
    before = record.read(champion.evaluation_path)
    notice = Notice("updated", f"{in_words(choice)} Before the update this was version {champion.model_version}.")
    kept = [each for each in before.notices if each.name != access.UNEQUAL]
    return Training(before.selection, before.calibration, before.tuning, [*kept, notice])


def in_words(choice: Choice) -> str:
    """State what closed testing chose, and why."""
    chances = (
        f"(chance of such a calibration line {choice.chance_of_line:.2g}, of such a slope {choice.chance_of_slope:.2g})"
    )
    match choice.update:
        case "keep":
            return f"The newest outcomes do not speak against the model {chances}."
        case "intercept":
            return (
                f"Updated by the newest outcomes: {choice.shift:+.3f} was added to the log-odds of every risk {chances}. The same"
                " outcomes set this number, so that totals look better on them than they will be; the ranking is as it was."
            )
        case "slope":
            return (
                f"Updated by the newest outcomes: the log-odds of every risk were multiplied by {choice.slope:.3f} and {choice.shift:+.3f}"
                f" was added {chances}. The same outcomes set both numbers, so that calibration looks better on them than it will be; the"
                " ranking is as it was."
            )
        case "refit":
            return f"A model trained on the newest dates predicts the newest outcomes better than any update {chances}."
