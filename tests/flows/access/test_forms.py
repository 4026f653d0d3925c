"""Reasons why a run would fail are reported before it starts."""

from __future__ import annotations

import asyncio
import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from flows.access.forms import Forms

KNOWN: dict[str, dict[str, Any]] = {
    "run": {"name": "wigan-monthly", "entrypoint": "flows.refresh.refresh"},
    "check": {"name": "wigan-weekly", "entrypoint": "flows.check.check"},
    "lists": {"name": "wigan-lists", "entrypoint": "flows.release.release"},
    "other": {"name": "leigh-monthly", "entrypoint": "flows.refresh.refresh"},
}


async def deployment(request: Request) -> JSONResponse:
    found = KNOWN.get(request.path_params["id"])
    return JSONResponse(found, 200) if found else JSONResponse({}, 404)


API = Starlette(routes=[Route("/api/deployments/{id}", deployment)])
TOMORROW = (dt.datetime.now(dt.UTC).date() + dt.timedelta(days=2)).isoformat()


@pytest.fixture
def forms(tmp_path: Path) -> Forms:
    for table in ("registrations", "gp_events", "prescriptions", "admissions", "practices"):
        (tmp_path / f"{table}.csv").touch()
    extracts = "".join(
        f'[extracts.{table}]\npath = "{table}.csv"\n'
        for table in ("registrations", "gp_events", "prescriptions", "practices")
    )
    (tmp_path / "site.toml").write_text(
        '[site]\nname = "Wigan"\nlegal_basis = ["gp", "sus"]\n[run]\ntest_as_of = [2024-04-01]\n'
        f'{extracts}[extracts.admissions]\npath = "admissions.csv"\ncovers = [2019-04-01, 2026-04-01]\n'
    )
    return Forms(str(tmp_path / "site.toml"), str(tmp_path / "out"), "wigan")


def refused(forms: Forms, deployment: str, **chosen: Any) -> str:
    return "; ".join(asyncio.run(forms.problems(API, deployment, {"parameters": {"parameters": chosen}}, "Basic x")))


def test_a_run_that_can_start_is_let_through(forms: Forms) -> None:
    assert refused(forms, "run") == ""
    assert refused(forms, "run", as_of="2025-04-01", train=False) == ""


@pytest.mark.parametrize(
    ("chosen", "said"),
    [
        ({"as_of": TOMORROW}, "after today"),
        ({"as_of": "2024-06-01"}, "run.test_as_of: found 2024-04-01, whose outcome window ends on 2025-04-01"),
        ({"as_of": "2026-04-02"}, "admissions: covers ends at 2026-04-01"),
        ({"as_of": "the first"}, "as_of: must be a date"),
        ({"tune": 1000}, "tune: must be 200 or less"),
        ({"accept": [{"alarm": "weather", "by": "ana", "reason": "it rained"}]}, "accept[0].alarm: must be "),
    ],
)
def test_what_a_run_refuses_the_form_refuses(forms: Forms, chosen: dict[str, Any], said: str) -> None:
    assert said in refused(forms, "run", **chosen)


def test_a_configuration_that_is_gone_is_reported(forms: Forms) -> None:
    Path(forms.config).unlink()
    assert "does not exist" in refused(forms, "run")
    assert "does not exist" in refused(forms, "check")
    assert refused(forms, "other") == ""


def test_a_site_of_a_work_pool_says_itself_where_it_is(forms: Forms) -> None:
    env = {"NEIGHBOURLY_CONFIG": forms.config, "NEIGHBOURLY_OUT": forms.out}
    KNOWN["pool"] = KNOWN["other"] | {"job_variables": {"env": env}}
    alone = Forms("", "", "")
    assert "after today" in refused(alone, "pool", as_of=TOMORROW)
    assert refused(alone, "other", as_of=TOMORROW) == refused(alone, "run", as_of=TOMORROW) == ""


def test_a_release_needs_a_run(forms: Forms) -> None:
    assert "no run is prepared" in refused(forms, "lists")
    day = Path(forms.out) / "2026-04-01"
    day.mkdir(parents=True)
    (day / "manifest.json").touch()
    assert refused(forms, "lists") == ""
    assert "as_of: must be a date" in refused(forms, "lists", as_of="soon")
    assert "the newest is 2026-04-01" in refused(forms, "lists", as_of="2025-04-01")


@pytest.mark.parametrize("body", [{}, {"parameters": []}, {"parameters": {"parameters": "x"}}])
def test_a_form_of_another_shape_is_left_to_prefect(forms: Forms, body: dict[str, Any]) -> None:
    assert asyncio.run(forms.problems(API, "run", body, "")) == []
    assert asyncio.run(forms.problems(API, "nobody", body, "")) == []
