"""Measures that need a statistical model: risk, best possible ranking, odds ratios, and the gradient between areas."""

# ruff: noqa: PLR2004 - the numbers are the model: ages, shares and limits are written where they are used

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import numpy as np
import polars as pl

from pipeline.synthetic.codes import codes
from pipeline.synthetic.reading import Borough, Row, fact
from pipeline.synthetic.regression import Numbers, auroc, fit, predict

ADULT, OLDER, OLDEST = 18, 65, 75


def _year_before(day: dt.date, years: int = 1) -> dt.date:
    return day.replace(year=day.year - years)


def test_people(b: Borough) -> pl.DataFrame:
    """Adults who were registered a year before the as-of date and observed for the whole year, with true risk and
    outcome.

    People who left without an admission are left out, as in evaluation.
    """
    start = _year_before(b.as_of)
    day = pl.col("day")
    after = b.emergencies.filter(day >= start, day < b.as_of).group_by("person_id").agg(admissions=pl.len())
    people = b.cohort(start).filter(pl.col("age") >= ADULT).join(after, on="person_id", how="left")
    truth = b.truth.filter(pl.col("as_of") == start).drop("as_of")
    joined = people.join(truth, on="person_id").with_columns(pl.col("admissions").fill_null(0))
    still = b.cohort(b.as_of - dt.timedelta(days=1)).select("person_id", stayed=pl.lit(value=True))
    joined = joined.join(still, on="person_id", how="left")
    known = pl.col("stayed").is_not_null() | pl.col("death_date").is_not_null() | (pl.col("admissions") > 0)
    return joined.filter(known).sort("person_id")


