"""What can go wrong, by exit code; messages never hold a value from a person's record."""

from __future__ import annotations

from collections.abc import Sequence


class NeighbourlyError(Exception):
    """All problems found, together; `exit_code` is what the command line returns."""

    exit_code = 1

    def __init__(self, problems: str | Sequence[str]) -> None:
        self.problems = [problems] if isinstance(problems, str) else list(problems)
        super().__init__("\n".join(self.problems))


class RunFailed(NeighbourlyError):
    """The run could not be finished."""


class ConfigurationError(NeighbourlyError):
    """`site.toml` or the call is wrong; nothing has run."""

    exit_code = 2


class DataRefused(NeighbourlyError):
    """The extracts cannot be used as they are."""

    exit_code = 3
