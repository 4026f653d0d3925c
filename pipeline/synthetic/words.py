"""Makes text columns from small vocabularies: numbers are drawn, and words are looked up once at the end."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import polars as pl


def words(vocabulary: Sequence[str], index: npt.NDArray[np.integer]) -> pl.Series:
    """The words at each `index`. A negative index gives an empty value."""
    position = pl.Series(index, dtype=pl.Int64)
    return pl.Series(list(vocabulary), dtype=pl.String).gather(
        pl.select(pl.when(position >= 0).then(position)).to_series()
    )


def either(flag: npt.NDArray[np.bool_], yes: str, no: str) -> pl.Series:
    """The first word if the flag is set, else the second."""
    return words((no, yes), flag.astype(np.int64))


def drawn(shares: Sequence[float], size: int, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    """Positions drawn with the given shares, which sum to 1."""
    return np.searchsorted(np.cumsum(shares[:-1]), rng.random(size), side="right").astype(np.int64)
