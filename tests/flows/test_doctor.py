"""What the doctor finds, one fault at a time."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from data_schemas import disk
from flows.doctor import findings
from pipeline.release import audit


def wrong(out: Path) -> dict[str, str]:
    """What is wrong, by name."""
    return {each.what: each.detail for each in findings(None, out) if each.standing != "well"}


@pytest.fixture
def well(out: Path) -> Path:
    """An output folder without any fault."""
    audit.append(out / "audit", "approved", who="A. Lead", why="Checked")
    disk.tighten(out)
    return out


def late(out: Path) -> None:
    for path in out.glob("*/manifest.json"):
        os.utime(path, (0, 0))


def others_read(out: Path) -> None:
    (out / "2026-04-01" / "report.json").chmod(0o644)


def lost(out: Path) -> None:
    from pipeline.carriers.mesh.journal import FOLDER, Journal, Message

    values = {
        "carrier": "mesh",
        "mailbox": "A",
        "workflow": "W",
        "certificate": "c",
        "private_key": "k",
        "secrets": "s",
    }
    with disk.for_the_owner_alone():
        disk.write(out / "store" / "delivery.json", json.dumps(values))
        Journal(out / FOLDER).note(Message("1", "C1", "2026-04-01", "B", 1, 1, state="lost", detail="not delivered"))


def edited(out: Path) -> None:
    path = out / "2026-04-01" / "report.json"
    path.write_bytes(path.read_bytes() + b" ")


def log_changed(out: Path) -> None:
    path = out / "audit" / audit.ENTRIES
    path.write_text(path.read_text().replace("A. Lead", "Nobody"))


def clock_behind(out: Path) -> None:
    os.utime(out / "2026-04-01" / "report.json", (1e10, 1e10))


def database_damaged(out: Path) -> None:
    (out / "mlflow.db").write_bytes(b"no database" * 100)
    (out / "mlflow.db").chmod(0o600)


def killed(out: Path) -> None:
    (out / "store" / ".people.parquet.99.tmp").touch()


@pytest.mark.parametrize(
    ("illness", "named"),
    [
        (late, "last run"), (others_read, "rights"), (edited, "published files"), (log_changed, "audit log"), (clock_behind, "clock"),
        (database_damaged, "MLflow's database"), (killed, "left over"), (lost, "deliveries"),
    ],
)  # fmt: skip
def test_an_illness_is_named_and_nothing_else(well: Path, illness: Callable[[Path], None], named: str) -> None:
    assert wrong(well) == {}
    illness(well)
    assert list(wrong(well)) == [named]


def test_a_server_that_does_not_answer_is_named(well: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:9/api")
    assert "no server answers" in wrong(well)["PREFECT_API_URL"]


def test_a_wrong_configuration_is_reported(well: Path, tmp_path: Path) -> None:
    found = {each.what: each for each in findings(tmp_path / "none.toml", well)}
    assert found["configuration"].standing == "wrong"
