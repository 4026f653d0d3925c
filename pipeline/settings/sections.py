"""The sections of `site.toml` as written. Each field's description says what is accepted."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal, get_args

from pydantic import BeforeValidator, Field, StrictBool, StrictInt

from data_schemas import memory
from data_schemas.outcomes import OUTCOMES, Outcome
from data_schemas.section import A_TEXT, Section, Text

A_DATE = "a date such as 2026-04-01"
A_SHARE = "a number from 0 to 1"
SOME_DATES = "a list of one or more dates, such as [2025-04-01]"
SOME_TEXTS = "a list of texts"
SOME_DAYS = "a whole number of days from 1 to 36525"
SOME_VALUES = '{ our_column = "its value in every row", … }'
POSITIVE = "a whole number of at least 1"
SOME_POUNDS = "a number of pounds, 0 or more"


def _day(value: object) -> object:
    """An ISO text as a date; anything else is for pydantic to judge."""
    return dt.date.fromisoformat(value) if isinstance(value, str) else value


def _text(value: object) -> object:
    """A date or number in the form of a file. pydantic checks anything else."""
    plain = isinstance(value, int | float | dt.date) and not isinstance(value, bool)
    return str(value) if plain else value


Day = Annotated[dt.date, BeforeValidator(_day), Field(strict=True, ge=dt.date(1900, 1, 1), le=dt.date(2200, 1, 1))]
Value = Annotated[str, BeforeValidator(_text), Field(strict=True, pattern=r"^[^\x00-\x1f\x7f]*$")]
"""A text that may be empty; a date or number in the form of a file."""
Days = Annotated[StrictInt, Field(ge=1, le=36525)]
Share = Annotated[float, Field(strict=True, ge=0, le=1, allow_inf_nan=False)]
Pounds = Annotated[float, Field(ge=0, le=1e9, allow_inf_nan=False)]


class Site(Section):
    """`[site]`: who runs this, where the extracts are, which sources may be used."""

    name: Text = Field(description=A_TEXT, examples=["Wigan"])
    data_dir: Text = Field(".", description="a folder, as text")
    legal_basis: tuple[Literal["gp", "sus", "council"], ...] = Field(
        min_length=1, description="a list of one or more of gp, sus, council", examples=[("gp", "sus", "council")]
    )
    pseudonyms: Literal["hex", "exact"] | None = Field(None, description="hex or exact")


class Run(Section):
    """`[run]`: dates, outcome, limits and seed."""

    as_of: Day | None = Field(None, description=A_DATE)
    outcome: Outcome = Field("unplanned_admission", description=f"{', '.join(OUTCOMES[:-1])} or {OUTCOMES[-1]}")
    horizon_days: Days = Field(365, description=SOME_DAYS)
    history_days: Days = Field(1826, description=SOME_DAYS)
    train_as_of: tuple[Day, ...] | None = Field(None, min_length=1, description=SOME_DATES)
    test_as_of: tuple[Day, ...] | None = Field(None, min_length=1, description=SOME_DATES)
    minimum_age: StrictInt = Field(18, ge=0, le=120, description="a whole number of years from 0 to 120")
    max_reject_rate: Share = Field(0.01, description=A_SHARE)
    max_blank_rate: Share = Field(0.05, description=A_SHARE)
    longest_stay_days: Days = Field(3653, description=SOME_DAYS)
    max_unregistered_rate: Share = Field(0.5, description=A_SHARE)
    max_unmatched_opt_outs: Share = Field(0.5, description=A_SHARE)
    minimum_events: StrictInt = Field(50, ge=1, description=POSITIVE)
    leavers: Literal["exclude", "weight"] = Field("exclude", description="exclude or weight")
    seed: StrictInt = Field(0, ge=0, lt=2**32, description="a whole number from 0 to 4294967295")
    # It changes no result, so it is not part of the configuration's hash.
    memory_limit: Annotated[str, Field(strict=True, pattern=memory.PATTERN)] | None = Field(
        None, exclude=True, description='a size such as "6 GB" or "1500 MB"'
    )

    @property
    def memory_bytes(self) -> int | None:
        return memory.in_bytes(self.memory_limit)


class ExtractSection(Section):
    """`[extracts.<table>]`: where a table is and how its columns are named."""

    path: Text = Field(description="a path or glob, as text", examples=["*.csv"])
    profile: Text | None = Field(
        None, description="the name of a built-in profile, or a TOML file in the folder of site.toml, as text"
    )
    columns: dict[str, Text] = Field({}, description='{ our_column = "THEIR_COLUMN", … }')
    values: dict[str, dict[str, Value]] = Field({}, description='{ our_column = { "their value" = "ours", … }, … }')
    fixed: dict[str, Value] = Field({}, description=SOME_VALUES)
    nulls: tuple[Value, ...] = Field((), description=SOME_TEXTS)
    leave_out: tuple[Text, ...] = Field((), description=SOME_TEXTS)
    date_format: Text | None = Field(None, description='a date format such as "%d/%m/%Y"')
    covers: tuple[Day, Day] | None = Field(
        None, description="[first day, first day not covered], such as [2019-04-01, 2026-04-01]"
    )
    diag_system: Literal["icd10", "icd9", "any"] = Field("icd10", description="icd10, icd9 or any")
    drop_identical: StrictBool = Field(default=False, description="true or false")
    max_blank_rate: Share | None = Field(None, description=A_SHARE)
    lookup: Text | None = Field(
        None, description="for areas: a file with the small-area codes of two censuses, as text"
    )


BuiltIn = Literal["demographic", "use_of_care", "clinical", "social", "loneliness", "strengths", "scores"]
BUILT_IN: tuple[BuiltIn, ...] = get_args(BuiltIn)
"""The modules of `pipeline/features` that declare features."""


class FeaturesSection(Section):
    """`[features]`: the built-in modules that are wanted, the site's own modules, and its own code lists."""

    builtin: tuple[BuiltIn, ...] = Field(BUILT_IN, description=f"a list of {', '.join(BUILT_IN)}")
    modules: tuple[Text, ...] = Field((), description=SOME_TEXTS)
    codelists: tuple[Text, ...] = Field((), description=SOME_TEXTS)


