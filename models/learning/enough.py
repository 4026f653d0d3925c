"""Checks whether there are enough outcomes to train on and to test with."""

from __future__ import annotations

from data_schemas.receipts import TrainingPlan
from data_schemas.small_numbers import protect, shown


def too_few(rows: int, events: int, test_events: int, plan: TrainingPlan) -> list[str]:
    """Explain why a model cannot be trained, if there are too few person-dates or outcomes in the training windows, or
    outcomes in the test windows."""
    problems = []
    if events < plan.minimum_events:
        problems.append(
            f"Only {shown(protect(events))} person-dates with the outcome {plan.outcome!r} in the training windows; at least"
            f" {plan.minimum_events} are needed (run.minimum_events). Give more as-of dates, more people or a longer run.horizon_days."
        )
    if events == rows and rows:
        problems.append(
            f"Everyone in the training windows has the outcome {plan.outcome!r}: there is nothing to predict."
        )
    if not test_events:
        problems.append(
            f"Nobody has the outcome {plan.outcome!r} in the test windows: a model could not be tested. Choose "
            "other dates for run.test_as_of."
        )
    return problems
