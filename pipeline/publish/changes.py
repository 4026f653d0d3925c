"""Explains what has changed about a person's risk since an earlier run, and why."""

from __future__ import annotations

import datetime as dt
import json
import math

import polars as pl

from data_schemas.disk import read_parquet
from data_schemas.pseudonyms import folded_where_hexadecimal
from data_schemas.receipts import Feature
from pipeline import words
from pipeline.publish import phrases
from pipeline.publish.files import MANIFEST
from pipeline.publish.reasons import declarations, present
from pipeline.publish.scored import Scored

SAME_WITHIN = 0.2
"""A risk is about the same if its odds have changed by less than this share either way."""


def changes(scored: Scored, listed: pl.DataFrame, now: pl.DataFrame, before: pl.DataFrame | None) -> pl.DataFrame:
    """`person` with `change` in words, for everyone listed. Empty if there is no earlier run.

    `now` and `before` are contributions (person, feature, value, contribution) at both dates under today's model, so
    that the reason is a change in the person and not in the model.
    """
    if scored.previous is None:
        return listed.select("person", change=pl.lit(""))
    manifest = json.loads((scored.previous / MANIFEST).read_bytes())
    earlier = dt.date.fromisoformat(manifest["as_of"])
    then, elapsed = words.day(earlier), (scored.as_of - earlier).days
    note = "" if manifest["model_version"] == scored.model_version else " (the model has changed too)"
    risks = read_parquet(scored.previous / "scores.parquet", columns=["person_id", "risk"])
    compared = folded_where_hexadecimal(pl.col("person_id"))
    both = (
        listed.select("person", "risk", compared)
        .join(risks.select(compared, risk_before="risk"), on="person_id", how="left")
        .join(_drivers(scored.features, now, before, elapsed), on="person", how="left")
    )
    texts = [
        _sentence(now, was, up, down, f"on {then}", note)
        for now, was, up, down in both.select("risk", "risk_before", "up", "down").iter_rows()
    ]
    return both.select("person", pl.Series("change", texts, dtype=pl.String))


def _sentence(now: float, was: float | None, up: str | None, down: str | None, then: str, note: str) -> str:
    if was is None:
        return f"No score {then}"
    moved = _log_odds(now) - _log_odds(was)
    if abs(moved) < math.log1p(SAME_WITHIN):
        return f"About the same as {then}"
    way, little, why = ("Up", "higher", up) if moved > 0 else ("Down", "lower", down)
    is_same = words.chance(now) == words.chance(was)
    text = f"A little {little} than {then}" if is_same else f"{way} from {words.chance(was)} {then}"
    return text + note + (f": {why}" if why else "")


def _drivers(features: list[Feature], now: pl.DataFrame, before: pl.DataFrame | None, elapsed: int) -> pl.DataFrame:
    """`person, up, down`: the fact whose change raised the risk most, and the count whose fall lowered it most. Null if
    there is none.

    These are not changes: something last seen longer ago that has only aged by the `elapsed` days, a value that was not
    known before, and something that was only written down again. Facts that tell a reader little are used only if
    nothing else changed. A falling count is never a reason for a rising risk.
    """
    if before is None:
        return pl.DataFrame(schema={"person": pl.Int32, "up": pl.String, "down": pl.String})
    by_name = {feature.name: feature for feature in features}
    columns = ["person", "feature", "value", "contribution"]
    declared = declarations(features).filter(~pl.col("recording"))
    joined = now.select(columns).join(before.select(columns), on=["person", "feature"], how="left", suffix="_before")
    moved = joined.join(declared, on="feature").with_columns(
        moved=pl.col("contribution") - pl.col("contribution_before").fill_null(0)
    )
    is_since = pl.col("statistic").is_in(list(phrases.SINCE))
    changed = pl.when(is_since).then(pl.col("value") <= elapsed).otherwise(pl.col("value") != pl.col("value_before"))
    counted = pl.col("statistic").is_in(list(phrases.COUNTED))
    fell = counted & (pl.col("value") < pl.col("value_before")).fill_null(value=False)
    up = _most(moved.filter(changed & present() & ~fell & (pl.col("moved") > 0)), by_name, "up")
    down = _most(moved.filter(fell & (pl.col("moved") < 0)), by_name, "down")
    return up.join(down, on="person", how="full", coalesce=True)


def _most(moved: pl.DataFrame, by_name: dict[str, Feature], name: str) -> pl.DataFrame:
    by = ["person", "aside", pl.col("moved").abs(), "order"]
    ordered = moved.sort(by, descending=[False, False, True, False])
    first = ordered.unique("person", keep="first", maintain_order=True)
    rows = first.select("feature", "value", "value_before").iter_rows()
    return first.select(
        "person", pl.Series(name, [_fact(by_name[feature], *values) for feature, *values in rows], dtype=pl.String)
    )


def _fact(feature: Feature, value: float, was: float | None) -> str:
    """The fact as it is now, with the earlier number."""
    text = phrases.phrase(feature, value)
    return f"{text} (was {words.number(was)})" if feature.statistic in phrases.COUNTED and was is not None else text


def _log_odds(risk: float) -> float:
    kept = min(max(risk, 1e-6), 1 - 1e-6)
    return math.log(kept / (1 - kept))
