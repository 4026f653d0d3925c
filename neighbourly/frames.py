"""Makes tables for notebooks: pandas frames by pseudonym, which also convert to Arrow."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import polars as pl
import pyarrow as pa

from data_schemas.disk import read_parquet
from data_schemas.feature_parts import scan_parts

INDEX = "person_id"


class Frame(pd.DataFrame):  # type: ignore[misc]
    """A pandas DataFrame, indexed by `person_id`. `arrow()` returns the same as an Arrow table."""

    def arrow(self) -> pa.Table:
        """Return an Arrow table, with `person_id` as its first column."""
        return pa.Table.from_pandas(self.reset_index(), preserve_index=False)


def frame(rows: pl.DataFrame) -> Frame:
    """Make a frame indexed by `person_id`."""
    return Frame(rows.to_pandas().set_index(INDEX))


def by_person(snapshot: Path, rows: pl.DataFrame) -> Frame:
    """Replace the numbers of people in rows of a snapshot with their pseudonyms."""
    people = read_parquet(snapshot / "cohort.parquet", columns=["person", INDEX])
    return frame(people.join(rows, on="person", how="inner", maintain_order="left").drop("person"))


def features(snapshot: Path, columns: Sequence[str]) -> pl.DataFrame:
    """Read `person` and the named features as float32, null if nothing is known."""
    return scan_parts(snapshot, ["person", *columns]).collect()
