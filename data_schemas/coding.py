"""How much of a site's codes the code lists know, as it travels between steps."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class CodesKnown:
    """How much of a table's codes the code lists know: distinct codes, and rows (of diagnoses: each diagnosis)."""

    codes: int
    codes_known: int
    rows: int
    rows_known: int
    rounded: int = 0
    """Rows whose SNOMED CT code a spreadsheet has rounded: they match nothing."""
    check_digit: int = 0
    """Rows whose code has the form of SNOMED CT's and a wrong check digit, but is not rounded."""

    @property
    def share_of_codes(self) -> float | None:
        """None for a table without codes."""
        return round(self.codes_known / self.codes, 4) if self.codes else None

    @property
    def share_of_rows(self) -> float | None:
        """None for a table without codes."""
        return round(self.rows_known / self.rows, 4) if self.rows else None


@dataclass(frozen=True)
class Coding:
    """What the code lists know of a site's tables, and what of the lists is not in them."""

    tables: dict[str, CodesKnown]
    unmatched: dict[str, int]
    """Concept of the site's own lists that matches nothing → how many codes it has."""
    outside: dict[str, tuple[int, int]]
    """Measurement → values outside its plausible range, and values."""
