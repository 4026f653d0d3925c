"""Hospital extracts of one block: admissions, emergency attendances, outpatients."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from pipeline.synthetic.calendar import Calendar, Days, dates
from pipeline.synthetic.conditions import Conditions
from pipeline.synthetic.lives import Lives, base_rate
from pipeline.synthetic.people import NEVER, Flags, Integers, People
from pipeline.synthetic.words import drawn, either, words

PROVIDERS = ["RZ1", "RZ2", "RZ3"]
ACUTE_CAUSES = [
    "R074", "R104", "J181", "N390", "R55X", "A419", "L031", "K529", "R509", "S720", "S098", "R296", "T391", "K359", "N201", "J069", "R51X", "M549", "J22X", "E86X",
]  # fmt: skip
FALL_CAUSES = {"S720", "S098", "R296"}
METHODS = {"21": 0.72, "22": 0.10, "28": 0.05, "23": 0.03, "24": 0.03, "2A": 0.04, "25": 0.01, "2D": 0.02}
"""Emergency admission methods and their shares."""
OLD = 65
SPECIALTIES = ["300", "100", "110", "430", "340", "320", "180"]
OUTPATIENT_SPECIALTIES = ["110", "130", "120", "300", "320", "340", "301", "330", "410", "101", "361", "502", "800"]
WARD, HOME = "306706006", "306689006"


def spread(counts: npt.NDArray[np.integer]) -> tuple[Integers, Integers]:
    """(person, month) once for every event of a [month, person] matrix of counts."""
    month, person = np.nonzero(counts)
    times = counts[month, person]
    return np.repeat(person, times).astype(np.int32), np.repeat(month, times).astype(np.int32)


def _on_list(people: People, lives: Lives, months: int) -> Flags:
    t = np.arange(months)[:, None]
    return np.asarray((people.join <= t) & (t < lives.exit))


def _age(people: People, month: Integers, person: Integers) -> npt.NDArray[np.float64]:
    return (month - people.birth[person]) / 12


def _death_days(lives: Lives, calendar: Calendar, rng: np.random.Generator) -> Days:
    """Day of death by person; far in the future without one."""
    day = np.full(len(lives.died), np.iinfo(np.int32).max // 2, dtype=np.int32)
    dead = np.flatnonzero(lives.died < NEVER)
    day[dead] = calendar.within(lives.died[dead], rng)
    return day


def _causes(people: People, lives: Lives, conditions: Conditions, person: Integers, month: Integers, rng: np.random.Generator) -> npt.NDArray[np.int32]:
    """What each admission was for: −1 an acute cause, else the condition, in proportion to the hazards."""
    age = _age(people, month, person)
    parts = (lives.onset[person] <= month[:, None]) * conditions.column("admissions")
    total = base_rate(age, people.female[person]) + parts.sum(axis=1)
    point = rng.random(len(person)) * total
    cumulative = np.cumsum(parts, axis=1)
    hit = (cumulative < point[:, None]).sum(axis=1)
    return np.where(hit < len(conditions), hit, -1).astype(np.int32)


def _primary(cause: npt.NDArray[np.int32], age: npt.NDArray[np.float64], conditions: Conditions, rng: np.random.Generator) -> pl.Series:
    weight = np.array([2.6 if code in FALL_CAUSES else 1.0 for code in ACUTE_CAUSES])
    plain = rng.integers(0, len(ACUTE_CAUSES), len(cause))
    old = drawn((weight / weight.sum()).tolist(), len(cause), rng)
    index = np.where(age > OLD, old, plain)
    vocabulary = list(ACUTE_CAUSES)
    for c, codes in enumerate(conditions.table["icd10"]):
        rows = np.flatnonzero(cause == c)
        index[rows] = len(vocabulary) + rng.integers(0, len(codes.split()), len(rows))
        vocabulary += codes.split()
    return words(vocabulary, index)


def _secondary(lives: Lives, conditions: Conditions, person: Integers, month: Integers, rng: np.random.Generator) -> list[pl.Series]:
    """Up to seven of the conditions that the person has, most of them written down."""
    has = (lives.onset[person] <= month[:, None]) & (rng.random((len(person), len(conditions))) < 0.8)
    first = [codes.split()[0] for codes in conditions.table["icd10"]]
    rank = np.cumsum(has, axis=1)
    out = []
    for position in range(1, 8):
        match = has & (rank == position)
        out.append(words(first, np.where(match.any(axis=1), match.argmax(axis=1), -1)))
    return out


def emergency_admissions(
    people: People, lives: Lives, conditions: Conditions, calendar: Calendar, death_day: Days, rng: np.random.Generator
) -> pl.DataFrame:
    """One row per emergency spell, `person` an index."""
    person, month = spread(lives.unplanned)
    age = _age(people, month, person)
    day = calendar.within(month, rng)
    cause = _causes(people, lives, conditions, person, month, rng)
    zero = rng.random(len(day)) < np.interp(age, [0, 20, 60, 90], [0.5, 0.45, 0.33, 0.18])
    length = np.where(zero, 0, np.ceil(rng.gamma(0.75, np.interp(age, [0, 30, 60, 90], [3.0, 4.5, 8.0, 14.0])))).astype(np.int32)
    last = np.append(person[1:] != person[:-1], True) if len(person) else np.zeros(0, bool)
    dying = month == lives.died[person]
    day = np.where(dying, np.minimum(day, death_day[person]), day)
    length = np.minimum(length, np.maximum(death_day[person] - day, 0))
    ends = dying & lives.fatal[person] & last
    length = np.where(ends, death_day[person] - day, length)
    method = drawn(list(METHODS.values()), len(day), rng)
    died_in = (day + length >= death_day[person]) & dying
    frame = pl.DataFrame(
        {
            "person": person,
            "admission": day,
            "discharge": day + length,
            "admission_method": words(list(METHODS), method),
            "discharge_method": either(died_in, "4", "1"),
            "discharge_destination": words(["19", "54", "79"], np.where(died_in, 2, people.care_home[person])),
            "specialty": words(SPECIALTIES, rng.integers(0, len(SPECIALTIES), len(day))),
            "diag_01": _primary(cause, age, conditions, rng),
            **{f"diag_{i + 2:02d}": s for i, s in enumerate(_secondary(lives, conditions, person, month, rng))},
        }
    )
    return frame.sort("person", "admission", maintain_order=True)


def planned_admissions(people: People, lives: Lives, conditions: Conditions, calendar: Calendar, rng: np.random.Generator) -> pl.DataFrame:
    """Elective (mostly day cases) and maternity spells."""
    months = len(lives.unplanned)
    here = _on_list(people, lives, months)
    t = np.arange(months)[:, None]
    age = (t - people.birth[None, :]) / 12
    elective = np.interp(age, [0, 15, 30, 50, 70, 80, 95], [0.03, 0.03, 0.05, 0.11, 0.24, 0.24, 0.10]) * np.exp(0.22 * people.frailty) / 12
    maternity = people.female * np.interp(age, [15, 20, 30, 36, 45], [0, 0.07, 0.16, 0.10, 0]) / 12
    parts = []
    for rate, methods, shares, codes in (
        (elective, ["11", "12", "13"], [0.5, 0.3, 0.2], ["K409", "H251", "M171", "Z090", "D509", "K635", "Z512"]),
        (maternity, ["31", "32"], [0.95, 0.05], ["O800", "O366", "O429"]),
    ):
        person, month = spread(rng.poisson(rate.astype(np.float32) * here))
        day = calendar.within(month, rng)
        length = np.where(rng.random(len(day)) < 0.8, 0, rng.integers(1, 5, len(day)))
        parts.append(
            pl.DataFrame(
                {
                    "person": person,
                    "admission": day,
                    "discharge": (day + length).astype(np.int32),
                    "admission_method": words(methods, drawn(shares, len(day), rng)),
                    "discharge_method": words(["1"], np.zeros(len(day), dtype=np.int64)),
                    "discharge_destination": words(["19"], np.zeros(len(day), dtype=np.int64)),
                    "specialty": words(SPECIALTIES, rng.integers(1, len(SPECIALTIES), len(day))),
                    "diag_01": words(codes, rng.integers(0, len(codes), len(day))),
                }
            )
        )
    return pl.concat(parts)


def admissions(people: People, lives: Lives, conditions: Conditions, calendar: Calendar, death_day: Days, rng: np.random.Generator) -> pl.DataFrame:
    """All spells, as episodes; a stay that has not ended by the as-of date has no discharge."""
    frame = pl.concat(
        [emergency_admissions(people, lives, conditions, calendar, death_day, rng), planned_admissions(people, lives, conditions, calendar, rng)],
        how="diagonal",
    )
    frame = frame.with_columns(provider_code=words(PROVIDERS, drawn([0.78, 0.14, 0.08], len(frame), rng)))
    frame = frame.filter(pl.col("admission").is_between(calendar.start, calendar.end - 1))
    return _episodes(frame, calendar, rng)


def _episodes(spells: pl.DataFrame, calendar: Calendar, rng: np.random.Generator) -> pl.DataFrame:
    """Long stays become two consultant episodes; only the last one carries the discharge."""
    open_stay = pl.col("discharge") >= calendar.end
    stay = (spells["discharge"] - spells["admission"]).to_numpy()
    two = (stay >= 4) & (rng.random(len(spells)) < 0.35)
    change = (spells["admission"].to_numpy() + np.maximum(1, (stay * rng.random(len(spells))).astype(np.int32))).astype(np.int32)
    spells = spells.with_columns(two=pl.Series(two), change=pl.Series(change))
    first = spells.with_columns(episode_order=pl.lit(1, pl.Int64), episode_start="admission", episode_end=pl.when("two").then("change").otherwise("discharge"))
    second = spells.filter("two").with_columns(episode_order=pl.lit(2, pl.Int64), episode_start="change", episode_end="discharge")
    both = pl.concat([first, second], how="diagonal")
    both = both.filter(pl.col("episode_start") < calendar.end)
    unfinished = open_stay | (pl.col("two") & (pl.col("episode_order") == 1))
    gone = pl.col("episode_end") >= calendar.end
    date = lambda name: pl.col(name).cast(pl.Date)  # noqa: E731
    return both.select(
        "person",
        admission_date=date("admission"),
        discharge_date=pl.when(~open_stay).then(date("discharge")),
        admission_method="admission_method",
        discharge_method=pl.when(unfinished).then(pl.lit("8")).otherwise("discharge_method"),
        discharge_destination=pl.when(unfinished).then(pl.lit("98")).otherwise("discharge_destination"),
        provider_code="provider_code",
        episode_order="episode_order",
        episode_start=date("episode_start"),
        episode_end=pl.when(~gone).then(date("episode_end")),
        specialty="specialty",
        **{f"diag_{i:02d}": pl.col(f"diag_{i:02d}") for i in range(1, 9)},
    )


def attendances(people: People, lives: Lives, calendar: Calendar, emergency: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """Emergency care: the way in of most emergency admissions, and many visits that end at home."""
    months = len(lives.unplanned)
    here = _on_list(people, lives, months)
    t = np.arange(months)[:, None]
    age = (t - people.birth[None, :]) / 12
    rate = np.interp(age, [0, 2, 8, 14, 20, 27, 40, 60, 75, 90], [0.62, 0.55, 0.30, 0.34, 0.44, 0.42, 0.32, 0.24, 0.26, 0.40]).astype(np.float32)
    personal = np.exp(0.16 * people.frailty + 0.22 * people.hardship + 0.25 * people.private - 0.11).astype(np.float32)
    factor = np.where(lives.unstable, 2.5, 1.0) * np.where(lives.alone & (age >= 65), 1.45, 1.0) * np.where(lives.lonely, 1.2, 1.0)
    person, month = spread(rng.poisson((rate * personal * factor / 12).astype(np.float32) * here))
    day = calendar.within(month, rng)
    major = rng.random(len(day)) < 0.58
    kind = np.where(major, 0, np.where(rng.random(len(day)) < 0.9, 2, 1))
    acuity = np.where(major, drawn([0.004, 0.10, 0.42, 0.40, 0.076], len(day), rng), drawn([0, 0.01, 0.12, 0.52, 0.35], len(day), rng))
    ambulance = rng.random(len(day)) < np.where(major, np.interp(_age(people, month, person), [0, 20, 60, 90], [0.1, 0.18, 0.4, 0.7]), 0.01)
    home = pl.DataFrame(
        {
            "person": person,
            "arrival_date": dates(day),
            "department_type": words(["01", "02", "03"], kind),
            "acuity": words("12345", acuity),
            "arrival_mode": either(ambulance, "1", "2"),
            "discharge_destination": words([HOME], np.zeros(len(day), dtype=np.int64)),
        }
    )
    through = emergency.filter((pl.col("episode_order") == 1) & pl.col("admission_method").is_in(["21", "2A"]))
    size = len(through)
    in_ambulance = rng.random(size) < 0.62
    admitted = through.select("person", arrival_date="admission_date").with_columns(
        department_type=pl.lit("01"),
        acuity=words("1234", drawn([0.04, 0.30, 0.54, 0.12], size, rng)),
        arrival_mode=either(in_ambulance, "1", "2"),
        discharge_destination=pl.lit(WARD),
    )
    return pl.concat([home, admitted]).filter(pl.col("arrival_date").is_between(pl.lit(calendar.start).cast(pl.Date), pl.lit(calendar.end - 1).cast(pl.Date)))


def outpatients(people: People, lives: Lives, calendar: Calendar, rng: np.random.Generator) -> pl.DataFrame:
    """Outpatient appointments, kept, missed and cancelled."""
    months = len(lives.unplanned)
    here = _on_list(people, lives, months)
    t = np.arange(months)[:, None]
    age = (t - people.birth[None, :]) / 12
    rate = np.interp(age, [0, 10, 25, 45, 65, 80, 95], [0.9, 0.7, 0.9, 1.3, 2.4, 2.9, 1.6]).astype(np.float32)
    ill = np.stack([(lives.onset <= m).sum(axis=1) for m in range(months)])
    personal = np.exp(0.22 * people.frailty - 0.05 * people.hardship - 0.1)
    person, month = spread(rng.poisson((rate * personal * (0.72 + 0.2 * ill) * np.where(lives.unstable, 1.6, 1.0) / 12).astype(np.float32) * here))
    day = calendar.within(month, rng)
    u = rng.random(len(day))
    missed = np.clip(0.065 * np.exp(0.4 * people.hardship[person] - 0.2 * people.sociable[person]), 0, 0.4)
    attended = np.where(u < missed, 1, np.where(u < missed + 0.07, 0, np.where(u < missed + 0.14, 2, np.where(u < missed + 0.17, 4, 3))))
    return pl.DataFrame(
        {
            "person": person,
            "appointment_date": dates(day),
            "attended": words("23456", attended),
            "specialty": words(OUTPATIENT_SPECIALTIES, rng.integers(0, len(OUTPATIENT_SPECIALTIES), len(day))),
            "first_attendance": either(rng.random(len(day)) < 0.3, "1", "2"),
        }
    ).filter(pl.col("appointment_date").is_between(pl.lit(calendar.start).cast(pl.Date), pl.lit(calendar.end - 1).cast(pl.Date)))
