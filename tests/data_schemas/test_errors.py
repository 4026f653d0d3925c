"""What the machine refused is recognised, whichever library says so."""

from __future__ import annotations

import errno

import polars as pl
import pytest

from data_schemas.errors import of_the_machine


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "x"),
        OSError("No space left on device (os error 28)"),
        OSError("[Errno 28] No space left on device"),
        pl.exceptions.ComputeError("parquet: No space left on device (os error 28)"),
    ],
    ids=["Python", "Polars, Arrow", "Polars, a file of ours", "Polars, Parquet"],
)
def test_a_full_disk_is_recognised_by_its_number_or_its_text(error):
    assert of_the_machine(error).startswith("no space left on device (free some disk space")


@pytest.mark.parametrize("error", [OSError("x"), OSError(errno.ENOENT, "x"), ValueError("x")])
def test_other_errors_are_not_the_machines(error):
    assert of_the_machine(error) == ""
