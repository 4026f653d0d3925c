"""Collects the data for a run's lists: the scored cohort with its history, costs and segments, and the reasons of the
last run."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flows import site_files
from pipeline.settings.sections import Lists

if TYPE_CHECKING:
    from flows.run import Run
    from pipeline.publish import Scored
    from pipeline.publish.scored import Answerable
    from pipeline.publish.value import Money

_CARE_HOMES: dict[bool | str, Any] = {False: "off", True: "main", "own_list": "own_list"}


def scored_cohort(run: Run, path: Path) -> Scored:
    """The cohort with the risks at `path`, with everything that the lists need."""
    from pipeline.publish import Scored

    chosen, lists = run.settings.run, run.settings.lists
    return Scored(
        site=run.settings.site.name,
        outcome=chosen.outcome,
        horizon_days=chosen.horizon_days,
        list_size=lists.size,
        snapshot=run.current,
        scores=path,
        tables=run.store / "tables",
        model_version=run.scoring.model_version,
        previous=run.previous,
        community=site_files.community(run.settings),
        history=run.history,
        lottery=lists.lottery,
        care_homes=_CARE_HOMES[lists.include_care_homes],
        answerable=_answerable(lists),
        sources={name: table.last_day for name, table in run.ingested.tables.items()},
        seed=chosen.seed,
        money=_money(run),
        pseudonyms=run.ingested.pseudonyms,
        segments=run.segments,
    )


def contributions_before(run: Run, scored: Scored) -> Path | None:
    """Contributions of the listed people at the last run's date, from today's model."""
    from models.explain import contributions
    from pipeline.publish import listed

    if run.previous is None:
        return None
    earlier = run.snapshot(dt.date.fromisoformat(run.previous.name))
    return contributions(run.scoring, earlier, listed(scored), run.store)


def _money(run: Run) -> Money:
    """The site's unit costs, or else published ones with their date, and the effect that a study of this site has
    found, if any."""
    from pipeline.publish.value import DEFAULT_ADMISSION, Money, measured

    costs, found = run.settings.costs, measured(run.out / "impact", run.settings.run.outcome)
    effect, study = found or (None, "")
    own = costs.unplanned_admission
    return Money(DEFAULT_ADMISSION if own is None else own, costs.place, own is not None, effect, study)


def _answerable(lists: Lists) -> Answerable:
    from pipeline.publish.scored import Answerable

    return Answerable(lists.owner or "", lists.contact or "", lists.valid_days, lists.max_source_age_days)
