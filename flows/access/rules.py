"""Declares what each role may do on the local servers. Only the service may do anything not named here."""

from __future__ import annotations

import re
from dataclasses import dataclass

from flows.access import Role

LOOKING = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True)
class Rules:
    """The rules of one server: whole paths, as regular expressions."""

    open_to_all: re.Pattern[str]
    """GET without a password: the health check and, for Prefect, the pages themselves, which contain no data."""
    closed: re.Pattern[str]
    """Only for the service, whatever the method: stored secrets and the server's settings."""
    reads: re.Pattern[str]
    """POST requests that only read."""
    runs: re.Pattern[str]
    """POST requests that an analyst may send."""
    releases: re.Pattern[str]
    """POST requests that an approver may send."""
    sockets: re.Pattern[str]
    """Web sockets that anybody with an account may listen to."""

    def allows(self, role: Role, method: str, path: str) -> bool:
        """Whether a role may do this. The service may do everything except decide on a release."""
        if self.releases.fullmatch(path):
            return role is Role.APPROVER
        if role is Role.SERVICE:
            return True
        if self.closed.match(path):
            return False
        if method in LOOKING:
            return True
        if method != "POST":
            return False
        return bool(self.reads.fullmatch(path) or (role is not Role.READER and self.runs.fullmatch(path)))


_NOTHING = re.compile(r"(?!)")

PREFECT = Rules(
    open_to_all=re.compile(r"/api/(health|ready)|/(?!api(/|$)).*"),
    closed=re.compile(r"/api/(block_documents|admin/(settings|storage))"),
    reads=re.compile(
        r"/api/([a-z_/]+|work_pools/[^/]+/(queues|workers))/"
        r"(filter|count|history|paginate|lateness|count-deployments|next-runs|count-task-runs|counts|validate)"
        r"|/api/events/count-by/[a-z-]+"
    ),
    runs=re.compile(
        r"/api/deployments/[0-9a-f-]{36}/(create_flow_run|pause_deployment|resume_deployment)"
        r"|/api/flow_runs/[0-9a-f-]{36}/set_state"
    ),
    releases=re.compile(r"/api/flow_runs/[0-9a-f-]{36}/resume/?"),
    sockets=re.compile(r"/api/(events|logs)/out"),
)

MLFLOW = Rules(
    open_to_all=re.compile(r"/health"),
    closed=re.compile(r"/(ajax-)?api/3\.0/(mlflow/(assistant|gateway)|jobs)|/gateway|/mcp"),
    reads=re.compile(r"/graphql|/(ajax-)?api/[23]\.0/mlflow/.*(/search|/search-datasets|/batch-get|/get-history-bulk)"),
    runs=_NOTHING,
    releases=_NOTHING,
    sockets=_NOTHING,
)
