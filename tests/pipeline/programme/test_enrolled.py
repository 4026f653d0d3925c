"""Who was offered a programme, and who was not."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from data_schemas.errors import ConfigurationError
from pipeline.programme.enrolled import by_cluster, of_programme, randomised, treated

DAY = dt.date(2025, 1, 1)


def rows(*arms: tuple[int, str | None], programme: str = "walks") -> pl.DataFrame:
    return pl.DataFrame(
        {"person": [p for p, _ in arms], "programme": programme, "start_date": DAY, "arm": [a for _, a in arms]},
        schema_overrides={"person": pl.Int32, "arm": pl.String},
    )


def test_everyone_with_an_arm_counts_once_and_the_others_are_reported() -> None:
    found = randomised(rows((1, "offered"), (2, "control"), (2, "control"), (3, None), (4, "offered"), (4, "control")))
    assert found.people.select("person", "offered").rows() == [(1, True), (2, False)]
    assert [notice.name for notice in found.notices] == ["no_arm", "two_arms"]


@pytest.mark.parametrize("arms", [[(1, None)], [(1, "offered")], [(1, "control")]])
def test_a_trial_needs_both_arms(arms: list[tuple[int, str | None]]) -> None:
    with pytest.raises(ConfigurationError, match=r"interventions\.arm"):
        randomised(rows(*arms))


def test_an_unknown_programme_names_the_nearest() -> None:
    with pytest.raises(ConfigurationError, match="nearest: walks"):
        of_programme(rows((1, "offered")), "walk")
    with pytest.raises(ConfigurationError, match=r"extracts\.interventions: missing"):
        of_programme(None, "walks")


def test_a_programme_begins_on_a_persons_first_day_and_not_for_controls() -> None:
    later = rows((1, None)).with_columns(start_date=pl.lit(dt.date(2024, 6, 1)))
    found = treated(pl.concat([rows((1, None), (2, "control"), (3, "offered")), later]))
    assert found.people.select("person", "start_date").rows() == [(1, dt.date(2024, 6, 1)), (3, DAY)]


def test_clusters_are_what_was_drawn_where_each_has_one_arm() -> None:
    trial = randomised(rows(*((n, "offered" if n < 4 else "control") for n in range(8))))
    whole = pl.DataFrame({"person": range(8), "cluster_code": ["A", "A", "B", "B", "C", "C", "D", "D"]}).cast(
        {"person": pl.Int32}
    )
    assert by_cluster(trial, whole).people["group"].n_unique() == 4
    mixed = whole.with_columns(cluster_code=pl.lit("A"))
    assert by_cluster(trial, mixed).people["group"].n_unique() == 8
