"""Places, the site's configuration, the Community Book, and the levels that are fitted."""

from __future__ import annotations

import datetime as dt
import json

import numpy as np
import polars as pl
import pytest

from data_schemas.assets import read_services
from pipeline.publish.needs import NEEDS, is_served_by
from pipeline.settings import load_settings
from pipeline.synthetic import calibrate
from pipeline.synthetic.block import build_world
from pipeline.synthetic.community import community_book
from pipeline.synthetic.conditions import load_conditions
from pipeline.synthetic.hazards import fitted
from pipeline.synthetic.options import Options
from pipeline.synthetic.places import build_places, cluster_count
from pipeline.synthetic.site import as_of_dates


@pytest.mark.parametrize(("people", "clusters"), [(1_000, 2), (20_000, 3), (330_000, 7), (3_300_000, 70)])
def test_clusters_follow_the_number_of_people(people, clusters):
    assert cluster_count(people) == clusters


def test_a_whole_borough_has_58_practices_in_7_clusters_of_like_population():
    places = build_places(Options(people=330_000, seed=1))
    assert len(places.practices) == 58
    assert places.practices["practice_name"].is_unique().all()
    assert places.practices["practice_code"].str.contains("^Z[0-9]{5}$").all()
    residents = places.areas.group_by("cluster").agg(pl.col("residents").sum())["residents"]
    assert len(residents) == 7
    assert residents.is_between(42_000, 52_000).all()


def test_every_area_sends_people_to_practices_with_odds_that_end_at_one():
    places = build_places(Options(people=20_000, seed=1))
    assert places.choice[:, -1] == pytest.approx(np.ones(200))
    assert (np.diff(places.choice, axis=1) >= 0).all()


def test_the_same_seed_invents_the_same_practices():
    one, two, other = (build_places(Options(people=20_000, seed=seed)).practices for seed in (1, 1, 2))
    assert one.equals(two)
    assert not one.equals(other)


def test_dates_of_training_and_test_keep_their_windows_apart():
    train, test = as_of_dates(Options(people=1, seed=1))
    assert train == [dt.date(2023, 4, 1), dt.date(2023, 10, 1), dt.date(2024, 4, 1)]
    assert test == [dt.date(2025, 4, 1)]
    short, _ = as_of_dates(Options(people=1, seed=1, years=3))
    assert short == [dt.date(2023, 10, 1), dt.date(2024, 4, 1)]


def test_the_site_configures_every_extract(clean):
    settings = load_settings(clean / "site.toml")
    assert set(settings.extracts) >= {
        "registrations",
        "admissions",
        "opt_outs",
        "areas",
        "practices",
        "clusters",
        "community_assets",
    }
    assert set(settings.site.legal_basis) == {"gp", "sus"}
    assert settings.run.history_days == (dt.date(2023, 4, 1) - dt.date(2020, 4, 1)).days
    assert all(extract.files for extract in settings.extracts.values())


def test_list_sizes_are_the_people_on_the_lists(clean):
    practices = pl.read_parquet(clean / "extracts" / "practices.parquet")
    people = pl.read_parquet(clean / "extracts" / "registrations-*.parquet").filter(pl.col("registered_to").is_null())
    assert practices["list_size"].sum() == people["person_id"].n_unique()


def test_the_community_book_is_valid_and_serves_every_need(tmp_path):
    places = build_places(Options(people=20_000, seed=1))
    book = community_book(places, 1)
    path = tmp_path / "book.json"
    path.write_text(json.dumps(book))
    services = read_services([path])
    assert 20 <= len(services) == len(book)
    assert 60 <= sum(len(service.service_at_locations) for service in services) <= 150
    assert all(service.telephone.startswith("01632 960") for service in services)  # Ofcom keeps these for fiction
    assert all(service.email.endswith(".example.org") for service in services)
    assert all("invented" in service.organization.name for service in services)
    terms = [attribute.taxonomy_term.name for service in services for attribute in service.attributes]
    assert [need.name for need in NEEDS if not is_served_by(need, terms)] == []


def test_levels_move_towards_their_targets():
    world = build_world(Options(people=1_000, seed=1))
    kinds = len(load_conditions())
    target = load_conditions().table["target"].to_numpy() / 100
    grid = {"emergency": (5, 5), "attendances": (4, 5)}
    found = {name: np.full(shape, 10.0) for name, shape in grid.items()}
    found |= {f"{name}_years": np.full(shape, 100.0) for name, shape in grid.items()}
    found |= {
        "has": 2000 * target,
        "eligible": np.full(kinds, 1000.0),
        "lonely": np.full(6, 50.0),
        "band": np.full(6, 1000.0),
    }
    found |= {name: np.array([100.0]) for name in ("deaths", "appointments", "outpatients", "years")}
    moved = calibrate.improve(fitted(), found, world)
    first = load_conditions().registers[0]
    assert moved["conditions"][first] == pytest.approx(fitted()["conditions"][first] / 2)  # twice too many
    assert moved["deaths"] == pytest.approx(fitted()["deaths"] * 0.0104)
    oldest = calibrate.targets.emergency_rates(world.places)[4, 0]
    assert moved["emergency"][4][0] == pytest.approx(fitted()["emergency"][4][0] + np.log(oldest / 0.1))
    assert moved["loneliness"][3] == pytest.approx(fitted()["loneliness"][3])  # 5% wanted, 5% found
