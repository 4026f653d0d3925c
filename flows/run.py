"""Declares one run as a graph of steps: from a site's extracts to a model, scores and published lists."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from data_schemas.receipts import Notice, Publication, Scores, Snapshot, TrainedModel, TrainingPlan, plain
from flows import site_files
from flows.community import community_files, records_of, segment_words
from flows.deliver import agree
from flows.extracts import Extracts
from flows.listing import contributions_before, scored_cohort
from flows.report import Finished, report
from flows.seals import portable
from flows.version import code_version

if TYPE_CHECKING:
    from models.judging.record import Evaluation
    from pipeline.community.monitor import Monitor
    from pipeline.community.records import Records


MANY_PEOPLE = 100_000
"""In a site of this size, the records take much memory."""


class Run(Extracts):
    """The steps of one site and one as-of date; every property is the receipt of a step."""

    @cached_property
    def training(self) -> list[Snapshot]:
        """The training snapshots, made together with all others that a model needs."""
        _ = self.ingested  # refused data must leave nothing behind
        from models.registry import make_early  # it may still be loading, which ingest does not have to wait for

        make_early(self.store)
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
        """The model that scores: the champion, or the challenger if there is none."""
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
            meanwhile=self.read_ahead if self._has_room_for_both else None,
        ))  # fmt: skip

    @cached_property
    def scoring(self) -> TrainedModel:
        """The model as it scores: recalibrated in the large if requested, otherwise as it was tested."""
        return self.recalibration[0] if self.parameters.recalibrate else self.model

    @cached_property
    def recalibration(self) -> tuple[TrainedModel, Notice]:
        """The model recalibrated in total, and the note for the report."""
        from models.recalibrate import recalibrated

        judged, judge_by = self.model, self.testing
        return self._step("recalibrate", lambda: recalibrated(judged, judge_by, self.plan, self.store))

    @cached_property
    def judged(self) -> Evaluation:
        """The model's whole evaluation: figures, alarms, notices."""
        from models.judging import record

        return record.read(self.model.evaluation_path)

    @cached_property
    def risks(self) -> Path:
        """Everybody's risk, as a file."""
        from models.score import score
        from pipeline.engine import engine_of

        engine = engine_of(self.parameters.engine, self.settings.run.memory_bytes)
        return score(self.scoring, self.current, self.store, engine.each)

    @cached_property
    def scores(self) -> Scores:
        def work() -> Scores:
            from models.explain import contributions
            from models.judging.bed_days import write
            from pipeline.publish import listed

            path = self.risks
            people = listed(scored_cohort(self, path))
            why = contributions(self.scoring, self.current, people, self.store)
            days = write(self.judged.bed_days, path, self.store)
            return Scores(str(path), str(why), self.scoring.model_version, str(days))

        return self._step(
            "score", work, self.scoring.model_version, plain(self.judged.bed_days), self.current.fingerprint, self.settings.configuration,
            self.ingested.fingerprint, self.history.fingerprint,
        )  # fmt: skip

    @cached_property
    def records(self) -> Records:
        """The site's tables and log as of the date. The log is read once for segments and community pages."""
        return records_of(self)

    @cached_property
    def monitored(self) -> Monitor:
        """The borough's and its clusters' indicators, which depend on the records alone."""
        from pipeline.community import site

        return site.monitored(self.records, self.settings.community.rates)

    @property
    def _has_room_for_both(self) -> bool:
        """Whether memory has room for the records and an evaluation at once. A limit may have been set without it."""
        return self.current.rows < MANY_PEOPLE and self.settings.run.memory_bytes is None

    def read_ahead(self) -> None:
        """Work out what the lists and pages need whichever model scores."""
        _ = self.segments, self.monitored

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
        """The lists, the report and the manifest. This step is never reused, because it must replace the published
        files."""
        scored = replace(scored_cohort(self, Path(self.scores.path)), bed_days=Path(self.scores.bed_days_path))
        before, _ = contributions_before(self, scored), self.coding

        def work() -> Publication:
            from models.documents.card import model_card
            from pipeline.publish import publish

            agree(self.out, self.settings)
            files = publish(
                scored,
                self.out,
                contributions=Path(self.scores.contributions_path),
                contributions_before=before,
                community=lambda listed: community_files(self, scored, listed),
                report=lambda: portable(report(self.finished, scored), self.out),
                model_card=model_card(self.scoring),
                code_version=code_version(),
                configuration=self.settings.configuration,
            )
            return Publication(str(self.out / self.as_of.isoformat()), files)

        return self._step("publish", work)

    @property
    def trained_at(self) -> list[dt.date]:
        """Training dates: as planned, or those of the champion if nothing is trained."""
        from models.storage import describe

        if self.parameters.train:
            return self.dates.train
        return [dt.date.fromisoformat(s.as_of) for s in describe(self.model.path).train]

    @property
    def tested_at(self) -> list[dt.date]:
        """Test dates: as planned, or those that the champion was tested on if nothing is trained."""
        return self.dates.test if self.parameters.train else [dt.date.fromisoformat(s.as_of) for s in self.judged.test]

    @property
    def finished(self) -> Finished:
        """The data for the report."""
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
