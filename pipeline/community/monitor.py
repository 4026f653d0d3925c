"""Our impacts: every indicator for the borough and each cluster, against England, against the year before, and month by month."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from pipeline.community.england import National
from pipeline.community.figures import BAND_YEARS, BANDS, HIDDEN, Figure, change, rate_of, share_of, tenths_inequality
from pipeline.community.indicators import INDICATORS, Indicator, Year
from pipeline.community.rates import Inequality, Rate
from pipeline.community.records import Records
from pipeline.community.xmr import Trend, month_starts, trend

BOROUGH = ""
"""The place that all clusters make up."""
MONTH = 31
Monthly = Mapping[dt.date, pl.DataFrame]
"""First day of a month → `cluster_code, count`."""


@dataclass(frozen=True)
class Watched:
    """One indicator on one day, for every place."""

    indicator: Indicator
    year: Year
    now: Mapping[str, Figure]
    """By cluster code; the borough's under the empty text."""
    before: Mapping[str, Figure]
    """The same of the year before; empty where the extracts begin later."""
    months: Mapping[str, Trend]
    inequality: Inequality | None
    national: National | None

    def change(self, place: str) -> Rate | None:
        """This year over the year before."""
        now, before = self.now.get(place), self.before.get(place)
        return change(now.headline, before.headline) if now and before else None


@dataclass(frozen=True)
class Monitor:
    """All indicators, and those that the extracts do not hold."""

    day: dt.date
    watched: tuple[Watched, ...]
    missing: tuple[Indicator, ...]


def monitor(
    records: Records, national: Mapping[str, National], indicators: Sequence[Indicator] = INDICATORS
) -> Monitor:
    """Every indicator that the extracts hold, for the year before the day of the records."""
    people = people_by_month(records)
    found = {
        indicator.name: watch(records, indicator, national.get(indicator.name), people) for indicator in indicators
    }
    return Monitor(
        records.day,
        tuple(each for each in found.values() if each is not None),
        tuple(indicator for indicator in indicators if found[indicator.name] is None),
    )


def watch(records: Records, indicator: Indicator, national: National | None, people: Monthly) -> Watched | None:
    """One indicator; None where the extracts do not hold it. `people` is what `people_by_month` gives."""
    year = Year(records.day)
    events = indicator.events(records) if indicator.events else None
    if events is not None:
        now = _rates(records, indicator, year, events)
        before = _rates(records, indicator, year.before, events) if _reaches(events, year.before) else EMPTY
        return Watched(
            indicator, year, now.places, before.places, _months(records, events, people), now.inequality, national
        )
    rows = indicator.done(records, year) if indicator.done else None
    if rows is None:
        return None
    now, earlier = _shares(records, year, rows), indicator.done(records, year.before) if indicator.done else None
    before = _shares(records, year.before, earlier) if earlier is not None and earlier["done"].any() else EMPTY
    return Watched(indicator, year, now.places, before.places, {}, now.inequality, national)


@dataclass(frozen=True)
class _Placed:
    """The figures of one year by place, and how they change with deprivation."""

    places: dict[str, Figure]
    inequality: Inequality | None


EMPTY = _Placed({}, None)


def _reaches(events: pl.DataFrame, year: Year) -> bool:
    """Whether the extract reaches back to the start of a year, give or take a month."""
    first = events["day"].min()
    return isinstance(first, dt.date) and first < year.start + dt.timedelta(days=MONTH)


def _rates(records: Records, indicator: Indicator, year: Year, events: pl.DataFrame) -> _Placed:
    in_year = events.filter(pl.col("day").is_between(year.start, year.end, closed="left"))
    cells = _cells(records, indicator, year, in_year)
    borough = cells.group_by("band", "sex").agg(pl.col("events", "people").sum()).filter(pl.col("people") > 0)
    reference = borough.select("band", "sex", rate=pl.col("events") / pl.col("people"))

    def figure(own: pl.DataFrame) -> Figure:
        return rate_of(own, reference, indicator.ages)

    places = _secondary({code: figure(own) for code, own in _by(cells, "cluster_code")})
    tenths = [(figure(own), int(own["people"].sum())) for _, own in _by(cells, "imd_decile")]
    return _Placed({BOROUGH: figure(cells), **places}, tenths_inequality(tenths))


def _shares(records: Records, year: Year, rows: pl.DataFrame) -> _Placed:
    placed = rows.join(_covering(records.members, year.end - dt.timedelta(days=1)), on="person")
    borough = float(placed["done"].cast(pl.Float64).mean() or 0)  # type: ignore[arg-type]

    def figure(own: pl.DataFrame) -> Figure:
        return share_of(int(own["done"].sum()), own.height, borough)

    places = _secondary({code: figure(own) for code, own in _by(placed, "cluster_code")})
    tenths = [(figure(own), own.height) for _, own in _by(placed, "imd_decile")]
    return _Placed({BOROUGH: figure(placed), **places}, tenths_inequality(tenths))


