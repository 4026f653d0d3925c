"""General practice extracts of one block: appointments, coded events, prescriptions."""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt
import polars as pl

from pipeline.synthetic.calendar import Calendar, Days, working_day
from pipeline.synthetic.conditions import Conditions
from pipeline.synthetic.hospital import _on_list, spread
from pipeline.synthetic.lives import Lives, frailty_index
from pipeline.synthetic.options import DATA
from pipeline.synthetic.people import NEVER, Integers, People
from pipeline.synthetic.words import words


@cache
def codes(concept: str) -> list[str]:
    """The codes that practices use for a concept."""
    table = pl.read_csv(DATA / "codes.csv", schema_overrides={"codes": pl.String})
    return str(dict(table.select("concept", "codes").iter_rows())[concept]).split()


def _events(person: npt.NDArray[np.integer], day: Days, code: pl.Series, value: npt.NDArray[np.floating] | None = None) -> pl.DataFrame:
    size = len(person)
    return pl.DataFrame(
        {
            "person": np.asarray(person, dtype=np.int32),
            "day": np.asarray(day, dtype=np.int32),
            "code": code,
            "value": pl.Series(np.round(value, 1) if value is not None else [None] * size, dtype=pl.Float64),
        }
    )


def _pick(concept: str, size: int, rng: np.random.Generator) -> pl.Series:
    """Codes of a concept, the first of the list the commonest."""
    listed = codes(concept)
    return words(listed, np.minimum((rng.random(size) ** 1.6 * len(listed)).astype(np.int64), len(listed) - 1))


def appointments(people: People, lives: Lives, calendar: Calendar, rng: np.random.Generator) -> pl.DataFrame:
    """Booked appointments: `person`, `day`, status and mode; 5 to 6 attended a person a year."""
    months = len(lives.unplanned)
    here = _on_list(people, lives, months)
    t = np.arange(months)[:, None]
    age = (t - people.birth[None, :]) / 12
    rate = np.interp(age, [0, 2, 5, 12, 20, 35, 50, 65, 75, 87, 95], [5.6, 4.5, 2.6, 1.9, 3.0, 3.6, 4.2, 5.2, 6.6, 8.2, 7.6]).astype(np.float32)
    women = np.where(people.female[None, :] & (age > 15) & (age < 55), 1.35, 1.0)
    ill = np.stack([(lives.onset <= m).sum(axis=1) for m in range(months)])
    personal = np.exp(0.20 * people.frailty + 0.10 * people.hardship + 0.35 * people.private * 0.4)
    factor = women * personal * (0.76 + 0.19 * ill) * np.where(lives.unstable, 1.9, 1.0) * np.where(lives.lonely, 1.15, 1.0) * np.where(lives.alone & (age > 65), 1.15, 1.0)
    person, month = spread(rng.poisson((rate * factor / 12).astype(np.float32) * here))
    day = working_day(calendar.within(month, rng))
    at = (month - people.birth[person]) / 12
    missed = np.clip(0.05 * np.exp(0.5 * people.hardship[person] - 0.35 * people.sociable[person] - 0.012 * (at - 40)), 0, 0.5)
    u = rng.random(len(day))
    status = np.where(u < missed, 1, np.where(u < missed + 0.05, 2, 0))
    housebound = frailty_index(people, lives.onset <= months, (months - people.birth) / 12)[person] > 0.45
    v = rng.random(len(day))
    mode = np.where(housebound & (v < 0.35), 3, np.where(v < 0.66, 0, np.where(v < 0.97, 1, 2)))
    keep = calendar.recorded(day)
    return pl.DataFrame(
        {
            "person": person,
            "day": day,
            "status": words(["attended", "dna", "cancelled"], status),
            "mode": words(["face_to_face", "telephone", "video", "home_visit"], mode),
        }
    ).filter(pl.Series(keep))