def risk_rows(b: Borough) -> Iterator[Row]:
    """Rows about who is at highest risk, and how well any model could rank people."""
    people = test_people(b)
    risk, event = people["risk"].to_numpy(), (people["admissions"] > 0).to_numpy()
    highest = np.argsort(-risk, kind="stable")[: len(risk) // 20]
    working = (people["age"].to_numpy()[highest] < OLDER).mean()
    yield fact("risk", "working age among the 5% at highest risk", 100 * float(working))
    yield fact("risk", "AUROC of the true risk", auroc(risk, event))
    yield fact("risk", "AUROC of prior hospital use alone", _prior_use(b))


def _use(b: Borough, people: pl.DataFrame, day: dt.date) -> Numbers:
    """Log counts of admissions, emergencies, bed days and A&E visits in one and three years before a day. Shape:
    [person, kind and window].
    """
    columns = []
    tables = {"admissions": "admission_date", "attendances": "arrival_date"}
    frames = {name: b.scan(name).select("person_id", day=column) for name, column in tables.items()}
    frames["emergencies"] = b.emergencies.lazy().select("person_id", "day")
    nights = b.emergencies.lazy().filter(pl.col("bed_days") > 0)
    frames["bed days"] = nights.select("person_id", pl.col("day").repeat_by("bed_days")).explode("day")
    for frame in frames.values():
        for years in (1, 3):
            window = frame.filter(pl.col("day") < day, pl.col("day") >= _year_before(day, years))
            counts = window.group_by("person_id").len("n").collect(engine="streaming")
            joined = people.select("person_id").join(counts, on="person_id", how="left", maintain_order="left")
            columns.append(np.log1p(joined["n"].fill_null(0).to_numpy().astype(float)))
    return np.column_stack(columns)


def _prior_use(b: Borough) -> float:
    """AUROC of a logistic model that uses only earlier hospital use, fitted on the year before the test year."""
    test, train = _year_before(b.as_of), _year_before(b.as_of, 2)
    people = test_people(b)
    earlier = b.cohort(train).filter(pl.col("age") >= ADULT)
    admitted = b.emergencies.filter(pl.col("day") >= train, pl.col("day") < test)["person_id"].unique()
    outcome = earlier["person_id"].is_in(admitted.implode()).to_numpy().astype(float)
    beta = fit(_use(b, earlier, train), outcome, "logistic")
    return auroc(predict(_use(b, people, test), beta), (people["admissions"] > 0).to_numpy())


def tie_rows(b: Borough) -> Iterator[Row]:
    """Rows of adjusted ratios: the odds of feeling lonely, and the effect of living alone at 65 and over on
    admissions.
    """
    now = b.cohort(b.as_of - dt.timedelta(days=1)).select("person_id", "age", "sex")
    latent = b.truth.filter(pl.col("as_of") == b.as_of).join(now, on="person_id").filter(pl.col("age") >= 16)
    age = latent["age"].to_numpy()
    bands = [(age >= low) & (age < high) for low, high in ((16, 25), (25, 35), (35, 50), (50, 65), (65, 75))]
    flags = [latent[name].to_numpy() for name in ("widowed", "poor_health")]
    x = np.column_stack([*bands, *flags, latent["sex"].to_numpy() == "2", latent["hardship"].to_numpy()]).astype(float)
    odds = np.exp(fit(x, latent["often_lonely"].to_numpy().astype(float), "logistic"))
    yield fact("loneliness", "odds ratio: 16 to 24 against 75 and over", odds[1])
    yield fact("loneliness", "odds ratio: widowed", odds[6])
    yield fact("loneliness", "odds ratio: poor health", odds[7])
    group = "living alone at 65 and over: emergency admissions, adjusted"
    yield fact("hospital", group, _alone_ratio(b))


def _alone_ratio(b: Borough) -> float:
    """Rate ratio of emergency admissions for living alone, adjusted for age, sex, frailty, hardship, loneliness and
    smoking.
    """
    old = test_people(b).filter(pl.col("age") >= OLDER)
    age = (old["age"].to_numpy() - OLDEST) / 10
    x = np.column_stack(
        [
            old["lives_alone"].to_numpy(),
            age,
            age**2,
            old["sex"].to_numpy() == "2",
            np.log(old["frailty"].to_numpy() / (1 - old["frailty"].to_numpy())),
            old["hardship"].to_numpy(),
            old["often_lonely"].to_numpy(),
            old["smoker"].to_numpy(),
            old["poor_health"].to_numpy(),
        ]
    ).astype(float)
    return float(np.exp(fit(x, old["admissions"].to_numpy().astype(float), "poisson")[1]))


def area_ratios(b: Borough) -> pl.DataFrame:
    """Each LSOA's emergency admissions as a ratio to those expected from its people's ages. 100 is the borough's
    average.
    """
    events = b.by_age_and_fifth(b.emergencies).filter(pl.col("lsoa_code").is_not_null())
    people = b.cohort(b.as_of - dt.timedelta(days=int(b.years * 182))).filter(pl.col("lsoa_code").is_not_null())
    band = pl.col("age").clip(0, 94) // 5
    rate = events.group_by(band=band).len("events").join(people.group_by(band=band).len("people"), on="band")
    rate = rate.select("band", rate=pl.col("events") / pl.col("people"))
    expected = people.with_columns(band=band).join(rate, on="band").group_by("lsoa_code").agg(pl.col("rate").sum())
    counts = events.group_by("lsoa_code").len("events")
    joined = b.areas.join(expected, on="lsoa_code").join(counts, on="lsoa_code", how="left")
    return joined.with_columns(ratio=100 * pl.col("events").fill_null(0) / pl.col("rate")).sort("lsoa_code")


def area_rows(b: Borough) -> Iterator[Row]:
    """Rows about the gradient between areas, and about social prescribing."""
    ratios = area_ratios(b)
    r = float(np.corrcoef(ratios["ratio"].to_numpy(), ratios["imd_score"].to_numpy())[0, 1])
    yield fact("hospital", "correlation of LSOA emergency ratio with deprivation", r)
    now = b.cohort(b.as_of - dt.timedelta(days=1)).select("person_id")
    referred = (
        b.scan("gp_events")
        .filter(pl.col("code").is_in(codes("social.prescribing_referral")))
        .select("person_id")
        .unique()
        .collect()
    )
    share = 100 * len(referred.join(now, on="person_id")) / len(now)
    yield fact("social", "ever referred to social prescribing in the years held", share)
