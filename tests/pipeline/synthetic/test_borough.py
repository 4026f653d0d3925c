"""A generated borough: the files written, and the same files when it is made again."""

from __future__ import annotations

import datetime as dt
import hashlib
import json

import polars as pl
import pytest

from data_schemas.errors import ConfigurationError
from data_schemas.hospital import UNPLANNED_METHODS
from pipeline.ingest import ingest
from pipeline.settings import load_settings
from pipeline.synthetic import Mess, generate
from pipeline.synthetic.options import DATA

NO_MESS = Mess(0, 0, 0, 0, 0, 0, 0, 0)
TABLES = ("registrations", "gp_events", "prescriptions", "appointments", "admissions", "attendances", "outpatients")


def extract(folder, table):
    return pl.read_parquet(folder / "extracts" / f"{table}-*.parquet")


def bytes_of(folder):
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_a_clean_borough_passes_every_rule_of_ingest(clean, tmp_path):
    receipt = ingest(load_settings(clean / "site.toml"), tmp_path)
    assert set(TABLES) | {"areas", "practices", "clusters"} <= set(receipt.tables)
    for table in receipt.tables.values():
        assert table.rejects == {}
        assert table.unregistered == 0
        assert table.rows == table.rows_read > 0
        assert table.warnings == {}


def test_the_mess_is_counted_exactly_by_ingest(messy, tmp_path):
    receipt = ingest(load_settings(messy / "site.toml"), tmp_path)
    written = json.loads((messy / "mess.json").read_text())["tables"]
    assert sum(len(table["rejects"]) for table in written.values()) == 6
    for name in TABLES:
        result = receipt.tables[name]
        put_in = written[name]
        assert result.rejects == put_in["rejects"], name
        assert result.unregistered == put_in["unregistered"], name
        assert result.identical_rows == put_in["identical"], name
        nulls = {
            column: round(share * result.rows)
            for column, share in result.null_share.items()
            if column in put_in["nulls"]
        }
        assert nulls == {column: pytest.approx(count, abs=1) for column, count in put_in["nulls"].items()}, name


def test_the_usual_mess_stays_below_the_default_limit(tmp_path):
    generate(2_000, 3, tmp_path, workers=1)
    settings = load_settings(tmp_path / "site.toml")
    receipt = ingest(settings, tmp_path / "store")
    for table in receipt.tables.values():
        assert sum(table.rejects.values()) <= 0.2 * settings.run.max_reject_rate * table.rows_read + 1


def test_the_same_seed_gives_the_same_bytes_whatever_the_workers(tmp_path, monkeypatch):
    monkeypatch.setattr("pipeline.synthetic.block.BLOCK_PEOPLE", 500)
    one = generate(1_100, 11, tmp_path / "one", workers=1)
    generate(1_100, 11, tmp_path / "two", workers=2)
    other = generate(1_100, 12, tmp_path / "other", workers=1)
    assert bytes_of(tmp_path / "one") == bytes_of(tmp_path / "two")
    assert one.rows != other.rows
    assert len(list((tmp_path / "one" / "extracts").glob("gp_events-*.parquet"))) == 3
    assert bytes_of(tmp_path / "one")["truth.parquet"] != bytes_of(tmp_path / "other")["truth.parquet"]


def test_the_first_blocks_do_not_depend_on_how_many_follow(tmp_path, monkeypatch):
    monkeypatch.setattr("pipeline.synthetic.block.BLOCK_PEOPLE", 500)
    generate(500, 11, tmp_path / "few", workers=1, mess=Mess(dropouts=0))
    generate(1_000, 11, tmp_path / "more", workers=1, mess=Mess(dropouts=0))
    ids = [set(extract(tmp_path / name, "registrations")["person_id"]) for name in ("few", "more")]
    assert ids[0] < ids[1]


def test_pseudonyms_look_like_hashes_and_belong_to_one_person(clean):
    people = extract(clean, "registrations")
    ids = people["person_id"].unique()
    assert ids.str.contains(r"^[0-9a-f]{16}$").all()
    assert people.group_by("person_id").agg(pl.col("birth_month").n_unique())["birth_month"].max() == 1


def test_as_many_people_as_asked_for_are_on_the_lists_at_every_date(clean):
    people = extract(clean, "registrations")
    for year in range(2020, 2027):
        day = dt.date(year, 4, 1) if year < 2026 else dt.date(2026, 3, 31)
        to = pl.col("registered_to")
        now = people.filter(pl.col("registered_from") <= day, to.is_null() | (to > day))
        assert now["person_id"].n_unique() == pytest.approx(6_000, rel=0.03)


