"""A table that did not arrive, or whose dates are shifted, raises an alarm. A rare, late or correct one does not."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import asdict

import numpy as np
import pytest

from data_schemas.receipts import Feature, Snapshot, TableReceipt
from models.judging import alarms, missing_tables

DATES = [dt.date(2023, 4, 1), dt.date(2024, 4, 1), dt.date(2025, 4, 1), dt.date(2026, 4, 1)]
COVERS = (dt.date(2020, 4, 1), dt.date(2026, 4, 1))
PEOPLE = 500
WINDOWS = (90, 365, 1095)
A_YEAR = dt.timedelta(days=365)


def days(start, end, a_year=600):
    """Event dates of all people together, spread evenly."""
    length = (end - start).days
    offsets = np.random.default_rng(3).integers(0, length, a_year * length // 365)
    return [start + dt.timedelta(days=int(n)) for n in offsets]


def snapshots(folder, happened):
    """Make snapshots with the counts of A&E attendances at these dates."""
    features = [Feature(f"ae_{w}", "", "use_of_care", "count", "ae.any", w, 0) for w in WINDOWS]
    found = []
    for day in DATES:
        before = np.array([(day - event).days for event in happened])
        counts = {f"ae_{w}": int(((before > 0) & (before <= w)).sum()) for w in WINDOWS}
        statistics = {
            n: {"missing_share": 0.0, "minimum": 0, "maximum": 9, "mean": c / PEOPLE} for n, c in counts.items()
        }
        place = folder / str(day)
        place.mkdir()
        values = {"features": [asdict(f) for f in features], "statistics": statistics}
        (place / "snapshot.json").write_text(json.dumps(values))
        found.append(Snapshot(str(place), day, PEOPLE, "set", "print"))
    return found


def receipt(happened, covers=COVERS):
    return TableReceipt(
        "attendances", "", "", 0, len(happened), first_day=min(happened), last_day=max(happened), covers=covers
    )


def ringing(folder, happened, covers=COVERS):
    """The alarm's texts, first with receipts and then with names only."""
    taken = snapshots(folder, happened)
    known = alarms.empty_join(taken, {"attendances": receipt(happened, covers)})
    by_name = alarms.empty_join(taken, ["attendances"])
    assert {alarm.name for alarm in [*known, *by_name]} <= {"empty_join"}
    return [alarm.detail for alarm in known], [alarm.detail for alarm in by_name]


def test_an_honest_table_is_silent(tmp_path):
    assert ringing(tmp_path, days(*COVERS)) == ([], [])


def test_a_year_earlier_leaves_the_newest_date_without_its_last_year(tmp_path):
    shifted = [day - A_YEAR for day in days(*COVERS) if day - A_YEAR >= COVERS[0]]
    known, by_name = ringing(tmp_path, shifted)
    assert "in the 365 days before 2026-04-01" in by_name[0]
    assert by_name[0] in known
    assert any("no event after 2025-03-3" in text for text in known)


def test_a_year_later_leaves_the_beginning_of_the_cover_empty(tmp_path):
    shifted = [day + A_YEAR for day in days(*COVERS) if day + A_YEAR < COVERS[1]]
    known, by_name = ringing(tmp_path, shifted)
    assert "no event until 2021-04" in known[0]
    assert by_name == []


def test_a_year_later_rings_by_its_counts_where_the_first_date_sees_only_a_year(tmp_path):
    start = DATES[0] - A_YEAR
    shifted = [day + A_YEAR for day in days(start, COVERS[1])]
    _, by_name = ringing(tmp_path, shifted)
    assert "in the 365 days before 2023-04-01" in by_name[0]


def test_a_table_whose_cover_begins_late_is_silent(tmp_path):
    late = (dt.date(2023, 2, 1), COVERS[1])
    assert ringing(tmp_path, days(*late), late)[0] == []


def test_few_events_are_no_evidence(tmp_path):
    assert ringing(tmp_path, days(dt.date(2025, 4, 1), COVERS[1], a_year=20)) == ([], [])


def test_a_feed_that_stops_rings(tmp_path):
    known, by_name = ringing(tmp_path, days(COVERS[0], dt.date(2025, 5, 1)))
    assert by_name
    assert len(known) == 2


@pytest.mark.parametrize("tables", [[], ["registrations", "areas"], {"outpatients": receipt(days(*COVERS))}])
def test_tables_that_are_not_configured_or_not_counted_are_silent(tmp_path, tables):
    assert alarms.empty_join(snapshots(tmp_path, days(*COVERS)), tables) == []


def test_events_are_counted_once_whatever_concepts_they_are_of(tmp_path):
    names = ("appointment.attended", "appointment.face_to_face", "appointment.dna")
    features = [Feature(f"f{n}", "", "use_of_care", "count", name, 365, 0) for n, name in enumerate(names)]
    statistics = {f.name: {"missing_share": 0.0, "minimum": 0, "maximum": 9, "mean": 1.0} for f in features}
    values = {"features": [asdict(f) for f in features], "statistics": statistics}
    (tmp_path / "snapshot.json").write_text(json.dumps(values))
    snapshot = Snapshot(str(tmp_path), DATES[0], PEOPLE, "set", "print")
    rates = missing_tables.events_per_person(snapshot, missing_tables.TABLES["appointments"])
    assert rates == {(0, 365): 2.0}


def test_a_table_does_not_ring_before_it_begins(tmp_path):
    begun_late = days(dt.date(2024, 6, 1), COVERS[1])
    known, _ = ringing(tmp_path, begun_late, covers=None)
    assert known == []


def test_a_programme_may_be_shorter_than_what_its_table_covers(tmp_path):
    short = [COVERS[0] + dt.timedelta(days=n % 30) for n in range(2000)]
    taken = snapshots(tmp_path, days(*COVERS))
    assert alarms.empty_join(taken, {"interventions": receipt(short)}) == []
    assert alarms.empty_join(taken, {"attendances": receipt(short)}) != []
