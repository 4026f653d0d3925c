"""Two years of published pages against an attacker: who can be found?

`python -m tests.benchmarks.disclosure [--people 20000] [--months 24]` makes a borough with joiners, leavers and
changes. It publishes the figures of every month through the code that makes the pages, and lets
`tests.benchmarks.attacker` work on all of them together. It prints the counts that were worked out; there must be none.
"""

from __future__ import annotations

import argparse
import datetime as dt
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from pipeline import disclosure
from pipeline.community.families import families
from pipeline.community.guidance import RULES
from pipeline.community.indicators import INDICATORS
from pipeline.community.monitor import BOROUGH, monitor
from pipeline.community.portrait import ARRIVED, LEFT, portrait
from pipeline.community.prevention import prevention
from pipeline.community.records import Records
from pipeline.disclosure import HIDE_UP_TO, Count
from pipeline.population import age_band
from pipeline.publish.aggregates import breakdown, partitions
from tests.benchmarks.attacker import Attacker, Cell, Range
from tests.pipeline.community.sites import AS_OF, PRACTICES, person, records, stay

ADULT = 18
WATCHED = [each for each in INDICATORS if each.name in {"emergency_admissions", "health_checks"}]
ON_RECORD = (
    "strength.health_check", "condition.diabetes", "condition.copd", "condition.dementia", "condition.af", "condition.chd", "rx.statin",
    "rx.anticoagulant", "strength.flu_vaccination", "condition.learning_disability", "social.money_problem", "lifestyle.smoker",
)  # fmt: skip


@dataclass(frozen=True)
class Found:
    """What the attack worked out."""

    counts: int
    small: int
    """Counts of 1 to 7 among them."""
    recovered: list[Cell]
    """Counts of 1 to 7 with only one possible value."""
    narrowest: float
    """The smallest number of values that are possible for a count of 1 to 7."""
    changes: int
    """Changes of 1 to 7 from one month to another, up or down."""
    changes_recovered: list[tuple[Cell, Cell]]
    """Changes with only one possible value."""


