"""SNOMED CT's check digit, and what spreadsheets make of long codes."""

from __future__ import annotations

import pytest

from data_schemas import snomed


@pytest.mark.parametrize("code", ["9468002", "267076002", "871731000000106", "1064891000000107"])
def test_a_concept_has_a_check_digit(code):
    assert snomed.is_concept(code)
    assert not snomed.is_valid(code[:-1] + str((int(code[-1]) + 1) % 10))


@pytest.mark.parametrize(
    "code", ["1090241000000100", "1.09E+15", "1.09024E+15", "1E15", "12345678901234000", "999000011000001000"]
)
def test_a_rounded_code_is_seen(code):
    assert snomed.is_rounded(code)


@pytest.mark.parametrize("code", ["1090241000000107", "163030003", "XaBVJ", "24700", "E10.", "1E5B.", "8HT00"])
def test_codes_as_they_should_be_are_not_rounded(code):
    assert not snomed.is_rounded(code)
