"""What people write in code lists, and which plain codes are meant."""

from __future__ import annotations

import pytest

from data_schemas.codelists import SYSTEMS, built_in
from data_schemas.codelists.notation import NotUnderstood, plain

UNDERSTOOD = [
    ("icd10", "I50.-", ["I50"]),
    ("icd10", "I50-", ["I50"]),
    ("icd10", "i50.x", ["I50"]),
    ("icd10", "I50%", ["I50"]),
    ("icd10", "I50.*", ["I50"]),
    ("icd10", "G63.2*", ["G632"]),
    ("icd10", "A17.0\u2020", ["A170"]),
    ("icd10", "I50-I51", ["I50", "I51"]),
    ("icd10", "I50 \u2013 I51", ["I50", "I51"]),
    ("icd10", "I50.8-I51.1", ["I508", "I509", "I510", "I511"]),
    ("icd10", "I50.1-3", ["I501", "I502", "I503"]),
    ("icd10", "A99-B01", ["A99", "B00", "B01"]),
    ("icd10", "F2", ["F2"]),
    ("icd9", "490-492", ["490", "491", "492"]),
    ("icd9", "250.xx", ["250"]),
    ("icd9", "V45.-", ["V45"]),
    ("icd9", "E850-E851", ["E850", "E851"]),
    ("bnf", "2.12", ["0212"]),
    ("bnf", "0212%", ["0212"]),
    ("snomed", "1090241000000107.0", ["1090241000000107"]),
    ("snomed", "73211009 |Diabetes mellitus|", ["73211009"]),
    ("local", "1B1K.", ["1B1K."]),
]
REFUSED = [
    ("icd10", "I50.0, I50.1"), ("icd10", "I50 I51"), ("icd10", "I50[0-9]"), ("icd10", "I51-I50"), ("icd10", "I50-I51.1"),
    ("icd10", "428"), ("icd10", "heart failure"), ("icd9", "I50"), ("icd9", "250.x0"), ("bnf", "statins"),
    ("snomed", "1.09E+15"), ("snomed", "1090241000000100"), ("snomed", "73211008"), ("snomed", "<<73211009"), ("local", "1.09E+15"),
]  # fmt: skip


@pytest.mark.parametrize(("system", "written", "meant"), UNDERSTOOD)
def test_notations_that_people_use_are_understood(system, written, meant):
    assert plain(system, written) == meant


@pytest.mark.parametrize(("system", "written"), REFUSED)
def test_what_could_never_match_is_refused_in_words(system, written):
    with pytest.raises(NotUnderstood, match=r"spreadsheet|accepted|check digit|line"):
        plain(system, written)


def test_every_built_in_code_is_in_its_plain_form():
    for system, code in built_in().select("system", "code").iter_rows():
        assert plain(system, code) == [code], (system, code)
    assert set(built_in()["system"]) <= set(SYSTEMS)
