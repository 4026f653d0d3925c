"""Who may see and do what, as site.toml says it."""

from __future__ import annotations

import grp
from pathlib import Path
from typing import Any

import pytest

from pipeline.settings.access import Access, Delivery, check_delivery
from pipeline.settings.checks import matching
from pipeline.settings.problems import Problems


def problems(section: Any, value: dict[str, object]) -> list[str]:
    found = Problems()
    checked = found.section(section, value, "x")
    if isinstance(checked, Delivery):
        check_delivery(checked, found)
    return found.found


@pytest.mark.parametrize(
    ("section", "value", "said"),
    [
        (
            Access,
            {"approvers": ["A: Lead"]},
            "x.approvers[0]: found 'A: Lead'; accepted: a list of names without a colon",
        ),
        (Access, {"approver": ["A. Lead"]}, "nearest: approvers"),
        (Delivery, {"mode": "777777"}, "three octal digits"),
        (Delivery, {"mode": "077"}, "three octal digits"),
        (Delivery, {"group": "no such group here"}, "not a group of this machine"),
        (Delivery, {"group": grp.getgrall()[0].gr_name}, "gives the group"),
    ],
)
def test_what_is_wrong_is_said(section: Any, value: dict[str, object], said: str) -> None:
    assert said in "".join(problems(section, value))


def test_what_is_right_is_taken() -> None:
    assert problems(Delivery, {"group": grp.getgrall()[0].gr_name, "mode": "750"}) == []
    assert problems(Access, {"approvers": ["A. Lead", "B. Lead"], "hosts": ["risk.example.nhs.uk"]}) == []


@pytest.mark.parametrize("name", ["100%", "what?", "a[b]c", "st*r"])
def test_a_folder_may_be_called_anything(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    (tmp_path / name / "x_1.csv").touch()
    assert [path.name for path in matching(tmp_path / name, "x_*.csv")] == ["x_1.csv"]
