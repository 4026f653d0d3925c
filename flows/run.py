"""One run as a graph of steps: asking for a result does what it depends on, each step once, and what is done already not at all."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from data_schemas.errors import DataRefused
from data_schemas.receipts import (
    Coding,
    EventLog,
    IngestReceipt,
    Notice,
    Publication,
    Scores,
    Snapshot,
    TrainedModel,
    TrainingPlan,
    plain,
)
from flows import site_files
from flows.community import community_files, segment_words
from flows.deliver import agree
from flows.deliveries import delivery, remember, remembered
from flows.deliveries import notices as of_deliveries
from flows.fingerprints import content, declared
from flows.forecast import NOBODY
from flows.parameters import RunParameters
from flows.progress import working
from flows.report import Finished, report
from flows.tasks import Measured, cache_key, run_step
from flows.version import code_version
from pipeline.ingest.sources import Tell, silent
from pipeline.settings import Settings
from pipeline.settings.sections import Lists

if TYPE_CHECKING:
    from models.judging.record import Evaluation
    from models.learning.splits import Dates
    from pipeline.ledger.feedback import Feedback
    from pipeline.ledger.history import History
    from pipeline.ledger.ledger import Recorded
    from pipeline.publish import Scored
    from pipeline.publish.scored import Answerable
    from pipeline.publish.value import Money

Result = TypeVar("Result")


class Run:
    """The steps of one site and one as-of date; every property is the receipt of a step."""

    def __init__(self, parameters: RunParameters) -> None:
        self.parameters = parameters
        self.out = parameters.folder
        self.store = self.out / "store"
        self.settings: Settings = parameters.settings()
        self.steps: list[Measured] = []
        self._taken: dict[dt.date, Snapshot] = {}
        self._tell: Tell = silent

    @cached_property
    def ingested(self) -> IngestReceipt:
        from pipeline.ingest import ingest

        site_files.refuse_unreadable(self.settings)
        hashes = content(self.settings)
        receipt = self._step(
            "ingest", lambda: ingest(self.settings, self.store, self._tell), self.settings.configuration, hashes
        )
        now = delivery(self.settings, receipt, hashes, self.settings.run.as_of)
        told = list(of_deliveries(now, remembered(self.store)))
        remember(self.store, now)
        return replace(receipt, notices=[*receipt.notices, *told])

    @cached_property
    def as_of(self) -> dt.date:
        from pipeline.ingest import newest_as_of

        return self.settings.run.as_of or newest_as_of(self.ingested, self.settings)

    @cached_property
    def log(self) -> EventLog:
        from pipeline.events import build_log

        return self._step(
            "event log",
            lambda: build_log(self.settings, self.ingested, self.store),
            self.ingested.fingerprint,
            declared(self.settings),
        )

    @cached_property
    def coding(self) -> Coding:
        """What the code lists know of the tables."""
        from pipeline.coding import coding_of

        return self._step(
            "codes",
            lambda: coding_of(self.settings, self.ingested),
            self.ingested.fingerprint,
            declared(self.settings),
        )

    @cached_property
    def dates(self) -> Dates:
        from models.learning.splits import plan_dates

        run = self.settings.run
        return plan_dates(self.as_of, run.horizon_days, run.train_as_of, run.test_as_of, self.first_day)

    @property
    def first_day(self) -> dt.date:
        from pipeline.ingest import first_day_of

        return first_day_of(self.ingested, self.as_of)

    def snapshot(self, as_of: dt.date) -> Snapshot:
        """Cohort, features and (for a date whose window has passed) outcomes at an as-of date."""
        from pipeline.snapshots import take

        if as_of not in self._taken:
            self._taken[as_of] = self._step(
                f"snapshot {as_of}",
                lambda: take(self.settings, self.ingested, self.log, as_of, self.store, engine=self.parameters.engine),
                self.log.fingerprint, self.settings.configuration, as_of, self.parameters.engine, declared(self.settings),
                whole=self._has_outcome,
            )  # fmt: skip
        return self._taken[as_of]

    def _has_outcome(self, snapshot: Snapshot) -> bool:
        """Whether a snapshot whose window has passed holds its outcome."""
        from pipeline.snapshots import outcome_path

        run = self.settings.run
        passed = snapshot.as_of + dt.timedelta(days=run.horizon_days) <= self.as_of
        return not passed or outcome_path(snapshot, run.outcome, run.horizon_days).exists()

    def snapshots(self, days: Sequence[dt.date]) -> list[Snapshot]:
        """Those of several dates, each a step of its own; dates that were never taken are counted together before that."""
        from pipeline.snapshots import take_all, untaken

        new = untaken(self.settings, self.log, days, self.store)
        if len(new) > 1:
            self._step(
                f"snapshots of {len(new)} dates",
                lambda: take_all(self.settings, self.ingested, self.log, new, self.store, self.parameters.engine),
            )
        return [self.snapshot(day) for day in days]

    @cached_property
    def current(self) -> Snapshot:
        """The snapshot to be scored."""
        snapshot = self.snapshot(self.as_of)
        if not snapshot.rows:
            raise DataRefused(NOBODY.format(self.as_of))
        return snapshot

    @cached_property
    def training(self) -> list[Snapshot]:
        """Taken with all others that a model needs."""
        return self.snapshots([*self.dates.train, *self.dates.test, self.as_of])[: len(self.dates.train)]

    @cached_property
    def testing(self) -> list[Snapshot]:
        return self.snapshots(self.dates.test)

    @cached_property
    def plan(self) -> TrainingPlan:
        from flows.training import plan_of, touched
        from models.learning.splits import rolling_dates

        _ = self.feedback
        days = rolling_dates(self.dates, self.first_day)
        horizon = self.settings.run.horizon_days
        lists = touched(self.store, Path(self.ingested.people_path), days, horizon)
        return replace(plan_of(self.settings, self.as_of), influence=lists)

    @cached_property
    def model(self) -> TrainedModel:
        """The model that scores: the champion, or the challenger where there is none."""
        from flows import training

        if not self.parameters.train:
            asked = self.current
            return self._step(
                "champion",
                lambda: training.standing_champion(self.plan, asked, self.ingested.tables, self.store),
            )
        learn_from, judge_by, current = self.training, self.testing, self.current
        return self._step("train", lambda: training.learn(
            self.plan, learn_from, judge_by, current, self.store, accept=self.parameters.accept, trials=self.parameters.tune,
            truth=site_files.truth(self.settings), tables=self.ingested.tables,
        ))  # fmt: skip

    @cached_property
    def scoring(self) -> TrainedModel:
        """The model as it scores: moved in the large where that was asked for, else as it was judged."""
        return self.recalibration[0] if self.parameters.recalibrate else self.model

    @cached_property
    def recalibration(self) -> tuple[TrainedModel, Notice]:
        """The model recalibrated in total, and what the report says of it."""
        from models.recalibrate import recalibrated

        judged, judge_by = self.model, self.testing
        return self._step("recalibrate", lambda: recalibrated(judged, judge_by, self.plan, self.store))

    @property
    def judged(self) -> Evaluation:
        """All that is said of the model: figures, alarms, notices."""
        from models.judging import record

        return record.read(self.model.evaluation_path)

    @cached_property
    def feedback(self) -> tuple[Feedback, tuple[Recorded, ...]]:
        """The outcomes of earlier lists: read, and in the ledger."""
        from pipeline.ledger import ledger
        from pipeline.ledger.feedback import read

        ingested = self.ingested
        found = read(site_files.feedback(self.settings), self.as_of, strict=site_files.strict(self.settings))
        return found, ledger.record_feedback(self.store, found, Path(ingested.people_path), ingested.pseudonyms)

    @cached_property
    def history(self) -> History:
        """The ledger as this run's lists see it, this run's feedback in it."""
        from pipeline.ledger.history import history

        _ = self.feedback
        return history(self.store, self.as_of)

    @property
    def money(self) -> Money:
        """The site's unit costs, or dated ones, and the effect that a study here has found, if any."""
        from pipeline.publish.value import DEFAULT_ADMISSION, Money, measured

        costs, found = self.settings.costs, measured(self.out / "impact", self.settings.run.outcome)
        effect, study = found or (None, "")
        own = costs.unplanned_admission
        return Money(DEFAULT_ADMISSION if own is None else own, costs.place, own is not None, effect, study)

    @cached_property
    def scores(self) -> Scores:
        from models.explain import contributions
        from models.judging.bed_days import write
        from models.score import score
        from pipeline.engine import engine_of
        from pipeline.publish import listed

        def work() -> Scores:
            path = score(self.scoring, self.current, self.store, engine_of(self.parameters.engine).each)
            people = listed(self.scored(path))
            why = contributions(self.scoring, self.current, people, self.store)
            days = write(self.judged.bed_days, path, self.store)
            return Scores(str(path), str(why), self.scoring.model_version, str(days))

        return self._step(
            "score", work, self.scoring.model_version, plain(self.judged.bed_days), self.current.fingerprint, self.settings.configuration,
            self.ingested.fingerprint, self.history.fingerprint,
        )  # fmt: skip

    def scored(self, path: Path) -> Scored:
        """The scored cohort as the lists see it."""
        from pipeline.publish import Scored

        run = self.settings.run
        return Scored(
            site=self.settings.site.name,
            outcome=run.outcome,
            horizon_days=run.horizon_days,
            list_size=self.settings.lists.size,
            snapshot=self.current,
            scores=path,
            tables=self.store / "tables",
            model_version=self.scoring.model_version,
            previous=self.previous,
            community=site_files.community(self.settings),
            history=self.history,
            lottery=self.settings.lists.lottery,
            care_homes=_CARE_HOMES[self.settings.lists.include_care_homes],
            answerable=_answerable(self.settings.lists),
            sources={name: table.last_day for name, table in self.ingested.tables.items()},
            seed=run.seed,
            money=self.money,
            pseudonyms=self.ingested.pseudonyms,
            segments=self.segments,
        )

    @cached_property
    def segments(self) -> Path:
        """Everyone's segment, in words."""
        return segment_words(self)

    @cached_property
    def previous(self) -> Path | None:
        """The newest complete output of an earlier as-of date in this folder."""
        complete = [p.parent for p in self.out.glob("????-??-??/manifest.json")]
        return max((p for p in complete if p.name < self.as_of.isoformat()), default=None)

    @cached_property
    def published(self) -> Publication:
        """The lists, the report and the manifest; never reused, because swapping them in is the point."""
        from models.documents.card import model_card
        from pipeline.publish import publish

        scored = replace(self.scored(Path(self.scores.path)), bed_days=Path(self.scores.bed_days_path))
        before, _ = contributions_before(self, scored), self.coding

        def work() -> Publication:
            agree(self.out, self.settings)
            files = publish(
                scored,
                self.out,
                contributions=Path(self.scores.contributions_path),
                contributions_before=before,
                community=lambda listed: community_files(self, scored, listed),
                report=lambda: report(self.finished, scored),
                model_card=model_card(self.scoring),
                code_version=code_version(),
                configuration=self.settings.configuration,
            )
            return Publication(str(self.out / self.as_of.isoformat()), files)

        return self._step("publish", work)

    @property
    def trained_at(self) -> list[dt.date]:
        """Training dates: as planned, or those of the champion where nothing is trained."""
        from models.storage import describe

        if self.parameters.train:
            return self.dates.train
        return [dt.date.fromisoformat(s.as_of) for s in describe(self.model.path).train]

    @property
    def tested_at(self) -> list[dt.date]:
        """Test dates: as planned, or those that the champion was judged on where nothing is trained."""
        return self.dates.test if self.parameters.train else [dt.date.fromisoformat(s.as_of) for s in self.judged.test]

    @property
    def finished(self) -> Finished:
        """What the report is made of."""
        return Finished(
            settings=self.settings,
            as_of=self.as_of,
            trained_at=self.trained_at,
            tested_at=self.tested_at,
            ingested=self.ingested,
            coding=self.coding,
            log=self.log,
            snapshots=[*self.training, *self.testing, self.current] if self.parameters.train else [self.current],
            model=self.model,
            evaluation=self.judged,
            scoring=self.scoring,
            recalibrated=self.recalibration[1] if self.parameters.recalibrate else None,
            scores=self.scores,
            feedback=self.feedback,
            store=self.store,
            steps=self.steps,
        )

    def _step(
        self, name: str, work: Callable[[], Result], *key: object, whole: Callable[[Result], bool] = lambda _: True
    ) -> Result:
        """A step's result, taken as it is where its `key` is known, its files are there and it is `whole`."""
        record = Measured(name)
        self.steps.append(record)
        stored = cache_key(name, *key) if key else None
        with working(name, record) as self._tell:
            return run_step(name, work, key=stored, out=self.out, record=record, whole=whole)


def contributions_before(run: Run, scored: Scored) -> Path | None:
    """Contributions of the listed people at the last run's date, under the model of today."""
    from models.explain import contributions
    from pipeline.publish import listed

    if run.previous is None:
        return None
    earlier = run.snapshot(dt.date.fromisoformat(run.previous.name))
    return contributions(run.scoring, earlier, listed(scored), run.store)


_CARE_HOMES: dict[bool | str, Any] = {False: "off", True: "main", "own_list": "own_list"}


def _answerable(lists: Lists) -> Answerable:
    from pipeline.publish.scored import Answerable

    return Answerable(lists.owner or "", lists.contact or "", lists.valid_days, lists.max_source_age_days)