def test_nothing_happens_to_people_before_birth_after_death_or_outside_the_years(clean):
    people = extract(clean, "registrations").sort("registered_from").unique("person_id", keep="last")
    days = {
        "gp_events": "event_date",
        "appointments": "appointment_date",
        "admissions": "admission_date",
        "attendances": "arrival_date",
    }
    for table, column in days.items():
        joined = extract(clean, table).join(people.select("person_id", "birth_month", "death_date"), on="person_id")
        assert (joined[column] >= joined["birth_month"]).all()
        assert (joined[column] <= joined["death_date"].fill_null(dt.date(2100, 1, 1))).all(), table
        assert joined[column].min() >= dt.date(2020, 4, 1)
        assert joined[column].max() < dt.date(2026, 4, 1)


def test_truth_is_kept_apart_for_everyone_on_the_lists(clean):
    truth = pl.read_parquet(clean / "truth.parquet")
    settings = load_settings(clean / "site.toml")
    dates = [*settings.run.train_as_of, *settings.run.test_as_of, settings.run.as_of]
    assert sorted(truth["as_of"].unique()) == sorted(dates)
    assert truth["risk"].is_between(0, 1).all()
    assert truth.select("person_id", "as_of").is_duplicated().sum() == 0
    people = extract(clean, "registrations")
    for day in dates[:-1]:
        to = pl.col("registered_to")
        listed = people.filter(pl.col("registered_from") <= day, to.is_null() | (to > day))["person_id"].unique()
        known = truth.filter(pl.col("as_of") == day)["person_id"]
        assert len(set(listed) - set(known)) <= 0.002 * len(listed)


def test_a_level_shift_raises_admissions_from_its_date_on(tmp_path):
    emergency = pl.col("admission_method").is_in(UNPLANNED_METHODS), pl.col("episode_order") == 1
    counts = {}
    for name, options in (("calm", {}), ("shifted", {"level_shift": 1.0, "shift_from": dt.date(2025, 4, 1)})):
        generate(3_000, 5, tmp_path / name, workers=1, mess=NO_MESS, **options)
        after = extract(tmp_path / name, "admissions").filter(*emergency)["admission_date"] >= dt.date(2025, 4, 1)
        counts[name] = (int((~after).sum()), int(after.sum()))
    assert counts["calm"][0] == pytest.approx(counts["shifted"][0], abs=3)  # a death's admission may come days before
    assert counts["shifted"][1] > 1.5 * counts["calm"][1]


def test_extracts_that_were_not_made_here_are_not_written_over(tmp_path):
    (tmp_path / "site.toml").write_text("[site]")
    with pytest.raises(ConfigurationError, match="would be replaced"):
        generate(200, 1, tmp_path)
    assert (tmp_path / "site.toml").read_text() == "[site]"
    assert not (tmp_path / "extracts").exists()


def test_a_smaller_borough_leaves_nothing_of_a_larger_one_behind(tmp_path):
    generate(300, 1, tmp_path / "again", workers=1)
    (tmp_path / "again" / "extracts" / "gp_events-0001.parquet").write_bytes(b"of a second block")
    generate(200, 1, tmp_path / "again", workers=1)
    generate(200, 1, tmp_path / "new", workers=1)
    assert bytes_of(tmp_path / "again") == bytes_of(tmp_path / "new")


@pytest.mark.parametrize(
    ("choices", "fields"),
    [
        ({"years": 2, "as_of": dt.date(2026, 4, 2)}, ["years = 2", "as_of = 2026-04-02"]),
        ({"level_shift": 0.3}, ["level_shift = 0.3"]),
        ({"level_shift": 0.3, "shift_from": dt.date(2030, 1, 1)}, ["shift_from = 2030-01-01"]),
    ],
)
def test_what_a_borough_cannot_hold_is_refused_all_at_once(tmp_path, choices, fields):
    with pytest.raises(ConfigurationError) as refused:
        generate(200, 1, tmp_path / "x", **choices)
    assert [problem.split(":")[0] for problem in refused.value.problems] == fields
    assert not (tmp_path / "x").exists()


def test_another_borough_by_its_own_files(tmp_path):
    areas = pl.read_csv(DATA / "areas.csv").head(30).with_columns(lsoa_code="Z" + pl.col("lsoa_code").str.slice(1))
    ages = pl.read_csv(DATA / "ages.csv").head(30).with_columns(lsoa_code="Z" + pl.col("lsoa_code").str.slice(1))
    for name, table in (("areas", areas), ("ages", ages)):
        table.write_csv(tmp_path / f"{name}.csv")
    places = {"areas": tmp_path / "areas.csv", "ages": tmp_path / "ages.csv"}
    generate(300, 1, tmp_path / "other", workers=1, **places)
    homes = extract(tmp_path / "other", "registrations")["lsoa_code"].drop_nulls()
    assert set(homes) <= set(areas["lsoa_code"])
    ages.drop("40").head(29).write_csv(tmp_path / "ages.csv")
    with pytest.raises(ConfigurationError, match="columns 40 are missing"):
        generate(300, 1, tmp_path / "bad", workers=1, **places)
    ages.head(29).write_csv(tmp_path / "ages.csv")
    with pytest.raises(ConfigurationError, match="1 of the areas"):
        generate(300, 1, tmp_path / "bad", workers=1, **places)
