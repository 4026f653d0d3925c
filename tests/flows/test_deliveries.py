"""A delivery that shrank or repeats the last one is reported. The same delivery read again is not."""

from __future__ import annotations

import datetime as dt

from flows.deliveries import Arrived, Delivery, notices, remember, remembered

MARCH, APRIL = dt.date(2026, 3, 1), dt.date(2026, 4, 1)


def delivered(as_of=MARCH, rows=1000, registrations="r1", admissions="a1"):
    return Delivery(as_of, {"registrations": Arrived(rows, registrations), "admissions": Arrived(500, admissions)})


def said(now, *before):
    return [(notice.name, notice.detail) for notice in notices(now, list(before))]


def test_the_first_delivery_and_the_same_one_again_say_nothing():
    assert said(delivered()) == []
    assert said(delivered(), delivered()) == []


def test_a_table_that_lost_more_than_a_fifth_of_its_rows():
    new = delivered(APRIL, rows=799, registrations="r2", admissions="a2")
    ((name, detail),) = said(new, delivered(), new)
    assert name == "shrunk_extract"
    assert "registrations has 799 rows, 20% fewer than the 1,000" in detail
    assert said(delivered(APRIL, rows=800, registrations="r2", admissions="a2"), delivered()) == []


def test_last_months_file_sent_again():
    assert "The files of admissions are the same" in said(delivered(registrations="r2"), delivered())[0][1]
    assert "The files of registrations, admissions are the same" in said(delivered(APRIL), delivered())[0][1]


def test_an_earlier_date_on_the_same_extracts_is_no_new_delivery():
    assert said(delivered(MARCH), delivered(APRIL)) == []


def test_deliveries_are_remembered_once(tmp_path):
    for now in (delivered(), delivered(), delivered(APRIL, registrations="r2")):
        remember(tmp_path, now)
    assert remembered(tmp_path) == [delivered(), delivered(APRIL, registrations="r2")]
