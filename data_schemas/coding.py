"""How many of a site's codes the code lists know, as passed between steps."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class CodesKnown:
    """How many of a table's codes the code lists know: distinct codes, and rows (for diagnoses, each diagnosis)."""

    codes: int
    codes_known: int
    rows: int
    rows_known: int
    rounded: int = 0
    """Rows whose SNOMED CT code was rounded by a spreadsheet. They match nothing."""
    check_digit: int = 0
    """Rows whose code looks like SNOMED CT but fails its check digit, and was not rounded."""

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
    """How many of a site's codes the code lists know, and which concepts never occur in its tables."""

    tables: dict[str, CodesKnown]
    unmatched: dict[str, int]
    """Site concept that matches nothing → its number of codes."""
    outside: dict[str, tuple[int, int]]
    """Measurement → (values outside its plausible range, all values)."""