def month_ends(months: int) -> list[dt.date]:
    """The first days of `months` months up to the as-of date."""
    last = AS_OF.year * 12 + AS_OF.month - 1
    return [dt.date(n // 12, n % 12 + 1, 1) for n in range(last - months + 1, last + 1)]


def borough(folder: Path, people: int, seed: int) -> Records:
    """People in three clusters, one of them small. Each month one in a hundred joins and one in a hundred leaves."""
    rng = np.random.default_rng(seed)
    where = rng.choice(list(PRACTICES), people, p=[0.6, 0.37, 0.03])
    came = rng.integers(-3000, 760, people)
    left = came + rng.exponential(3000, people).astype(int) + 1
    persons = [
        person(
            n, 3 + int(rng.gamma(4, 11)) % 96, str(rng.choice(["1", "2"])), str(where[n]), int(rng.integers(1, 11)),
            registered_from=_day(760 - int(came[n])), registered_to=_day(760 - int(left[n])) if left[n] < 740 else None,
            household_id=f"h{n // 3}",
        )
        for n in range(people)
    ]  # fmt: skip
    rates = np.geomspace(0.3, 0.003, len(ON_RECORD))
    events = [
        (int(n), name, _day(int(rng.integers(1, 1500))), None)
        for name, rate in zip(ON_RECORD, rates, strict=True)
        for n in np.flatnonzero(rng.random(people) < rate)
    ]
    ill = np.repeat(np.arange(people), rng.poisson(0.3, people))
    stays = [stay(int(n), _day(int(rng.integers(5, 1200)))) for n in ill]
    return records(folder, persons, events, stays)


def _day(before: int) -> dt.date:
    return AS_OF - dt.timedelta(days=before)


def publish(site: Records, day: dt.date, attacker: Attacker) -> None:
    """All counts on the pages of one month, as the attacker reads them with those of other months."""
    seen = Records(site.tables, site.log, site.concepts, day)
    people = seen.people(day).with_columns(age_band=age_band(pl.col("age")))
    Page(attacker, day).profile(people)
    Page(attacker, day).prevention(seen)
    Page(attacker, day).portrait(seen)
    Page(attacker, day).families(seen)
    Page(attacker, day).monitor(seen)


@dataclass(frozen=True)
class Page:
    """What an attacker notes from the pages of one day."""

    attacker: Attacker
    day: dt.date

    def table(
        self,
        name: str,
        true: Mapping[str, Sequence[int]],
        shown: Mapping[str, Sequence[Count]],
        totals: Sequence[Count],
    ) -> None:
        """Add a table of clusters by categories, with the borough's totals."""
        for place, counts in true.items():
            for n, pair in enumerate(zip(counts, shown[place], strict=True)):
                self.attacker.see((self.day, name, place, n), *pair)
        for n, total in enumerate(totals):
            cells = [(self.day, name, place, n) for place in true]
            self.attacker.line(cells, [shown[place][n] for place in true], total)

    def profile(self, people: pl.DataFrame) -> None:
        """Add adults by age, sex, risk band and deprivation, from the borough's page and each profile."""
        band = pl.col("person").hash(1).mod(40)
        risk = pl.when(band == 0).then(pl.lit("Very high")).when(band < 3).then(pl.lit("High"))
        adults = people.filter(pl.col("age") >= ADULT).with_columns(
            band=risk.when(band < 12).then(pl.lit("Moderate")).otherwise(pl.lit("Lower"))
        )
        codes = sorted(people["cluster_code"].unique())
        cells = {}
        for heading, category, categories in partitions(adults):
            found = breakdown(codes, adults, heading, category, categories)
            counted = _counted(adults.with_columns(category.alias("category")), found.categories)
            self.table(
                heading,
                {code: counted.get(code, [0] * len(found.categories)) for code in codes},
                found.clusters,
                found.borough,
            )
            cells[heading] = {
                code: [(self.day, heading, code, n) for n in range(len(found.categories))] for code in codes
            }
        for heading, code in ((heading, code) for heading in cells if heading != "Sex" for code in codes):
            self.attacker.same(cells["Sex"][code], cells[heading][code])

    def prevention(self, seen: Records) -> None:
        """Add people due and done by rule."""
        found = prevention(seen)
        from pipeline.community.prevention import judged

        people = judged(seen, self.day, RULES)
        for gap in found.gaps:
            asked = people.drop_nulls(gap.rule.name).group_by("cluster_code").agg(
                due=pl.col(gap.rule.name).sum(), done=(~pl.col(gap.rule.name)).sum()
            )  # fmt: skip
            true = {code: [due, done] for code, due, done in asked.sort("cluster_code").iter_rows()}
            self.table(gap.rule.name, true, gap.clusters, gap.borough)

    def portrait(self, seen: Records) -> None:
        """Add segments by cluster, and moves between them. The moves end in today's segments."""
        found = portrait(seen)
        names = [segment.name for segment in found.scheme]
        placed = seen.people(self.day).join(found.assigned, on="person").with_columns(category="segment")
        true = _counted(placed, names)
        shown = {code: [found.uses[code][name].people for name in names] for code in true}
        self.table("segment", true, shown, [found.uses[BOROUGH][name].people for name in names])
        then = portrait_before(seen, found.scheme)
        moves = then.join(found.assigned, on="person", how="full", coalesce=True, suffix="_now")
        counted = moves.group_by(pl.col("segment").fill_null(ARRIVED), pl.col("segment_now").fill_null(LEFT)).len()
        true_moves = {(before, after): count for before, after, count in counted.iter_rows()}
        for pair, count in found.flows.items():
            self.attacker.see((self.day, "move", pair), true_moves.get(pair, 0), count)
        for n, name in enumerate(names):
            arrived = [(self.day, "move", (before, name)) for before in (*names, ARRIVED)]
            self.attacker.same(arrived, [(self.day, "segment", code, n) for code in true])

    def families(self, seen: Records) -> None:
        """Add households with children."""
        found = families(seen, range(0, 100_000, 7))
        if found is None:
            return
        actual = seen.identified.filter(pl.col("household_id").is_not_null())
        children = actual.filter(pl.col("age") < ADULT)["household_id"].unique()
        adults = actual.filter(pl.col("age") >= ADULT, pl.col("household_id").is_in(children.implode())).sort("person")
        first = adults.unique("household_id", keep="first", maintain_order=True)
        codes = [code for code in found.households if code]
        counts = dict(first["cluster_code"].value_counts().iter_rows())
        true = {code: [counts.get(code, 0)] for code in codes}
        self.table("families", true, {code: [found.households[code]] for code in codes}, [found.households[BOROUGH]])

    def monitor(self, seen: Records) -> None:
        """Add emergency admissions of the year and month by month, if the year is twelve months, and Health Checks
        done."""
        found = {each.indicator.name: each for each in monitor(seen, {}, WATCHED).watched}
        stays = seen.stays.filter("unplanned").join(seen.members, on="person")
        inside = stays.filter(pl.col("start") <= pl.col("admission_date"), pl.col("admission_date") <= pl.col("end"))
        year = self.day - dt.timedelta(days=365)
        figures = found["emergency_admissions"].now
        codes = [code for code in figures if code]
        own = inside.filter(pl.col("admission_date") >= year).group_by("cluster_code").len()
        counts = dict(own.iter_rows())
        events = {code: [counts.get(code, 0)] for code in codes}
        self.table("admissions", events, {code: [figures[code].events] for code in codes}, [figures[BOROUGH].events])
        first = [month for month in month_ends(60) if year <= month < self.day]
        for month in first:
            self._month(inside, month, codes)
        if year.day == 1:
            for code in codes:
                self.attacker.same([(self.day, "admissions", code, 0)], [(month, "month", code, 0) for month in first])

    def _month(self, stays: pl.DataFrame, month: dt.date, codes: list[str]) -> None:
        own = stays.filter(pl.col("admission_date").dt.truncate("1mo") == month).group_by("cluster_code").len()
        counts = {code: dict(own.iter_rows()).get(code, 0) for code in codes}
        shown, total = disclosure.protect_line(counts)
        if (month, "month", codes[0], 0) not in self.attacker.known:
            self.attacker.see((month, "month", codes[0], 0), counts[codes[0]], shown[codes[0]])
            for code in codes[1:]:
                self.attacker.see((month, "month", code, 0), counts[code], shown[code])
            self.attacker.line([(month, "month", code, 0) for code in codes], list(shown.values()), total)


def portrait_before(seen: Records, scheme: Sequence) -> pl.DataFrame:
    """Segments a year before, from the diagram of moves."""
    from pipeline.community.segments import segments_of

    return segments_of(seen, seen.day - dt.timedelta(days=365), scheme)


def _counted(people: pl.DataFrame, names: Sequence[str]) -> dict[str, list[int]]:
    """Counts of `category` by cluster. Rows without a category count as the last."""
    rows = people.group_by("cluster_code", pl.col("category").fill_null(names[-1])).len().sort("cluster_code")
    found: dict[str, list[int]] = {}
    for code, name, count in rows.iter_rows():
        found.setdefault(code, [0] * len(names))[list(names).index(name)] = count
    return found


def attack(people: int, months: int, seed: int = 1) -> Found:
    """Publish every month, attack all months together, and check the result."""
    attacker = Attacker()
    with tempfile.TemporaryDirectory() as folder:
        site = borough(Path(folder), people, seed)
        for day in month_ends(months):
            publish(site, day, attacker)
    return judged(attacker, attacker.worked_out())


def judged(attacker: Attacker, ranges: Mapping[Cell, Range]) -> Found:
    """State what was worked out, and check that the truth is in every range."""
    truth = attacker.truth
    wrong = [cell for cell, (low, high) in ranges.items() if not low <= truth[cell] <= high]
    if wrong:
        raise AssertionError(
            f"{len(wrong)} true counts lie outside what was worked out: the attack is not set up rightly"
        )
    small = [cell for cell, count in truth.items() if 0 < count <= HIDE_UP_TO]
    width = {cell: high - low for cell, (low, high) in ranges.items()}
    series: dict[Cell, list[Cell]] = {}
    for cell in truth:
        series.setdefault(cell[1:], []).append(cell)  # type: ignore[index]
    changed = [
        (one, other)
        for cells in series.values()
        for n, one in enumerate(cells)
        for other in cells[n + 1 :]
        if 0 < abs(truth[one] - truth[other]) <= HIDE_UP_TO
    ]
    return Found(
        counts=len(truth),
        small=len(small),
        recovered=[cell for cell in small if width[cell] < 1],
        narrowest=min((width[cell] + 1 for cell in small), default=np.inf),
        changes=len(changed),
        changes_recovered=[pair for pair in changed if width[pair[0]] + width[pair[1]] < 1],
    )


def main() -> None:
    """Print the result. The exit code is 1 if anybody was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=20_000)
    parser.add_argument("--months", type=int, default=24)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    found = attack(options.people, options.months, options.seed)
    sys.stdout.write(
        f"{options.people:,} people, {options.months} months: {found.counts:,} counts, {found.small:,} of them 1 to 7\n"
        f"counts of 1 to 7 worked out: {len(found.recovered)}; at the narrowest, {found.narrowest:.0f} numbers were possible\n"
        f"changes of 1 to 7 between two months: {found.changes:,}; worked out: {len(found.changes_recovered)}\n"
    )
    sys.exit(1 if found.recovered or found.changes_recovered else 0)


if __name__ == "__main__":
    main()
