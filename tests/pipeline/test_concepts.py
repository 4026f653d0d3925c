"""Concepts of code lists: how codes are compared, and what a concept is called."""

from __future__ import annotations

import polars as pl
import pytest

from pipeline.concepts import FIXED, Concepts, by_prefix, plain_icd

COLUMNS = ["concept", "system", "code", "term", "built_in"]


def lists(*rows):
    return pl.DataFrame(list(rows), schema=COLUMNS, orient="row")


@pytest.mark.parametrize(
    ("written", "compared"),
    [
        ("J44.1", "J441"),
        ("j441", "J441"),
        (" J44 ", "J44"),
        ("I10X", "I10"),
        ("X60", "X60"),
        ("410.01", "41001"),
        ("V58X", "V58"),
    ],
)
def test_icd_codes_are_compared_plain(written, compared):
    assert pl.DataFrame({"code": [written]}).select(plain_icd(pl.col("code"))).item() == compared


def test_prefixes_of_several_lengths():
    prefixes = pl.DataFrame({"code": ["J4", "J440", "I1"], "concept": pl.Series([1, 2, 3], dtype=pl.UInt16)})
    found = by_prefix(pl.Series(["J440", "J44", "J4", "J", "K1", None, "J440"]), prefixes)
    assert found.rows() == [("J4", 1), ("J44", 1), ("J440", 1), ("J440", 2)]


def test_no_prefixes_match_nothing():
    empty = pl.DataFrame(schema={"code": pl.String, "concept": pl.UInt16})
    assert by_prefix(pl.Series(["J44"]), empty).is_empty()


def test_fixed_concepts_come_first_and_keep_their_numbers():
    first = Concepts(lists(("b", "local", "B", "b", False)))
    second = Concepts(lists(("a", "local", "A", "a", False), ("b", "local", "B", "b", False)), ["council.care_package"])
    assert [concept.name for concept in first.all][: len(FIXED)] == list(FIXED)
    assert [concept.name for concept in second.all][len(FIXED) :] == ["a", "b", "council.care_package"]


def test_a_concept_is_called_by_its_shortest_term_without_the_snomed_tag():
    rows = [
        ("x", "local", str(n), term, False)
        for n, term in enumerate(["Feeling very lonely (finding)", "Lonely (finding)", None])
    ]
    assert Concepts(lists(*rows, ("y", "local", "9", None, False))).listed == {"x": "Lonely", "y": "y"}


def test_a_sites_codes_for_a_concept_that_awaits_them():
    concepts = Concepts(lists(("loneliness.ucla3", "local", "U3", "UCLA", False)))
    assert len([concept for concept in concepts.all if concept.name == "loneliness.ucla3"]) == 1
    assert concepts.exact_codes.rows() == [("U3", concepts.ids["loneliness.ucla3"])]


def test_the_digest_tells_codes_apart():
    one, other = (Concepts(lists(("x", "local", code, "x", False))).digest for code in ("1", "2"))
    assert one != other
