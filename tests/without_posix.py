"""Run tests as on Windows, where `fcntl`, `resource` and their like cannot be imported: `python -m
tests.without_posix TESTS…`."""

from __future__ import annotations

import importlib
import pkgutil
import sys

ABSENT = ("fcntl", "resource", "grp", "pwd", "termios")
PACKAGES = ("data_schemas", "pipeline", "models", "flows", "neighbourly")


def main(arguments: list[str]) -> int:
    """Make the modules unavailable, import all our modules, then run pytest with these arguments."""
    for name in ABSENT:
        sys.modules[name] = None  # type: ignore[assignment]
    for package in PACKAGES:
        for module in pkgutil.walk_packages(importlib.import_module(package).__path__, f"{package}."):
            importlib.import_module(module.name)
    import pytest

    quiet = ["-W", "ignore::pytest.PytestAssertRewriteWarning"]  # what our own modules have imported is not a test
    return int(pytest.main(["-q", "-p", "no:cacheprovider", "-p", "no:xdist", *quiet, *arguments]))


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
