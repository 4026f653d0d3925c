"""Steps as Prefect tasks: cached by receipts, retried when that can help, and without data about people in messages."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from data_schemas.coding import CodesKnown, Coding
from data_schemas.errors import DataRefused, RunFailed
from data_schemas.receipts import Notice, Snapshot, TableReceipt
from flows.guard import guarded
from flows.seals import Sealed
from flows.tasks import Measured, cache_key, decode, encode, run_step

pytestmark = pytest.mark.usefixtures("prefect_harness")
SENTINEL = "SENTINEL-9434765919"


class Counted:
    """A step that counts its calls and fails the first `failures` times."""

    def __init__(self, failures: int = 0, error: Exception | None = None) -> None:
        self.calls = 0
        self.failures = failures
        self.error = error or ValueError(SENTINEL)

    def __call__(self) -> Notice:
        self.calls += 1
        if self.calls <= self.failures:
            raise self.error
        return Notice("made", str(self.calls))


def test_a_receipt_with_dates_comes_back_as_it_was() -> None:
    receipt = TableReceipt(
        "gp_events", "x.parquet", "00", 3, 2, {"code: missing": 1}, covers=(dt.date(2024, 1, 1), dt.date(2025, 1, 1))
    )
    assert decode(encode(Sealed(receipt, {"x.parquet": "00"}))) == Sealed(receipt, {"x.parquet": "00"})


def test_what_the_code_lists_know_comes_back_too() -> None:
    receipt = Coding({"gp_events": CodesKnown(3, 2, 30, 20)}, {"own": 1}, {"bmi": (1, 9)})
    assert decode(encode(Sealed(receipt, {}))) == Sealed(receipt, {})


def test_what_is_no_receipt_does_not_travel() -> None:
    with pytest.raises(TypeError, match="not a receipt"):
        encode({"person_id": SENTINEL})


def test_the_same_key_reuses_the_receipt_and_says_so(tmp_path: Path) -> None:
    work = Counted()
    first, second = Measured("a"), Measured("a")
    one = run_step("a", work, key=cache_key("a", 1), out=tmp_path, record=first)
    two = run_step("a", work, key=cache_key("a", 1), out=tmp_path, record=second)
    assert one == two
    assert work.calls == 1
    assert (first.reused, second.reused) == (False, True)


def test_another_key_does_the_work_again(tmp_path: Path) -> None:
    work = Counted()
    run_step("a", work, key=cache_key("a", 1), out=tmp_path, record=Measured("a"))
    run_step("a", work, key=cache_key("a", 2), out=tmp_path, record=Measured("a"))
    assert work.calls == 2


@pytest.mark.parametrize("spoil", [Path.unlink, lambda path: path.write_text("{ }"), lambda path: path.write_text("")])
def test_a_receipt_whose_files_are_not_as_it_left_them_is_made_again(
    tmp_path: Path, spoil: Callable[[Path], object]
) -> None:
    target = tmp_path / "store" / "made" / "part.json"

    def work() -> Snapshot:
        target.parent.mkdir(parents=True, exist_ok=True)
        if not target.exists():  # like steps that continue where they were stopped
            target.write_text("{}")
        return Snapshot(str(target.parent), dt.date(2026, 4, 1), 1, "set", "print")

    run_step("s", work, key="fixed", out=tmp_path, record=Measured("s"))
    spoil(target)
    again, after = Measured("s"), Measured("s")
    run_step("s", work, key="fixed", out=tmp_path, record=again)
    assert target.read_text() == "{}"
    assert (again.reused, again.made_again) == (False, ["store/made/part.json"])
    run_step("s", work, key="fixed", out=tmp_path, record=after)
    assert (after.reused, after.made_again) == (True, [])


@pytest.mark.parametrize(
    "spoil", [lambda text: text.replace("made", "edited"), lambda text: text[:99], lambda _: "", lambda _: "[]"]
)
def test_a_receipt_that_was_edited_or_damaged_is_made_again(tmp_path: Path, spoil: Callable[[str], str]) -> None:
    work = Counted()
    run_step("a", work, key="fixed", out=tmp_path, record=Measured("a"))
    [kept] = (tmp_path / "store" / "receipts").iterdir()
    kept.write_text(spoil(kept.read_text()))
    found = run_step("a", work, key="fixed", out=tmp_path, record=Measured("a"))
    assert (found, work.calls) == (Notice("made", "2"), 2)
    assert run_step("a", work, key="fixed", out=tmp_path, record=Measured("a")) == found


def test_a_copied_folder_keeps_its_receipts_and_points_to_itself(tmp_path: Path) -> None:
    first, copy = tmp_path / "first", tmp_path / "copy"

    def work() -> Snapshot:
        (first / "store" / "made").mkdir(parents=True)
        (first / "store" / "made" / "part.json").touch()
        return Snapshot(str(first / "store" / "made"), dt.date(2026, 4, 1), 1, "set", "print")

    run_step("s", work, key="fixed", out=first, record=Measured("s"))
    shutil.copytree(first, copy)
    [receipt] = (first / "store" / "receipts").iterdir()
    receipt.write_text("neither read nor written by the copy")
    record = Measured("s")
    found = run_step("s", work, key="fixed", out=copy, record=record)
    assert found.path == str(copy / "store" / "made")
    assert record.reused
    assert receipt.read_text() == "neither read nor written by the copy"
    shutil.rmtree(first)
    assert run_step("s", work, key="fixed", out=copy, record=record) == found
    assert not first.exists()


def test_a_passing_trouble_is_retried(tmp_path: Path) -> None:
    work = Counted(failures=1)
    assert run_step("a", work, key=None, out=tmp_path, record=Measured("a")).detail == "2"


def test_refused_data_is_not_retried(tmp_path: Path) -> None:
    work = Counted(failures=9, error=DataRefused("gp_events: 3 rows"))
    with pytest.raises(DataRefused):
        run_step("a", work, key=None, out=tmp_path, record=Measured("a"))
    assert work.calls == 1


def test_an_unexpected_error_shows_where_but_never_the_value() -> None:
    with pytest.raises(RunFailed) as caught:
        guarded("ingest", Counted(failures=1))
    assert SENTINEL not in str(caught.value)
    assert "ValueError" in str(caught.value)
    assert caught.value.__context__ is None
    assert caught.value.__cause__ is None


def test_steps_are_measured(tmp_path: Path) -> None:
    record = Measured("a")
    run_step("a", lambda: Notice("x", str(len(bytearray(50_000_000)))), key=None, out=tmp_path, record=record)
    assert record.seconds > 0
    assert record.peak_memory_mb > 50
