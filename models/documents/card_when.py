"""Writes the model card's section on time: month by month, over the years, and how scores age."""

from __future__ import annotations

from collections.abc import Sequence

from models.documents.words import number
from models.judging.record import Aged, Evaluation, Month, Rolled


def over_time(evaluation: Evaluation) -> str:
    """Write the section."""
    drift = evaluation.drift
    text = (
        "## Over time\n\n"
        f"- Month by month: {_months(evaluation.months)}\n"
        f"- People: at {drift.as_of}, {drift.marked} of {len(drift.features)} facts had changed markedly since training. On the test"
        f" dates the risks themselves had a stability index of {drift.risk:.2f} (0.25 or more is a marked change).\n"
    )
    text += _update(evaluation)
    if evaluation.rolling is None:
        return (
            text
            + "- Other years, and how fast scores become out of date, were not examined (`neighbourly train --rolling` does).\n"
        )
    return text + "".join(_rolled(row) for row in evaluation.rolling) + _aged(evaluation.staleness or [])


def _update(evaluation: Evaluation) -> str:
    """State what to do once outcomes of a later year are known, and whether the model needs an update."""
    test = evaluation.metrics.test
    off = [
        name
        for name, figure in (("total", test.observed_expected), ("spread", test.calibration_slope))
        if figure.leaves_out(1)
    ]
    here = (
        f" On the test dates the {' and the '.join(off)} of the risks {'are' if len(off) > 1 else 'is'} wrong by more than chance. Find"
        " out why, then update."
        if off
        else ""
    )
    return (
        "- When you have the outcomes of a later year, run `neighbourly update`. It compares the model with them, and keeps it, shifts"
        f" its risks or trains again.{here}\n"
    )


def _months(rows: Sequence[Month]) -> str:
    off = [row for row in rows if row.observed_expected.leaves_out(1)]
    least, most = (f(row.observed_expected.value for row in rows) for f in (min, max))
    return (
        f"between {least:.2f} and {most:.2f} times as many outcomes as predicted in the {len(rows)} parts of the window. In {len(off)} of"
        " them the 95% range excludes 1 (by chance alone, this happens in one of 20). A risk does not say when in the window the"
        " outcome happens, and outcomes are more frequent near its beginning and in winter."
    )


def _rolled(row: Rolled) -> str:
    return (
        f"- Tested at {row.test}, trained on {', '.join(row.train)}: AUROC {number(row.auroc)},"
        f" {number(row.observed_expected)} times as often as predicted.\n"
    )


def _aged(rows: Sequence[Aged]) -> str:
    return "".join(
        f"- A score {row.days} days old ranks people with AUROC {row.old_score.auroc.value:.3f}; the same model on what is known now"
        f" {row.refreshed.auroc.value:.3f}; a model trained again {row.retrained.auroc.value:.3f}.\n"
        for row in rows
        if row.old_score and row.refreshed and row.retrained
    )
