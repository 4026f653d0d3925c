"""Works out what `run` would report about checked extracts: its dates, the people followed from each, and what would
stop it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field

from data_schemas.errors import NeighbourlyError
from data_schemas.receipts import IngestReceipt
from data_schemas.tables import REQUIRED
from data_schemas.window import Window
from pipeline.forecast import windows
from pipeline.settings import Settings

NOBODY = "nobody is on a list at the as-of date {}: check that registrations reach it, and run.minimum_age"


@dataclass(frozen=True)
class Forecast:
    """The as-of date, the windows of every date, and the reasons why a run would stop."""

    as_of: dt.date | None = None
    windows: list[Window] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def forecast(settings: Settings, ingest: IngestReceipt) -> Forecast:
    """Make the forecast of a site that has all required tables. Otherwise it is empty."""
    from models.learning.splits import plan_dates
    from pipeline.ingest import first_day_of, newest_as_of

    if not all(name in ingest.tables and ingest.tables[name].rows for name in REQUIRED):
        return Forecast(settings.run.as_of)
    run, as_of = settings.run, settings.run.as_of
    try:
        as_of = as_of or newest_as_of(ingest, settings)
        dates = plan_dates(as_of, run.horizon_days, run.train_as_of, run.test_as_of, first_day_of(ingest, as_of))
        uses = [*(("train", day) for day in dates.train), *(("test", day) for day in dates.test), ("score", as_of)]
        ahead = list(windows(settings, ingest, uses))
    except NeighbourlyError as error:
        return Forecast(as_of, problems=error.problems)
    return Forecast(as_of, ahead, _problems(settings, ahead))


def _problems(settings: Settings, ahead: Sequence[Window]) -> list[str]:
    from flows.training import plan_of
    from models.learning.enough import too_few

    by_use = {use: [window for window in ahead if window.use == use] for use in ("train", "test", "score")}
    rows = sum(window.people - (window.left or 0) for window in by_use["train"])
    events = {use: sum(window.outcomes or 0 for window in some) for use, some in by_use.items()}
    (scored,) = by_use["score"]
    problems = too_few(rows, events["train"], events["test"], plan_of(settings, scored.as_of))
    return problems if scored.people else [*problems, NOBODY.format(scored.as_of)]
