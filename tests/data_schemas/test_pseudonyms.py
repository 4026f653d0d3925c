"""Hexadecimal pseudonyms are the same in either case, others are not."""

from __future__ import annotations

import polars as pl
import pytest

from data_schemas.pseudonyms import HEXADECIMAL, folded, folded_where_hexadecimal


@pytest.mark.parametrize("text", ["3F2a", "0x3F2A", "{9B2E01AA-0C1D-4F00-8000-ABCDEFABCDEF}", "1234567890"])
def test_what_looks_hexadecimal(text):
    found = pl.DataFrame({"p": [text]}).select(
        looks=pl.col("p").str.contains(HEXADECIMAL), folded=folded_where_hexadecimal(pl.col("p"))
    )
    assert found.row(0) == (True, text.lower())


@pytest.mark.parametrize("text", ["P1", "aGVsbG8=", "", "-", "3F2A 3F2A"])
def test_what_does_not(text):
    found = pl.DataFrame({"p": [text]}).select(
        looks=pl.col("p").str.contains(HEXADECIMAL), folded=folded_where_hexadecimal(pl.col("p"))
    )
    assert found.row(0) == (False, text)


def test_a_site_may_say_what_holds_for_all():
    frame = pl.DataFrame({"p": ["AB", "Zz"]})
    assert frame.select(folded(pl.col("p"), "hex"))["p"].to_list() == ["ab", "zz"]
    assert frame.select(folded(pl.col("p"), "exact"))["p"].to_list() == ["AB", "Zz"]
