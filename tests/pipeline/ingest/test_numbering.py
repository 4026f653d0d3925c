"""Every pseudonym has its own number, whatever its hash is, and a stranger has none."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from pipeline.ingest import numbering
from pipeline.ingest.numbering import Numbering

HASHED = numbering.hashes_of


def texts(*values: str | None) -> pl.Series:
    return pl.Series(values, dtype=pl.String)


def test_a_place_for_each_known_pseudonym_and_none_for_the_others():
    wanted = texts("c", "stranger", None, "a", "a", "b", "")
    places = Numbering(texts("a", "b", "c")).places(wanted)
    assert places.dtype == pl.Int32
    assert places.to_list() == [2, None, None, 0, 0, 1, None]


def test_nobody_is_known_where_nobody_is_registered():
    assert Numbering(texts()).places(texts("a", None)).to_list() == [None, None]
    assert Numbering(texts("a")).places(texts()).to_list() == []


def test_many_pseudonyms_each_keep_their_place():
    known = pl.Series([f"{number:05d}" for number in range(0, 60_000, 2)])
    wanted = pl.Series([f"{number:05d}" for number in range(60_000)])
    places = Numbering(known).places(wanted)
    assert places.gather_every(2).to_list() == list(range(30_000))
    assert places.gather_every(2, offset=1).null_count() == 30_000


def test_two_pseudonyms_with_one_hash_are_told_apart(monkeypatch):
    def alike_at_first(pseudonyms, seed):
        return HASHED(pseudonyms, seed) if seed else np.full(len(pseudonyms), 7, dtype=np.uint64)

    monkeypatch.setattr(numbering, "hashes_of", alike_at_first)
    assert Numbering(texts("a", "b", "c")).places(texts("c", "b", "x", "a")).to_list() == [2, 1, None, 0]


def test_a_stranger_with_the_hash_of_somebody_is_not_that_person(monkeypatch):
    monkeypatch.setattr(numbering, "hashes_of", lambda some, seed: HASHED(some.replace("stranger", "a"), seed))
    assert Numbering(texts("a", "b")).places(texts("stranger", "a")).to_list() == [None, 0]


def test_hashes_that_want_the_same_slot_are_all_found(monkeypatch):
    multiples = {"a": 64, "b": 128, "c": 192, "x": 256}
    alike = lambda some, _: some.replace_strict(multiples, return_dtype=pl.UInt64).to_numpy()  # noqa: E731
    monkeypatch.setattr(numbering, "hashes_of", alike)
    assert Numbering(texts("a", "b", "c")).places(texts("c", "x", "b", "a")).to_list() == [2, None, 1, 0]


def test_a_pseudonym_that_comes_twice_is_a_fault():
    with pytest.raises(ValueError, match="two pseudonyms are equal"):
        Numbering(texts("a", "b", "a"))


def test_a_pseudonym_in_another_form_is_found_where_forms_are_compared():
    numbering_of = Numbering(texts("aa", "b0"))
    wanted = texts("AA", "b0", "Stranger", None)
    assert numbering_of.places(wanted, "hex").to_list() == [0, 1, None, None]
    assert numbering_of.places(wanted).to_list() == [None, 1, None, None]
