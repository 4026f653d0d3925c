"""TRIPOD+AI and PROBAST, filled as far as a run can know; judgements of bias stay with people."""

from __future__ import annotations

from data_schemas.receipts import TrainedModel
from models import storage
from models.documents.evidence import Item, Known
from models.documents.probast import PROBAST
from models.documents.tripod import TRIPOD
from models.judging import record

TO_FILL = "to be filled by people"
INTRO = (
    "Filled by the run where a run can know. PROBAST asks for judgements: the run gives evidence, the answer (yes, probably yes, probably"
    " no, no, no information) and the risk of bias are for people.\n"
)


def checklists(model: TrainedModel) -> str:
    """Markdown of both checklists."""
    known = Known(storage.describe(model.path), record.read(model.evaluation_path))
    parts = [f"# Checklists of model {model.model_version}\n", INTRO]
    for title, items in (("TRIPOD+AI (Collins 2024)", TRIPOD), ("PROBAST (Wolff 2019)", PROBAST)):
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
