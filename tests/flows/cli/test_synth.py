"""`neighbourly synth`: which options work, and which are refused."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from data_schemas.errors import ConfigurationError
from flows.cli import app
from flows.cli.synth import mess_of
from pipeline.synthetic import Mess


def synth(*options):
    return CliRunner().invoke(app, ["synth", "--people", "200", *map(str, options)])


def test_rates_of_the_mess_are_set_by_name():
    assert mess_of([]) == Mess()
    assert mess_of(["duplicates=0.02"]) == Mess(duplicates=0.02)
    assert mess_of(["none"]) == Mess(0, 0, 0, 0, 0, 0, 0, 0)
    assert mess_of(["none", "late=0.5"]) == Mess(0, 0.5, 0, 0, 0, 0, 0, 0) != mess_of(["none"])


def test_every_wrong_rate_is_reported():
    with pytest.raises(ConfigurationError) as refused:
        mess_of(["nulls=2", "late=often", "gaps=0.1", "late=0.1"])
    assert [problem.split(":")[0] for problem in refused.value.problems] == [
        "--mess nulls",
        "--mess late",
        "--mess gaps",
    ]


def test_a_borough_without_any_mess(tmp_path):
    result = synth("--out", tmp_path / "clean", "--mess", "none", "--years", 3, "--json")
    assert result.exit_code == 0
    mess = json.loads(result.stdout)["mess"]
    put_in = [sum((table["rejects"] | table["put_in"]).values()) + table["unregistered"] for table in mess.values()]
    assert put_in == [0] * 7
    assert json.loads((tmp_path / "clean" / "synth.json").read_text())["years"] == 3


def test_results_for_people_name_the_file_that_counts_the_mess(tmp_path):
    printed = synth("--out", tmp_path / "b", "--years", 3).stdout
    assert f"mess: counted in {tmp_path / 'b' / 'mess.json'}" in printed


def test_a_shift_changes_what_happens_after_its_day(tmp_path):
    rows = {}
    for name, shift in (("same", ()), ("more", ("--level-shift", 3, "--shift-from", "2025-04-01"))):
        found = synth("--out", tmp_path / name, "--years", 3, "--json", *shift)
        rows[name] = json.loads(found.stdout)["rows"]["admissions"]
    assert rows["more"] > rows["same"]
