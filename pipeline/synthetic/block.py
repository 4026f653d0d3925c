"""Generates one block of people and their rows in every extract."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from pipeline.synthetic import admissions, coded, council, practice, registers, visits
from pipeline.synthetic.calendar import Calendar, build_calendar, month_number, month_start
from pipeline.synthetic.conditions import Conditions, load_conditions, onsets
from pipeline.synthetic.lives import TRUTH_COLUMNS, Lives, live
from pipeline.synthetic.mess import Count, Setting, silent_months, spoil
from pipeline.synthetic.options import BLOCK_PEOPLE, Options
from pipeline.synthetic.people import BURN_IN, People, build_people
from pipeline.synthetic.places import Places, build_places
from pipeline.synthetic.site import as_of_dates
from pipeline.synthetic.words import either

TYPE_1 = 0.4
"""Share of opt-outs that are type 1."""


@dataclass(frozen=True)
class World:
    """The data that all blocks share."""

    options: Options
    places: Places
    conditions: Conditions
    calendar: Calendar
    silent: pl.DataFrame


@dataclass(frozen=True)
class BlockResult:
    """The numbers of people and rows in one block."""

    rows: dict[str, int]
    mess: dict[str, Count]
    registered: dict[str, int]
    """People by practice on the as-of date."""
    people: int


def build_world(options: Options) -> World:
    """Build the places, calendar and conditions. They are the same in every worker."""
    places = build_places(options)
    calendar = build_calendar(options)
    return World(
        options, places, load_conditions(), calendar, silent_months(places, options.mess, calendar, options.seed)
    )


def block_sizes(people: int) -> list[int]:
    """The number of people in each block: `BLOCK_PEOPLE`, and the rest in the last one."""
    full, rest = divmod(people, BLOCK_PEOPLE)
    return [BLOCK_PEOPLE] * full + ([rest] if rest else [])


def make_block(world: World, number: int, size: int, extracts: Path, truth: Path) -> BlockResult:
    """Simulate one block and write its part of every extract and of the truth."""
    options = world.options
    months = options.years * 12 + BURN_IN
    rng = np.random.Generator(np.random.PCG64DXSM(np.random.SeedSequence([options.seed, 10, number])))
    people = build_people(world.places, size, months, rng)
    train, test = as_of_dates(options)
    asks = [month_number(options, day) for day in [*train, *test, options.as_of]]
    onset = onsets(world.conditions, people, months, rng)
    lives = live(people, world.conditions, onset, world.places, options, rng, asks)
    ids = registers.pseudonyms(options.seed, number, len(people), 1)
    tables = _tables(world, people, lives, ids, number, rng)
    registered = _registered(tables["registrations"])
    opted_out = _opt_outs(ids, options.mess.opt_outs, rng)
    setting = Setting(
        mess=options.mess,
        calendar=world.calendar,
        strangers=registers.pseudonyms(options.seed, number, max(1, size // 100), 2),
        opted_out=opted_out["person_id"],
        silent=_silent(world, people, ids),
    )
    counts = {}
    for name in tables:
        tables[name], counts[name] = spoil(name, tables[name], setting, rng)
    rows = {}
    for name, frame in (tables | {"opt_outs": opted_out}).items():
        frame.write_parquet(extracts / f"{name}-{number:04d}.parquet", compression="zstd", compression_level=1)
        rows[name] = len(frame)
    _truth(lives, ids, options).write_parquet(truth / f"truth-{number:04d}.parquet")
    return BlockResult(rows, counts, registered, len(people))


def _tables(
    world: World, people: People, lives: Lives, ids: pl.Series, number: int, rng: np.random.Generator
) -> dict[str, pl.DataFrame]:
    """The extracts before any errors are added, with pseudonyms, the contract's columns and dates."""
    calendar, seed, conditions = world.calendar, world.options.seed, world.conditions
    death_day = admissions.death_days(lives, calendar, rng)
    homes = int(people.household.max()) + 1
    addresses = (registers.pseudonyms(seed, number, homes, 3), registers.pseudonyms(seed, number, homes, 4))
    booked = practice.appointments(people, lives, calendar, death_day, rng)
    stays = admissions.admissions(people, lives, conditions, calendar, death_day, rng)
    events = coded.gp_events(people, lives, conditions, calendar, booked, death_day, rng)
    items = practice.prescriptions(people, lives, conditions, calendar, booked, death_day, rng)
    frames = {
        "registrations": registers.registrations(people, lives, world.places, calendar, death_day, addresses, rng),
        "gp_events": events.select("person", _day("event_date"), _day("recorded_date"), "code", "value", "unit"),
        "prescriptions": items.select("person", _day("issue_date"), "bnf_code", "quantity"),
        "appointments": booked.select("person", _day("appointment_date"), "status", "mode"),
        "admissions": stays,
        "attendances": visits.attendances(people, lives, world.places, calendar, stays, death_day, rng),
        "outpatients": visits.outpatients(people, lives, calendar, death_day, rng),
    }
    if world.options.council:
        frames["council_records"] = council.council_records(people, lives, calendar, death_day, seed, number)
    return {
        name: frame.with_columns(person_id=ids.gather(frame["person"])).select(
            "person_id", pl.exclude("person_id", "person")
        )
        for name, frame in frames.items()
    }


def _day(name: str) -> pl.Expr:
    return pl.col("day").cast(pl.Date).alias(name)


def _registered(registrations: pl.DataFrame) -> dict[str, int]:
    """People by practice on the last day before the as-of date."""
    now = registrations.filter(pl.col("registered_to").is_null())
    counted = now.group_by("practice_code").len().sort("practice_code")
    return dict(counted.iter_rows())


def _silent(world: World, people: People, ids: pl.Series) -> pl.DataFrame:
    """People whose practice sent nothing for a month, and the days of that month."""
    members = pl.DataFrame({"person_id": ids, "practice": pl.Series(people.practice, dtype=pl.Int32)})
    return members.join(world.silent, on="practice").select("person_id", "first", "end")


def _opt_outs(ids: pl.Series, rate: float, rng: np.random.Generator) -> pl.DataFrame:
    who = ids.filter(pl.Series(rng.random(len(ids)) < rate))
    return pl.DataFrame({"person_id": who, "kind": either(rng.random(len(who)) < TYPE_1, "type1", "national")})


def _truth(lives: Lives, ids: pl.Series, options: Options) -> pl.DataFrame:
    parts = [
        pl.DataFrame(
            {
                "person_id": ids.gather(truth["person"]),
                "as_of": [month_start(options, month)] * len(truth["person"]),
                **{name: pl.Series(truth[name]) for name in TRUTH_COLUMNS},
            }
        )
        for month, truth in sorted(lives.truth.items())
    ]
    return pl.concat(parts)