def _over_time(start: Integers, stop: Integers, rate: npt.NDArray[np.floating], rng: np.random.Generator) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.float64]]:
    """Fairly regular events in [start, stop) months at `rate` a year: (row, month with fraction)."""
    span = np.maximum(stop - start, 0) / 12
    expected = span * rate
    count = np.floor(expected + rng.random(len(expected))).astype(np.int64)
    row = np.repeat(np.arange(len(count)), count)
    order = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)
    at = start[row] + (order + rng.random(len(row))) * (stop - start)[row] / count[row]
    return row, at


def _days(calendar: Calendar, at: npt.NDArray[np.float64]) -> Days:
    month = at.astype(np.int64)
    first = calendar.first[month]
    return np.asarray(first + (at - month) * (calendar.first[month + 1] - first), dtype=np.int32)


def _spans(people: People, lives: Lives, months: int) -> tuple[Integers, Integers]:
    return np.maximum(people.join, 0), np.minimum(lives.exit, months)


def condition_events(people: People, lives: Lives, conditions: Conditions, calendar: Calendar, months: int, rng: np.random.Generator) -> pl.DataFrame:
    """A diagnosis when it is made, and the same problem coded again at reviews, about four times in five years each year."""
    join, exit_ = _spans(people, lives, months)
    person, which = np.nonzero(lives.onset < exit_[:, None])
    start = np.maximum(lives.onset[person, which].astype(np.int32), join[person])
    stop = exit_[person]
    row, at = _over_time(start, stop, np.full(len(person), 0.9), rng)
    first = np.flatnonzero(stop > start)
    row, at = np.concatenate([first, row]), np.concatenate([start[first] + rng.random(len(first)), at])
    at = np.minimum(at, months - 0.01)
    lists = [text.split() for text in conditions.table["codes"]]
    offset = np.cumsum([0, *map(len, lists[:-1])])
    # a person's problem keeps its code; the first of a list is the commonest
    habit = offset[which] + (rng.random(len(person)) ** 2 * np.array(list(map(len, lists)))[which]).astype(np.int64)
    return _events(person[row], _days(calendar, at), words([code for codes in lists for code in codes], habit[row]))


MEASURES = (
    # concept, mean, spread, rate a year when well, rate a year with a condition
    ("measure.systolic", 133.0, 14.0, 0.35, 1.5),
    ("measure.diastolic", 78.0, 9.0, 0.35, 1.5),
    ("measure.bmi", 27.5, 4.8, 0.18, 0.7),
    ("measure.cholesterol", 4.9, 1.0, 0.10, 0.6),
    ("measure.hba1c", 39.0, 5.0, 0.10, 0.7),
    ("measure.egfr", 82.0, 12.0, 0.15, 0.9),
    ("measure.haemoglobin", 138.0, 12.0, 0.15, 0.6),
)


def measurement_events(people: People, lives: Lives, conditions: Conditions, calendar: Calendar, months: int, rng: np.random.Generator) -> pl.DataFrame:
    """Blood pressure, weight and bloods, more often and further from normal in people with conditions."""
    join, exit_ = _spans(people, lives, months)
    age = (months - people.birth) / 12
    ill = (lives.onset < months).sum(axis=1)
    have = {name: lives.onset[:, c] for c, name in enumerate(conditions.table["register"])}
    shift = {
        "measure.systolic": 0.18 * (age - 50) + 6 * (have["HYP"] < NEVER),
        "measure.diastolic": 3.0 * (have["HYP"] < NEVER),
        "measure.bmi": 7.0 * (have["OB"] < NEVER) - 1.6 * people.frailty * (age > 75),
        "measure.hba1c": 22.0 * (have["DM"] < NEVER) + 2 * people.hardship,
        "measure.egfr": -0.55 * np.maximum(age - 40, 0) - 22 * (have["CKD"] < NEVER),
        "measure.haemoglobin": 9.0 * ~people.female - 4 * people.frailty * (age > 60) - 0.1 * np.maximum(age - 60, 0),
        "measure.cholesterol": -0.7 * (have["CHD"] < NEVER),
    }
    parts = []
    for concept, mean, sd, well, unwell in MEASURES:
        rate = np.where(age < 18, 0.02, np.where(ill > 0, unwell, well)) * np.interp(age, [18, 40, 70], [0.5, 1.0, 1.25])
        row, at = _over_time(join, exit_, rate, rng)
        own = mean + shift[concept] + 0.8 * sd * rng.normal(size=len(people))
        value = np.maximum(own[row] + 0.5 * sd * rng.normal(size=len(row)), mean * 0.25)
        parts.append(_events(row, _days(calendar, at), _pick(concept, len(row), rng), value))
    return pl.concat(parts)


