"""Output of release 0.1 opens in this one, and output of a newer release is refused.

`store-0.1.tar.xz` is the output folder of a run at commit 73a03fa on 300 people who do not exist (`synth --people 300
--seed 3`, then `run`), without the files that every run makes again.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from data_schemas.errors import ConfigurationError, RunFailed
from flows.backup import backup
from flows.cli.release import approve
from flows.doctor import findings
from flows.lock import alone_in
from flows.store_format import FORMAT, MARK
from models import storage
from models.judging import record
from models.registry import restore
from models.registry.client import connect, quiet
from pipeline.release import review
from tests.faults.small import small

AS_OF = dt.date(2026, 4, 1)
VERSION = "4bbb07bc06f63ef3"


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An output folder of release 0.1."""
    out = tmp_path_factory.mktemp("upgrade") / "out"
    with tarfile.open(Path(__file__).with_name("store-0.1.tar.xz")) as archive:
        archive.extraction_filter = getattr(tarfile, "data_filter", None)  # not before Python 3.11.4
        archive.extractall(out)
    return out


def test_its_champion_is_known_and_predicts(old: Path) -> None:
    with quiet():
        client = connect(old / "store")
        [version] = client.search_model_versions("")
        champion = restore(client, version, "champion", old / "store")
    assert (champion.model_version, str(version.version)) == (VERSION, "1")
    model = storage.load(champion.path)
    risks = model.predict_proba(np.zeros((2, len(model.feature_names)), np.float32))
    assert ((risks > 0) & (risks < 1)).all()


def test_files_that_are_gone_come_back_from_its_mlflow(old: Path) -> None:
    folder = old / "store" / "models" / VERSION
    before = (folder / "model.json").read_bytes()
    (folder / "model.json").unlink()
    with quiet():
        client = connect(old / "store")
        [version] = client.search_model_versions("")
        restore(client, version, "champion", old / "store")
    assert (folder / "model.json").read_bytes() == before


def test_how_it_was_judged_says_what_to_do(old: Path) -> None:
    [path] = (old / "store" / "models" / VERSION).glob("evaluation-*.json")
    with pytest.raises(ConfigurationError, match="run once without --no-train"):
        record.read(path)


def test_its_lists_say_what_to_do(old: Path) -> None:
    with pytest.raises(
        RunFailed, match=r"an earlier release made this list, without .*; run that date again, then release it"
    ):
        review.summary(old, AS_OF)


def test_a_run_marks_it_and_the_doctor_finds_nothing_wrong_with_it(old: Path) -> None:
    with alone_in(old):
        pass
    assert json.loads((old / MARK).read_text())["format"] == FORMAT
    assert FORMAT > 2, "code of format 2 cannot read a column whose type differs between files"
    wrong = {each.what: each.detail for each in findings(None, old) if each.standing == "wrong"}
    assert wrong.keys() <= {"last run"}


def test_a_run_goes_to_its_end_over_it(old: Path) -> None:
    if not os.environ.get("NEIGHBOURLY_LONG_TESTS"):
        pytest.skip("a whole run takes a minute: `make faults` tries it")
    config, out = small(old.parent / "site"), old.parent / "out"
    before = (out / "store" / "models" / VERSION / "model.json").read_bytes()
    program = str(Path(sys.executable).with_name("neighbourly"))
    command = [program, "run", "--config", str(config), "--out", str(out)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    seen = review.summary(out, AS_OF)
    assert sum(seen.listed.values())
    assert seen.model_version != VERSION
    assert (out / "store" / "models" / VERSION / "model.json").read_bytes() == before
    with quiet():
        versions = connect(out / "store").search_model_versions("")
    assert {version.tags["neighbourly.model_version"] for version in versions} >= {VERSION, seen.model_version}


DOORS: list[Callable[[Path], object]] = [
    lambda out: alone_in(out).__enter__(),
    lambda out: backup(out, out.parent / "copy.tar"),
    lambda out: approve(dt.datetime(2026, 4, 1), out, by="A. Lead", reason="Looked at it"),  # noqa: DTZ001 - as typer gives it
]


@pytest.mark.parametrize("door", DOORS)
def test_a_newer_one_is_refused_before_anything_is_done(door: Callable[[Path], object], out: Path) -> None:
    (out / MARK).write_text(json.dumps({"format": FORMAT + 1, "made_by": "neighbourly 9.0"}))
    before = sorted(path for path in out.rglob("*") if path.suffix != ".lock")
    with pytest.raises(
        RunFailed, match=rf"was written by a newer release \(neighbourly 9.0, format {FORMAT + 1};.*Update Neighbourly"
    ):
        door(out)
    assert sorted(path for path in out.rglob("*") if path.suffix != ".lock") == before
