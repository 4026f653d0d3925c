"""Writes small extracts with their settings for tests, and checks how data are refused."""

from __future__ import annotations

import datetime as dt
import gzip
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from data_schemas.errors import DataRefused
from data_schemas.receipts import IngestReceipt
from pipeline.ingest import ingest
from pipeline.settings import Extract, Features, Lists, Run, Settings, Site

SENTINEL = "zq7Sentinel"
"""Part of a value that must not appear in any message, report or exception chain."""
DEFAULTS = {
    "registrations": "person_id,practice_code,registered_from,registered_to,birth_month,sex\n"
    "p1,A00001,2010-04-01,,1950-02-01,1\np2,A00001,2012-05-01,,1960-03-01,2\np3,B00002,2015-06-01,2020-01-01,1970-11-01,2\n",
    "admissions": "person_id,admission_date,discharge_date,admission_method\np1,2019-05-01,2019-05-04,21\np2,2019-06-01,2019-06-02,11\n",
    "practices": "practice_code,practice_name,cluster_code\nA00001,Invented A,C1\nB00002,Invented B,C2\n",
}


class Extracts:
    """A folder of extracts. It has the required tables until a test writes others."""

    def __init__(self, folder: Path, **run: Any) -> None:
        self.folder, self.run = folder, {"max_reject_rate": 0.9, "max_unregistered_rate": 1.0, **run}
        self.files: dict[str, list[Path]] = {}
        self.sections: dict[str, dict[str, Any]] = {}
        self.site: dict[str, Any] = {}
        for table, text in DEFAULTS.items():
            self.write(table, text)

    def write(
        self, table: str, *contents: str | bytes | pl.DataFrame, names: tuple[str, ...] = (), **section: Any
    ) -> Extracts:
        """Write the files of a table: text and bytes as CSV (compressed if the name has that ending), frames as
        Parquet."""
        kinds = ["parquet" if isinstance(content, pl.DataFrame) else "csv" for content in contents]
        names = names or tuple(f"{table}_{number}.{kind}" for number, kind in enumerate(kinds))
        self.files[table] = [self.folder / name for name in names]
        self.sections[table] = section
        for path, content in zip(self.files[table], contents, strict=True):
            if isinstance(content, pl.DataFrame):
                content.write_parquet(path)
            else:
                plain = content.encode() if isinstance(content, str) else content
                path.write_bytes(
                    gzip.compress(plain) if path.name.endswith(".gz") and isinstance(content, str) else plain
                )
        return self

    def without(self, *tables: str) -> Extracts:
        for table in tables:
            del self.files[table]
        return self

    def settings(self) -> Settings:
        extracts = {
            table: Extract(path="*", files=tuple(files), **self.sections[table]) for table, files in self.files.items()
        }
        return Settings(
            site=Site(name="Test", legal_basis=("gp", "sus", "council"), **self.site),
            run=Run(**self.run),
            extracts=extracts,
            features=Features(codelists=()),
            lists=Lists(),
            folder=self.folder,
            configuration="",
        )

    @property
    def store(self) -> Path:
        return self.folder / "out" / "store"

    def ingest(self) -> IngestReceipt:
        return ingest(self.settings(), self.store)

    def table(self, name: str) -> pl.DataFrame:
        return pl.read_parquet(self.store / "tables" / f"{name}.parquet")

    def quarantine(self, name: str) -> pl.DataFrame:
        return pl.read_parquet(self.store / "quarantine" / f"{name}.parquet")

    def refused(self) -> str:
        """Return the message of a refusal. Checks that nothing was written, and that message and exception chain show
        no value."""
        message = self.stopped()
        assert not self.store.exists()
        return message

    def stopped(self) -> str:
        """Return the message of a refusal."""
        with pytest.raises(DataRefused) as caught:
            self.ingest()
        error: BaseException = caught.value
        assert caught.value.exit_code == 3
        assert error.__cause__ is None
        assert error.__context__ is None
        assert SENTINEL not in str(error)
        return str(error)


def frame(**columns: list[Any]) -> pl.DataFrame:
    return pl.DataFrame(columns)


D = dt.date