def habit_events(people: People, lives: Lives, calendar: Calendar, months: int, rng: np.random.Generator) -> pl.DataFrame:
    """Smoking and drinking as practices record them."""
    join, exit_ = _spans(people, lives, months)
    age = (months - people.birth) / 12
    row, at = _over_time(join, exit_, np.where(age >= 15, 0.45, 0.0), rng)
    former = rng.random(len(people)) < np.interp(age, [18, 40, 70], [0.03, 0.25, 0.42])
    kinds = [codes(f"smoking.{kind}")[0] for kind in ("never", "ex", "current")]
    smoking = _events(row, _days(calendar, at), words(kinds, np.where(people.smoker[row], 2, former[row])))
    units = np.maximum(rng.gamma(1.2, 7.0, len(people)) + 4 * people.hardship * (people.private > 1), 0)
    row, at = _over_time(join, exit_, np.where(age >= 18, 0.2, 0.0), rng)
    drinking = _events(row, _days(calendar, at), _pick("alcohol.units", len(row), rng), units[row])
    heavy = (units > 35) & (age >= 18)
    row, at = _over_time(join, exit_, np.where(heavy, 0.35, 0.0), rng)
    return pl.concat([smoking, drinking, _events(row, _days(calendar, at), _pick("alcohol.harmful", len(row), rng))])


