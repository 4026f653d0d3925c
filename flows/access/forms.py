"""Checks a form before the flow run starts, and reports in Prefect's pages what the run would refuse."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from starlette.types import ASGIApp

from data_schemas.errors import NeighbourlyError
from flows.places import CONFIG, OUT

RUNS, CHECKS, RELEASES = "flows.refresh.refresh", "flows.check.check", "flows.release.release"
"""Entry points of our deployments (prefect.yaml)."""


@dataclass(frozen=True)
class Place:
    """A site: its configuration and its output folder."""

    config: str
    out: str


@dataclass(frozen=True)
class Forms:
    """The forms of a server: those of its own site, and those of the sites of a work pool, which their deployments
    name."""

    config: str
    out: str
    site: str

    async def problems(self, api: ASGIApp, deployment: str, body: Mapping[str, Any], authorization: str) -> list[str]:
        """Why this flow run would fail immediately. Empty if the deployment's site is not known."""
        asked = await _deployment(api, deployment, authorization)
        place = self._place(asked)
        if place is None:
            return []
        return await asyncio.to_thread(_refused, place, str(asked.get("entrypoint", "")), _choices(body))

    def _place(self, asked: Mapping[str, Any]) -> Place | None:
        own = (asked.get("job_variables") or {}).get("env") or {}
        if CONFIG in own and OUT in own:
            return Place(own[CONFIG], own[OUT])
        is_own = self.config and str(asked.get("name", "")).startswith(f"{self.site}-")
        return Place(self.config, self.out) if is_own else None


def _refused(place: Place, entrypoint: str, given: Mapping[str, Any]) -> list[str]:
    try:
        if entrypoint == RELEASES:
            _prepared(place, given)
        elif entrypoint in (RUNS, CHECKS):
            _runnable(place, given, whole=entrypoint == RUNS)
    except NeighbourlyError as error:
        return list(error.problems)
    return []


def _runnable(place: Place, given: Mapping[str, Any], *, whole: bool) -> None:
    """Check the configuration and the dates, as `run` and `check` do first."""
    from data_schemas.errors import ConfigurationError
    from flows.cli.commands import parameters
    from pipeline.ingest.cover import uncovered

    settings = parameters({**given, "config": place.config, "out": place.out}).settings(require_tables=whole)
    if whole and (problems := list(uncovered(settings))):
        raise ConfigurationError(problems)


def _prepared(place: Place, given: Mapping[str, Any]) -> None:
    """Check that there is a run to release."""
    from data_schemas.errors import RunFailed
    from flows.cli.commands import validated
    from flows.release import ReleaseParameters, newest

    out = Path(place.out)
    day = validated(ReleaseParameters, dict(given)).as_of or newest(out)
    if not (out / day.isoformat() / "manifest.json").exists():
        raise RunFailed(f"no run is prepared at {day}; the newest is {newest(out)}")


def _choices(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """The filled-in values. Prefect itself refuses values of another type."""
    given = body.get("parameters")
    chosen = given.get("parameters") if isinstance(given, dict) else None
    return chosen if isinstance(chosen, dict) else {}


async def _deployment(api: ASGIApp, deployment: str, authorization: str) -> dict[str, Any]:
    """Ask Prefect, inside this process, about a deployment. Empty if Prefect does not know it."""
    import httpx

    async with httpx.AsyncClient(transport=httpx.ASGITransport(api), base_url="http://127.0.0.1") as client:
        response = await client.get(f"/api/deployments/{deployment}", headers={"Authorization": authorization})
    return dict(response.json()) if response.is_success else {}
