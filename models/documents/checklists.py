"""Fills in the checklists TRIPOD+AI and PROBAST+AI as far as a run can. People judge the risk of bias."""

from __future__ import annotations

from data_schemas.receipts import TrainedModel
from models import storage
from models.documents.evidence import Item, Known
from models.documents.probast import PROBAST
from models.documents.tripod import TRIPOD
from models.judging.shown import shown_at

TO_FILL = "to be filled in by people"
INTRO = (
    "The run fills in what it can know. PROBAST+AI asks for judgements. The run gives evidence and, where a fact decides it, suggests"
    " an answer (yes, probably yes, probably no, no, not applicable). People decide on the answers, the quality, the risk of bias and"
    " the fit.\n"
)


def checklists(model: TrainedModel) -> str:
    """Write both checklists as Markdown."""
    known = Known(storage.describe(model.path), shown_at(model.evaluation_path))
    parts = [f"# Checklists of model {model.model_version}\n", INTRO]
    for title, items in (("TRIPOD+AI (Collins 2024)", TRIPOD), ("PROBAST+AI (Moons 2025)", PROBAST)):
        parts += [
            f"## {title}\n",
            "| item | question | answer |",
            "| --- | --- | --- |",
            *[_row(item, known) for item in items],
            "",
        ]
    return "\n".join(parts)


def _row(item: Item, known: Known) -> str:
    answer = item.answer(known) if item.answer else f"*{TO_FILL}*"
    return f"| {item.number} | {item.asks} | {answer} |"
