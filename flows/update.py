"""Flow: update the champion with the newest outcomes, if necessary."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flows import site_files, training
from flows.flow import flow
from flows.guard import guarded
from flows.lock import alone_in
from flows.parameters import Choices, RunParameters, of_site
from flows.run import Run

if TYPE_CHECKING:
    from data_schemas.receipts import TrainedModel
    from models.update import Given


@flow(name="update")
def update(parameters: Choices) -> dict[str, Any]:
    """Keep the champion, shift its intercept, its intercept and slope, or train again, as closed testing chooses."""
    asked = of_site(parameters)
    with alone_in(asked.folder):
        return guarded("update", lambda: updated(asked))


def updated(asked: RunParameters) -> dict[str, Any]:
    """Update the champion. Returns the choice, the outcomes that it is based on, and which model scores now."""
    run = Run(asked.model_copy(update={"train": False}))
    champion, given = run.model, given_by(run)
    from models import update as updating

    newest = updating.newest_outcomes(champion, given)
    if newest is None:
        return _reported(
            champion, "keep", "The champion was trained on the newest outcomes, so there is nothing to update it by."
        )
    choice = updating.choose(champion, newest, given)
    if choice.update == "keep":
        model = champion
    elif choice.update == "refit":
        model = Run(asked.model_copy(update={"train": True})).model
    else:
        accept: dict[str, str] = {each.alarm: f"{each.by}: {each.reason}" for each in asked.accept}
        model = updating.moved(champion, choice, given, accept)
        training.document(model, run.store)
    judged = str(max(snapshot.as_of for snapshot in given.test))
    return _reported(model, choice.update, updating.in_words(choice)) | {"outcomes after": judged}


def given_by(run: Run) -> Given:
    """Collect what the update needs from the site."""
    from models.update import Given

    return Given(
        run.plan, run.training, run.testing, run.store, run.current, run.ingested.tables, training.capacities(run.store),
        site_files.truth(run.settings),
    )  # fmt: skip


def _reported(model: TrainedModel, chosen: str, why: str) -> dict[str, Any]:
    return {"chosen": chosen, "why": why, "model_version": model.model_version, "alias": model.alias}
