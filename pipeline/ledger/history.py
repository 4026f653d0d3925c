"""Reads from the ledger what the next list uses: each person's history, the last list's results, and the team's
requests.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from pipeline import disclosure
from pipeline.ledger import entries
from pipeline.ledger.feedback import AHEAD_DAYS
from pipeline.ledger.outcome_words import BY_NAME, OUTCOMES, REST_DAYS, TAKEN_OFF_DAYS

ADDED_FOR_DAYS = 180
"""How long an added person waits for a place on a list."""


@dataclass(frozen=True)
class LastTime:
    """A cluster's last list and its outcomes, counted over people and never by practice."""

    released_on: dt.date
    listed: int
    reached: int
    seen: int
    taken_up: int
    resting: int

    def __str__(self) -> str:
        return self._in_words(str)

    @property
    def protected(self) -> str:
        """The same in protected counts, which anybody may see."""

        def some(people: int) -> str:
            line = disclosure.protect_table({"": [people, self.listed - people]})[""]
            return disclosure.shown(line[0])

        return self._in_words(some)

    def _in_words(self, count: Callable[[int], str]) -> str:
        """The text, with each number as `count` prints it."""
        reached, listed, seen, taken_up, resting = map(
            count, (self.reached, self.listed, self.seen, self.taken_up, self.resting)
        )
        return (
            f"Last list: {reached} of {listed} contacted, {seen} seen, {taken_up} took up support, {resting} resting."
        )


@dataclass(frozen=True)
class History:
    """Everything that a list made on `as_of` may use about earlier lists."""

    as_of: dt.date
    releases: pl.DataFrame
    outcomes: pl.DataFrame
    """Rows of `outcomes`, additions and removals, dated at any time up to a month ahead."""

    @property
    def fingerprint(self) -> str:
        """A hash that changes if anything that a list uses from the ledger changes."""
        return hashlib.sha256(repr((sorted(self.resting), sorted(self.added.items()))).encode()).hexdigest()

    @property
    def resting(self) -> set[str]:
        """People who are on no list for a while, after an outcome or because the team took them off."""
        days = pl.when(pl.col("kind") == "take_off").then(TAKEN_OFF_DAYS).otherwise(
            pl.col("outcome").replace_strict(REST_DAYS, default=0, return_dtype=pl.Int32)
        )  # fmt: skip
        until = pl.col("outcome_date") + pl.duration(days=days)
        return set(self.outcomes.filter((pl.col("kind") != "add") & (until > self.as_of))["person_id"])

    @property
    def added(self) -> dict[str, str]:
        """Person → reason, for people whom the team added and who have been on no list since."""
        asked = self.outcomes.filter(
            pl.col("kind") == "add", pl.col("outcome_date") > self.as_of - dt.timedelta(days=ADDED_FOR_DAYS)
        )
        listed = self.releases.group_by("person_id").agg(last=pl.col("as_of").max())
        off = self.outcomes.filter(kind="take_off").group_by("person_id").agg(off=pl.col("outcome_date").max())
        day = pl.col("outcome_date")
        over = [(pl.col(name) >= day).fill_null(value=False) for name in ("last", "off")]
        waiting = asked.join(listed, on="person_id", how="left").join(off, on="person_id", how="left")
        rows = waiting.filter(~pl.any_horizontal(over)).sort("outcome_date").select("person_id", "reason").iter_rows()
        return {str(person): str(reason) for person, reason in rows}

    def people(self) -> pl.DataFrame:
        """`person_id, lists, months_running, last_listed, last_outcome, last_outcome_date, said`, one row per person.

        `months_running` counts the lists without a gap up to the last one. `said` is the text on a list: "Seen 12
        March: took up support".
        """
        mains = self.releases.unique(["person_id", "as_of"])
        days = mains["as_of"].unique().sort(descending=True).to_list()
        back = pl.col("as_of").replace_strict({day: place for place, day in enumerate(days)}, return_dtype=pl.Int32)
        placed = mains.with_columns(back=back).sort("person_id", "back")
        unbroken = (pl.col("back") == pl.int_range(pl.len())).cast(pl.Int32).cum_prod().sum()
        by_person = placed.group_by("person_id", maintain_order=True)
        listed = by_person.agg(lists=pl.len(), last_listed=pl.col("as_of").max(), months_running=unbroken)
        came = self.outcomes.filter(pl.col("kind") == "outcome").sort("person_id", "outcome_date")
        last = came.unique("person_id", keep="last", maintain_order=True).select(
            "person_id", last_outcome="outcome", last_outcome_date="outcome_date"
        )
        both = listed.join(last, on="person_id", how="full", coalesce=True).sort("person_id")
        said = [
            _outcome_in_words(name, day) for name, day in both.select("last_outcome", "last_outcome_date").iter_rows()
        ]
        return both.with_columns(pl.Series("said", said, dtype=pl.String))

    def last_time(self) -> dict[str, LastTime]:
        """Cluster → its newest list before this one, and what happened since."""
        earlier = self.releases.filter(pl.col("list") == "main")
        newest = earlier.filter(pl.col("as_of") == pl.col("as_of").max().over("cluster_code"))
        rows = newest.unique(["person_id", "cluster_code"])
        return {str(code): self._of(rows.filter(cluster_code=code)) for code in sorted(rows["cluster_code"].unique())}

    def _of(self, rows: pl.DataFrame) -> LastTime:
        came = self.outcomes.filter(pl.col("kind") == "outcome").join(
            rows.select("person_id", since="as_of"), on="person_id"
        )
        came = came.filter(pl.col("outcome_date") >= pl.col("since"))

        def people(condition: list[str]) -> int:
            return came.filter(pl.col("outcome").is_in(condition))["person_id"].n_unique()

        return LastTime(
            released_on=max(rows["released_on"].to_list()),
            listed=rows["person_id"].n_unique(),
            reached=people([one.name for one in OUTCOMES if one.reached]),
            seen=people([one.name for one in OUTCOMES if one.seen]),
            taken_up=people([one.name for one in OUTCOMES if one.taken_up]),
            resting=rows.filter(pl.col("person_id").is_in(sorted(self.resting)))["person_id"].n_unique(),
        )


NOTHING_YET = History(dt.date(2000, 1, 1), pl.DataFrame(schema=entries.RELEASES), pl.DataFrame(schema=entries.OUTCOMES))
"""The history of a site without a ledger."""


def history(store: Path, as_of: dt.date) -> History:
    """The ledger as seen by a list made on `as_of`: outcomes of earlier lists up to a month later, because a run is
    made after its date.
    """
    outcomes = entries.read(store, "outcomes")
    return History(
        as_of,
        entries.read(store, "releases").filter(pl.col("as_of") < as_of),
        outcomes.filter(pl.col("outcome_date") <= as_of + dt.timedelta(days=AHEAD_DAYS)),
    )


def _outcome_in_words(outcome: str | None, day: dt.date | None) -> str:
    if outcome is None or day is None:
        return ""
    choice = BY_NAME.get(outcome)
    when = f"{day.day} {day:%B}"
    if choice is None:
        return ""
    return f"Seen {when}: {choice.said}" if choice.seen else f"{when}: {choice.said}"