def reason_events(people: People, lives: Lives, calendar: Calendar, visits: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """What people came with: symptoms of frailty and social troubles, only some of them ever coded."""
    seen = visits.filter(pl.col("status") == "attended")
    person, day = seen["person"].to_numpy(), seen["day"].to_numpy()
    month = calendar.month_of(day)
    age = (month - people.birth[person]) / 12
    frail = _frail(people, lives, person, month, age)
    old = np.clip((age - 55) / 30, 0, 1.2)
    hard = np.exp(0.7 * people.hardship[person])
    alone, lonely = lives.alone[month, person], lives.lonely[month, person]
    shaky = np.where(lives.unstable[month, person], 2.0, 1.0)
    bereaved = (month >= lives.widowed[person]) & (month < lives.widowed[person] + 18)
    adult = age >= 18
    chances = {
        "symptom.fall": 0.055 * old * frail * 2.5 * shaky,
        "symptom.dizziness": 0.010 + 0.02 * old,
        "symptom.mobility": 0.05 * old * frail * 2 * shaky,
        "symptom.weight_loss": 0.004 * shaky + 0.012 * old * shaky * frail,
        "symptom.incontinence": 0.006 + 0.035 * old * frail,
        "symptom.insomnia": 0.012 * hard * adult,
        "symptom.breathlessness": 0.006 + 0.03 * frail * shaky,
        "social.lonely": 0.035 * lonely,
        "social.isolated": 0.012 * lonely * (1 + alone),
        "social.lives_alone": 0.03 * alone * (0.3 + old),
        "social.bereaved": 0.10 * bereaved,
        "social.debt": 0.0035 * hard**1.6 * adult,
        "social.housing_problem": 0.004 * hard**1.4 * adult,
        "social.cold_home": 0.0012 * hard**1.3,
        "social.unemployed": 0.005 * hard**1.5 * (adult & (age < 66)),
        "social.carer": 0.022 * people.carer[person],
        "social.has_carer": 0.012 * old * frail * 2,
        "social.housebound": 0.02 * np.clip(frail - 0.45, 0, 1) * 4 * (age > 65),
        "social.care_home": 0.06 * people.care_home[person],
        "social.domestic_abuse": 0.0012 * hard**1.4 * adult * np.where(people.female[person], 1.5, 0.5),
        "social.social_prescribing_referral": (0.004 + 0.02 * lonely + 0.005 * (hard > 1.8)) * adult,
        "social.social_prescribing_declined": 0.0006 * adult,
    }
    parts = []
    for concept, chance in chances.items():
        rows = np.flatnonzero(rng.random(len(person), dtype=np.float32) < chance)
        parts.append(_events(person[rows], day[rows], _pick(concept, len(rows), rng)))
    return pl.concat(parts)


def _frail(people: People, lives: Lives, person: Integers, month: Integers, age: npt.NDArray[np.floating]) -> npt.NDArray[np.float32]:
    """Frailty index at each visit, from the count of conditions by then."""
    count = np.zeros(len(person), dtype=np.int16)
    for c in range(lives.onset.shape[1]):
        count += lives.onset[person, c] <= month
    score = -3.4 + 0.035 * np.maximum(age - 40, 0) + 0.22 * count + 0.30 * people.frailty[person]
    return np.asarray(1 / (1 + np.exp(-score)), dtype=np.float32)


ACUTE_SECTIONS = ["0501", "0407", "0103", "1001", "0304", "1303", "0106", "0309", "1202", "0702"]


def prescriptions(people: People, lives: Lives, conditions: Conditions, calendar: Calendar, visits: pl.DataFrame, months: int, rng: np.random.Generator) -> pl.DataFrame:
    """Repeat items of the conditions, and what is handed out at visits; BNF sections."""
    join, exit_ = _spans(people, lives, months)
    faithful = np.clip(0.9 + 0.06 * people.sociable - 0.06 * people.hardship, 0.4, 1.0)
    parts = []
    for c, (sections, items) in enumerate(conditions.table.select("sections", "items").iter_rows()):
        if not sections:
            continue
        for section in sections.split():
            takes = np.flatnonzero((lives.onset[:, c] < exit_) & (rng.random(len(people)) < 0.8))
            start = np.maximum(lives.onset[takes, c].astype(np.int32), join[takes])
            rate = items / len(sections.split()) * faithful[takes] * 0.62
            row, at = _over_time(start, exit_[takes], rate, rng)
            parts.append(_items(takes[row], _days(calendar, at), section, 28 + 28 * (rng.random(len(row)) < 0.4)))
    seen = visits.filter(pl.col("status") == "attended")
    given = np.flatnonzero(rng.random(len(seen)) < 0.45)
    section = (rng.random(len(given)) ** 1.4 * len(ACUTE_SECTIONS)).astype(np.int64)
    parts.append(
        pl.DataFrame(
            {
                "person": seen["person"].to_numpy()[given],
                "day": seen["day"].to_numpy()[given],
                "bnf_code": words(ACUTE_SECTIONS, section),
                "quantity": pl.Series(rng.integers(1, 5, len(given)) * 7.0, dtype=pl.Float64),
            }
        )
    )
    return pl.concat(parts).filter(pl.col("day").is_between(calendar.start, calendar.end - 1))


def _items(person: npt.NDArray[np.intp], day: Days, section: str, quantity: npt.NDArray[np.integer]) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "person": person.astype(np.int32),
            "day": day,
            "bnf_code": words([section], np.zeros(len(person), dtype=np.int64)),
            "quantity": pl.Series(quantity, dtype=pl.Float64),
        }
    )


def gp_events(people: People, lives: Lives, conditions: Conditions, calendar: Calendar, visits: pl.DataFrame, months: int, rng: np.random.Generator) -> pl.DataFrame:
    """All coded events in the extracts' time: `person`, `day`, code, value."""
    frame = pl.concat(
        [
            condition_events(people, lives, conditions, calendar, months, rng),
            measurement_events(people, lives, conditions, calendar, months, rng),
            habit_events(people, lives, calendar, months, rng),
            reason_events(people, lives, calendar, visits, rng),
        ]
    )
    return frame.filter(pl.col("day").is_between(calendar.start, calendar.end - 1)).sort("person", "day", "code", maintain_order=True)
