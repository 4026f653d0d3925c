"""Roles in site.toml: who may see and do what."""

from __future__ import annotations

import grp
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline.settings import delivery
from pipeline.settings.access import Access
from pipeline.settings.paths import matching
from pipeline.settings.problems import Problems
from pipeline.settings.sections import Alerts

SECRET = "AGE-SECRET-KEY-1QQQ"
"""A private key, as if a site had put it where a cluster's public key belongs."""


def access(value: dict[str, object], found: Problems) -> None:
    found.section(Access, value, "access")


def delivered(value: dict[str, object], found: Problems) -> None:
    delivery.read(value, Path(), found)


def alerted(value: dict[str, object], found: Problems) -> None:
    found.section(Alerts, value, "alerts")


def problems(read: Callable[[dict[str, object], Problems], None], value: dict[str, object]) -> list[str]:
    found = Problems()
    read(value, found)
    return found.found


@pytest.mark.parametrize(
    ("section", "value", "said"),
    [
        (
            access,
            {"approvers": ["A: Lead"]},
            "access.approvers[0]: found 'A: Lead'; accepted: a list of names without a colon",
        ),
        (access, {"approver": ["A. Lead"]}, "nearest: approvers"),
        (delivered, {"mode": "777777"}, "three octal digits"),
        (delivered, {"mode": "077"}, "three octal digits"),
        (delivered, {"group": "no such group here"}, "not a group of this machine"),
        (delivered, {"group": grp.getgrall()[0].gr_name}, "gives the group"),
        (delivered, {"carrier": "mash"}, "delivery.carrier: found 'mash'; accepted: folder, mesh; nearest: mesh"),
        (delivered, {"carrier": "mesh", "folder": "x"}, "delivery.folder: unknown key"),
        (delivered, {"carrier": "mesh"}, "delivery.mailbox: missing"),
        (alerted, {"webhook": f"htps://hooks/{SECRET}"}, "alerts.webhook: found a value that is not shown"),
        (alerted, {"email": f"mail://site:{SECRET}@smtp"}, "alerts.email: found a value that is not shown"),
        (
            delivered,
            {"carrier": "mesh", "clusters": {"N01": {"mailbox": "X26", "key": SECRET}}},
            "delivery.clusters.N01.key: found a value that is not shown",
        ),
    ],
)
def test_what_is_wrong_is_reported(section: Any, value: dict[str, object], said: str) -> None:
    assert said in "".join(problems(section, value))


def test_what_is_right_is_taken() -> None:
    assert problems(delivered, {"group": grp.getgrall()[0].gr_name, "mode": "750"}) == []
    assert problems(access, {"approvers": ["A. Lead", "B. Lead"], "hosts": ["risk.example.nhs.uk"]}) == []


@pytest.mark.parametrize("name", ["100%", "what?", "a[b]c", "st*r"])
def test_a_folder_may_be_called_anything(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    (tmp_path / name / "x_1.csv").touch()
    assert [path.name for path in matching(tmp_path / name, "x_*.csv")] == ["x_1.csv"]
