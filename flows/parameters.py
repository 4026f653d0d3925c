"""Declares the parameters of a run as one model. The Prefect form, the command line and the schedules fill it in."""

from __future__ import annotations

import datetime as dt
import os
import time
from pathlib import Path
from threading import Thread
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from data_schemas.errors import ConfigurationError
from data_schemas.receipts import AlarmName
from flows.places import CONFIG, OUT
from pipeline.settings import Settings, load_settings


class Acceptance(BaseModel):
    """An alarm that a named person accepts, and why."""

    model_config = ConfigDict(extra="forbid")

    alarm: AlarmName
    by: str = Field(min_length=2, max_length=100, description="Who accepts it.")
    reason: str = Field(min_length=10, max_length=1000, description="Why it does not hold the model back.")


class Choices(BaseModel):
    """Dates and switches of a run; what is left out is as in site.toml."""

    model_config = ConfigDict(extra="forbid", validate_default=True)

    as_of: dt.date | None = Field(
        None,
        title="As-of date",
        description="Left out: the one in site.toml, or the newest date that every required extract covers.",
    )
    engine: Literal["polars", "spark"] = Field("polars", description="What computes the features.")
    train: bool = Field(True, description="Off: score with the registered champion, and train nothing.")
    ablate: bool = Field(
        default=False,
        title="Without each family",
        description="Train only: also judge the model without each family of features.",
    )
    rolling: bool = Field(
        default=False,
        title="Over time",
        description="Train only: also judge the model at every date the data allow, and how its scores age.",
    )
    recalibrate: bool = Field(
        default=False,
        description="Recalibrate: shift all risks so that predicted and observed totals match; the report says by how much.",
    )
    tune: int = Field(
        default=0,
        ge=0,
        le=200,
        title="Tuning trials",
        description="Trials of the boosted trees' settings, inside the training dates.",
    )
    accept: list[Acceptance] = Field(
        default_factory=list,
        title="Accepted alarms",
        description="Alarms that must not hold the model back, each with who and why.",
    )


class RunParameters(Choices):
    """A run of one site: its choices, its configuration and its output folder."""

    config: str = Field("site.toml", pattern=r"^[^\x00]+\.toml$", description="Path of the site.toml.")
    out: str = Field("out", min_length=1, description="Where stores, models and lists are kept.")

    @property
    def folder(self) -> Path:
        """The output folder, absolute."""
        return Path(self.out).expanduser().resolve()

    def settings(self, *, require_tables: bool = True) -> Settings:
        """The site's configuration; `ConfigurationError` with every problem in it."""
        return load_settings(Path(self.config).expanduser(), as_of=self.as_of, require_tables=require_tables)


class ImpactParameters(RunParameters):
    """What to study, and how."""

    programme: str = Field(
        min_length=1, description="The programme's name in the interventions table, or a name for the list's own."
    )
    design: Literal["randomised", "matched", "lottery", "stepped"]
    outcome: str = Field("", description="Left out: the site's own outcome.")
    horizon: int | None = Field(
        None, ge=1, le=36525, description="Days of follow-up; left out: the site's own horizon."
    )
    adjust: list[str] = Field(default_factory=list, description="Further concepts to adjust for, known by the start.")
    by: str = Field("neighbourly impact", description="Who asks; goes into the audit log with the protocol.")


def end_with_the_parent() -> None:
    """End this process when the server that started it has ended, so that a restarted server finds nothing running."""
    parent = os.getppid()

    def wait() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    Thread(target=wait, name="parent", daemon=True).start()


def of_site(choices: Choices) -> RunParameters:
    """The run of a command, which names its site itself, or of a deployment, whose site is in the environment."""
    if isinstance(choices, RunParameters):
        return choices
    end_with_the_parent()
    return RunParameters(config=pinned(CONFIG), out=pinned(OUT), **choices.model_dump())


def pinned(name: str) -> str:
    """Read a path of the deployment's site. Raises `ConfigurationError` if the environment does not have it."""
    if not os.environ.get(name):
        raise ConfigurationError(
            f"{name} is not set where the deployment runs; `neighbourly serve` sets it, with a work pool of your own set it there"
        )
    return os.environ[name]


class RolloutParameters(RunParameters):
    """A roll-out that is to be planned."""

    clusters: list[str] = Field(default_factory=list, description="Cluster codes; left out: all.")
    steps: int = Field(0, ge=0, le=36, description="Steps in which clusters start; 0: one per cluster.")
    step_months: int = Field(3, ge=1, le=12, description="Months between two steps.")
    design: Literal["stepped", "parallel", "lottery"] = "stepped"
    effect: float = Field(-0.1, gt=-1, lt=1, description="The change you hope for, as a share: -0.1 is a tenth less.")