def _secondary(places: dict[str, Figure]) -> dict[str, Figure]:
    """Where one cluster alone is hidden, the smallest of the others is too: else the borough less the others would give it."""
    hidden = [code for code, figure in places.items() if figure.events is None]
    others = [(figure.events or 0, code) for code, figure in places.items() if figure.events is not None]
    return {**places, min(others)[1]: HIDDEN} if len(hidden) == 1 and others else places


def _cells(records: Records, indicator: Indicator, year: Year, events: pl.DataFrame) -> pl.DataFrame:
    """`cluster_code, imd_decile, band, sex, people, events, squares, persons`: people of the middle day, events of the whole year."""
    keys = ["cluster_code", "imd_decile", "band", "sex"]
    members = _aged(records.members, year.middle).filter(pl.col("age").is_between(*indicator.ages))
    people = _covering(members, year.middle).group_by(keys).agg(people=pl.len())
    per_person = (
        _placed(events, members).group_by("person").agg(pl.col(*keys).last(), pl.col("weight").sum().cast(pl.Float64))
    )
    happened = per_person.group_by(keys).agg(
        events=pl.col("weight").sum(), squares=(pl.col("weight") ** 2).sum(), persons=(pl.col("weight") > 0).sum()
    )
    both = people.join(happened, on=keys, how="full", coalesce=True, nulls_equal=True)
    return both.with_columns(pl.col("people", "events", "squares", "persons").fill_null(0))


def _aged(members: pl.DataFrame, day: dt.date) -> pl.DataFrame:
    """Registrations with `age` in whole years and `band` of five years on a day."""
    birth = pl.col("birth_month")
    age = (day.year - birth.dt.year() - (birth.dt.month() > day.month).cast(pl.Int32)).cast(pl.Int32)
    return members.with_columns(age=age).with_columns(band=(pl.col("age") // BAND_YEARS).clip(0, BANDS - 1))


def _covering(members: pl.DataFrame, day: dt.date) -> pl.DataFrame:
    """The registration of each person that covers a day, the newest where several do."""
    there = members.filter(pl.col("start") <= day, pl.col("end") > day)
    return there.sort("person", "start").unique("person", keep="last", maintain_order=True)


def _placed(events: pl.DataFrame, members: pl.DataFrame) -> pl.DataFrame:
    """Each event with the registration that it fell into (a death on the last day counts), in order of days; others are left out."""
    joined = events.with_row_index("event").join(members, on="person")
    inside = joined.filter(pl.col("start") <= pl.col("day"), pl.col("day") <= pl.col("end"))
    return inside.sort("event", "start").unique("event", keep="last", maintain_order=True).sort("day", "event")


def _by(frame: pl.DataFrame, column: str) -> list[tuple[str, pl.DataFrame]]:
    """The rows of each value of a column, in order; rows without one are left out."""
    return [
        (str(key[0]), own) for key, own in sorted(frame.drop_nulls(column).group_by(column), key=lambda group: group[0])
    ]


def people_by_month(records: Records) -> Monthly:
    """How many people each cluster has on the first day of each of the last 24 whole months."""
    return {
        month: _covering(records.members, month)["cluster_code"].value_counts() for month in month_starts(records.day)
    }


def _months(records: Records, events: pl.DataFrame, people: Monthly) -> dict[str, Trend]:
    """The chart of each place over the last 24 whole months; none where a month's count is hidden."""
    *months, after = people
    recent = events.filter(pl.col("day").is_between(months[0], after, closed="left"))
    placed = _placed(recent, records.members)
    by_month = placed.group_by("cluster_code", pl.col("day").dt.truncate("1mo").alias("month")).agg(
        pl.col("weight").sum()
    )
    places = [BOROUGH, *sorted(code for code in by_month["cluster_code"].unique() if code is not None)]
    found = {place: _trend(place, months, by_month, people) for place in places}
    return {place: each for place, each in found.items() if each is not None}


def _trend(
    place: str, months: list[dt.date], events: pl.DataFrame, people: Mapping[dt.date, pl.DataFrame]
) -> Trend | None:
    is_here = pl.lit(value=True) if place == BOROUGH else pl.col("cluster_code") == place
    happened = events.filter(is_here).group_by("month").agg(pl.col("weight").sum())
    there = {month: int(people[month].filter(is_here)["count"].sum()) for month in months}
    return trend(months, there, {month: int(count) for month, count in happened.iter_rows()})