class Lists(Section):
    """`[lists]`: how long lists are, who is on them, who answers for them, and how long they may be used."""

    size: StrictInt = Field(500, ge=1, description=POSITIVE)
    lottery: Share = Field(0.0, description=A_SHARE)
    feedback: Literal["lenient", "strict"] = Field("lenient", description="lenient or strict")
    include_care_homes: Literal[False, True, "own_list"] = Field(default=False, description='true, false or "own_list"')
    owner: Text | None = Field(None, description=A_TEXT)
    contact: Text | None = Field(None, description=A_TEXT)
    valid_days: Days = Field(45, description=SOME_DAYS)
    max_source_age_days: Days = Field(60, description=SOME_DAYS)


class Learning(Section):
    """`[learning]`: what happens to training rows of people whom a list reached in the window."""

    influenced: Literal["exclude", "weight", "ignore"] = Field("weight", description="exclude, weight or ignore")


class Costs(Section):
    """`[costs]`: a site's own unit costs in pounds. Left out: dated national ones."""

    unplanned_admission: Pounds | None = Field(None, description=SOME_POUNDS)
    place: Pounds | None = Field(None, description=SOME_POUNDS)


class Alerts(Section):
    """`[alerts]`: who `neighbourly serve` alerts when a run is late, was refused or failed."""

    webhook: Annotated[str, Field(strict=True, pattern=r"^https?://\S+$")] | None = Field(
        None, repr=False, description="an address that begins with http:// or https://"
    )
    email: Annotated[str, Field(strict=True, pattern=r"^mailtos?://\S+$")] | None = Field(
        None, repr=False, description="a mail server and who gets it, as mailtos://user:password@server?from=…&to=…"
    )
    block: Annotated[str, Field(strict=True, pattern=r"^[a-z0-9-]+/[a-z0-9-]+$")] | None = Field(
        None, description="a notification block of the Prefect server, as kind/name, such as sendgrid-email/risk-team"
    )


class CommunitySection(Section):
    """`[community]`: a site's own files for the pages of prevention, segments and impacts."""

    segments: Text | None = Field(None, description="a TOML file in the folder of site.toml, as text")
    rates: Text | None = Field(None, description="a CSV file in the folder of site.toml, as text")
