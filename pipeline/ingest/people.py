"""The people whose rows the tables may hold, and their numbers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, partial

import polars as pl

from data_schemas.pseudonyms import Kind
from pipeline.ingest.numbering import Numbering


@dataclass(frozen=True)
class People:
    """Everybody who is registered, in the order of their numbers, and everybody who opted out."""

    registered: pl.Series | None
    """Sorted pseudonyms, in the form used to compare them. None until registrations are read, and without any."""
    opted_out: pl.Series
    pseudonyms: Kind = "exact"
    spelt: pl.Series | None = None
    """How the registered pseudonyms are written, if that differs from the form used to compare them."""

    @property
    def size(self) -> int:
        return 0 if self.registered is None else len(self.registered)

    @cached_property
    def _numbering(self) -> Numbering:
        """Registered people first, so that a pseudonym's place is the person's number."""
        return Numbering(pl.concat([self._registered, self.opted_out]))

    @property
    def _registered(self) -> pl.Series:
        return self.opted_out.clear() if self.registered is None else self.registered

    def number(self) -> pl.Expr:
        """Number of a registered person; at least `size` for an opted-out person; null for anybody else."""
        places = partial(self._numbering.places, kind=self.pseudonyms)
        return pl.col("person_id").map_batches(places, return_dtype=pl.Int32, is_elementwise=True)

    @property
    def ids(self) -> pl.Series:
        """Each registered person's pseudonym in one spelling, in the order of their numbers."""
        return self._registered if self.spelt is None else self.spelt
