"""Works out indicators for the borough and each cluster, compared with England and the year before, and
month by month.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from pipeline import disclosure
from pipeline.community.england import National
from pipeline.community.figures import BAND_YEARS, BANDS, Figure, change, rate_of, share_of, tenths_inequality
from pipeline.community.indicators import INDICATORS, Indicator, Year
from pipeline.community.lived import Counted, age_on, covering, people_by_month, people_by_year, placed_at
from pipeline.community.prevention import pairs
from pipeline.community.rates import Inequality, Rate
from pipeline.community.records import Records
from pipeline.community.xmr import Trend, month_starts, trend
from pipeline.disclosure import Count

BOROUGH = ""
"""The place made up of all clusters."""
MONTH = 31


@dataclass(frozen=True)
class Watched:
    """One indicator on one day, for every place."""

    indicator: Indicator
    year: Year
    now: Mapping[str, Figure]
    """Cluster code → figure. The borough is under the empty text."""
    before: Mapping[str, Figure]
    """The same for the year before. Empty if the extracts begin later."""
    months: Mapping[str, Trend]
    inequality: Inequality | None
    national: National | None

    def change(self, place: str) -> Rate | None:
        """This year compared with the year before."""
        now, before = self.now.get(place), self.before.get(place)
        return change(now.headline, before.headline) if now and before else None


@dataclass(frozen=True)
class Monitor:
    """All indicators, and the names of those that the extracts do not support."""

    day: dt.date
    watched: tuple[Watched, ...]
    missing: tuple[Indicator, ...]


def monitor(
    records: Records, national: Mapping[str, National], indicators: Sequence[Indicator] = INDICATORS
) -> Monitor:
    """Every indicator that the extracts support, for the year before the day of the records."""
    months, middles = people_by_month(records), people_by_year(records)
    watched = {
        indicator.name: watch(records, indicator, national.get(indicator.name), months, middles)
        for indicator in indicators
    }
    return Monitor(
        records.day,
        tuple(each for each in watched.values() if each is not None),
        tuple(indicator for indicator in indicators if watched[indicator.name] is None),
    )


def watch(
    records: Records, indicator: Indicator, national: National | None, months: Counted, middles: Counted
) -> Watched | None:
    """Work out one indicator. None if the extracts do not support it. `months` comes from `people_by_month`, `middles`
    from `people_by_year`.
    """
    year = Year(records.day)
    events = indicator.events(records) if indicator.events else None
    if events is not None:
        reaches = _reaches(events, year.before)
        placed = placed_at(
            events.filter(pl.col("day") >= min(month_starts(records.day)[0], year.before.start)), records.members
        )
        now = _rates(middles, indicator, year, placed)
        before = _rates(middles, indicator, year.before, placed) if reaches else EMPTY
        trends = _months(indicator, placed, months)
        return Watched(indicator, year, now.places, before.places, trends, now.inequality, national)
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
    """Whether the extract goes back to the start of a year, within a month."""
    first = events["day"].min()
    return isinstance(first, dt.date) and first < year.start + dt.timedelta(days=MONTH)


def _rates(middles: Counted, indicator: Indicator, year: Year, placed: pl.DataFrame) -> _Placed:
    cells = _cells(middles[year.middle], indicator, year, placed)
    borough = cells.group_by("band", "sex").agg(pl.col("events", "people").sum()).filter(pl.col("people") > 0)
    reference = borough.select("band", "sex", rate=pl.col("events") / pl.col("people"))
    there = _rates_by("cluster_code", cells, reference, indicator)
    tenths = _rates_by("imd_decile", cells, reference, indicator)
    tenths.pop(BOROUGH)
    return _Placed(there, tenths_inequality([(figure, figure.people or 0) for figure in tenths.values()]))


def _rates_by(column: str, cells: pl.DataFrame, reference: pl.DataFrame, indicator: Indicator) -> dict[str, Figure]:
    """The figure of each value of a column, and of all values together under BOROUGH, whose counts are their sums."""
    own = dict(_by(cells, column))
    people, events, persons = (
        {place: round(float(cell[name].sum())) for place, cell in own.items()}
        for name in ("people", "events", "persons")
    )
    few = {place for place, count in persons.items() if disclosure.protect(count) is None}
    people_shown, everyone = disclosure.protect_line(people)
    events_shown, all_events = disclosure.protect_line(events, few)
    if disclosure.protect(sum(persons.values())) is None:
        all_events = None
    rates = {BOROUGH: rate_of(all_events, everyone, cells.drop_nulls(column), reference, indicator.ages)}
    return rates | {
        place: rate_of(events_shown[place], people_shown[place], cell, reference, indicator.ages)
        for place, cell in own.items()
    }


def _shares(records: Records, year: Year, rows: pl.DataFrame) -> _Placed:
    there = covering(records.members, year.end - dt.timedelta(days=1))
    placed = rows.join(there, on="person").with_columns(due=~pl.col("done"))
    clusters, borough = pairs(placed, "due", "cluster_code")
    tenths, _ = pairs(placed.with_columns(pl.col("imd_decile").cast(pl.Int32)), "due", "imd_decile")
    figures = [share_of(*pair, borough) for _, pair in sorted(tenths.items(), key=lambda tenth: int(tenth[0]))]
    return _Placed(
        {place: share_of(*pair, borough) for place, pair in {BOROUGH: borough, **clusters}.items()},
        tenths_inequality([(figure, figure.people or 0) for figure in figures]),
    )


def _cells(there: pl.DataFrame, indicator: Indicator, year: Year, placed: pl.DataFrame) -> pl.DataFrame:
    """`cluster_code, imd_decile, band, sex, people, events, squares, persons`: people on the middle day, events in the
    whole year.
    """
    keys = ["cluster_code", "imd_decile", "band", "sex"]
    people = _of_age(there, indicator, year).group_by(keys).agg(people=pl.col("count").sum())
    in_year = placed.filter(pl.col("day").is_between(year.start, year.end, closed="left"))
    per_person = (
        _of_age(in_year, indicator, year)
        .group_by("person", maintain_order=True)
        .agg(pl.col(*keys).last(), pl.col("weight").sum().cast(pl.Float64))
    )
    happened = per_person.group_by(keys).agg(
        events=pl.col("weight").sum(), squares=(pl.col("weight") ** 2).sum(), persons=(pl.col("weight") > 0).sum()
    )
    both = people.join(happened, on=keys, how="full", coalesce=True, nulls_equal=True)
    return both.with_columns(pl.col("people", "events", "squares", "persons").fill_null(0))


def _of_age(members: pl.DataFrame, indicator: Indicator, year: Year) -> pl.DataFrame:
    """The people of the indicator's ages in the middle of a year, with `band` in five-year steps."""
    age = age_on(pl.lit(year.middle))
    return members.filter(age.is_between(*indicator.ages)).with_columns(band=(age // BAND_YEARS).clip(0, BANDS - 1))


def _by(frame: pl.DataFrame, column: str) -> list[tuple[str, pl.DataFrame]]:
    """The rows of each value of a column, in order. Rows without a value are left out."""
    return [
        (str(key[0]), own) for key, own in sorted(frame.drop_nulls(column).group_by(column), key=lambda group: group[0])
    ]


def _months(indicator: Indicator, placed: pl.DataFrame, people: Counted) -> dict[str, Trend]:
    """The chart of each place over the last 24 whole months. None if a month's count is hidden."""
    *months, after = people
    inside = pl.col("day").is_between(months[0], after, closed="left")
    recent = placed.filter(inside, age_on(pl.col("day")).is_between(*indicator.ages)).drop_nulls("cluster_code")
    by_month = recent.group_by("cluster_code", pl.col("day").dt.truncate("1mo").alias("month")).agg(
        pl.col("weight").sum()
    )
    codes = sorted(by_month["cluster_code"].unique())
    happened = {(code, month): int(count) for code, month, count in by_month.iter_rows()}
    events = {month: _line({code: happened.get((code, month), 0) for code in codes}) for month in months}
    there = {month: _line(_counted(people[month], month, indicator)) for month in months}
    trends = {
        place: trend(
            months, *({month: line.get(place, 0) for month, line in lines.items()} for lines in (there, events))
        )
        for place in (BOROUGH, *codes)
    }
    return {place: each for place, each in trends.items() if each is not None}


def _counted(people: pl.DataFrame, month: dt.date, indicator: Indicator) -> dict[str, int]:
    of_age = people.filter(age_on(pl.lit(month)).is_between(*indicator.ages))
    return dict(of_age.group_by("cluster_code").agg(pl.col("count").sum()).sort("cluster_code").iter_rows())


def _line(counts: Mapping[str, int]) -> dict[str, Count]:
    """Protected counts, by cluster and for the borough."""
    shown, borough = disclosure.protect_line(counts)
    return {BOROUGH: borough, **shown}
