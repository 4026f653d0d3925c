"""What a run would refuse of a form, said in Prefect's page before the flow run starts."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from starlette.types import ASGIApp

from data_schemas.errors import NeighbourlyError

RUNS, CHECKS, RELEASES = "flows.refresh.refresh", "flows.check.check", "flows.release.release"
"""Entry points of our deployments (prefect.yaml)."""


@dataclass(frozen=True)
class Forms:
    """The forms of one site: its configuration, its output folder and the end of its deployments' names."""

    config: str
    out: str
    site: str

    async def problems(self, api: ASGIApp, deployment: str, body: Mapping[str, Any], authorization: str) -> list[str]:
        """Why this flow run would fail at once; nothing for the deployments of another site, which this server does not know."""
        asked = await _deployment(api, deployment, authorization)
        if not str(asked.get("name", "")).endswith(f"-{self.site}"):
            return []
        return await asyncio.to_thread(self._refused, str(asked.get("entrypoint", "")), _choices(body))

    def _refused(self, entrypoint: str, given: Mapping[str, Any]) -> list[str]:
        try:
            if entrypoint == RELEASES:
                self._prepared(given)
            elif entrypoint in (RUNS, CHECKS):
                self._runnable(given, whole=entrypoint == RUNS)
        except NeighbourlyError as error:
            return list(error.problems)
        except ValidationError:  # Prefect itself refuses what the form does not allow
            return []
        return []

    def _runnable(self, given: Mapping[str, Any], *, whole: bool) -> None:
        """The configuration and the dates, as `run` and `check` look at them first."""
        from data_schemas.errors import ConfigurationError
        from flows.cli.commands import parameters
        from pipeline.ingest.cover import uncovered

        settings = parameters({**given, "config": self.config, "out": self.out}).settings(require_tables=whole)
        if whole and (problems := list(uncovered(settings))):
            raise ConfigurationError(problems)

    def _prepared(self, given: Mapping[str, Any]) -> None:
        """There is a run to be released."""
        from data_schemas.errors import RunFailed
        from flows.release import ReleaseParameters, newest

        out = Path(self.out)
        day = ReleaseParameters.model_validate(dict(given)).as_of or newest(out)
        if not (out / day.isoformat() / "manifest.json").exists():
            raise RunFailed(f"no run is prepared at {day}; the newest is {newest(out)}")


def _choices(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """What was filled in; Prefect itself refuses what has another shape."""
    given = body.get("parameters")
    chosen = given.get("parameters") if isinstance(given, dict) else None
    return chosen if isinstance(chosen, dict) else {}


async def _deployment(api: ASGIApp, deployment: str, authorization: str) -> dict[str, Any]:
    """What Prefect knows of a deployment, asked inside this process; empty where it knows none."""
    import httpx

    async with httpx.AsyncClient(transport=httpx.ASGITransport(api), base_url="http://127.0.0.1") as client:
        found = await client.get(f"/api/deployments/{deployment}", headers={"Authorization": authorization})
    return dict(found.json()) if found.is_success else {}
