"""Which test files stay together on one worker, and in which order files start."""

from __future__ import annotations

from pathlib import Path

from xdist.scheduler import LoadFileScheduling

ROOT = Path(__file__).parents[1]
TOGETHER = {
    "models": ("tests/models/", "tests/spec/test_spark.py"),
    "prefect": (
        "tests/faults/",
        "tests/flows/test_impact.py",
        "tests/flows/test_release.py",
        "tests/flows/test_tasks.py",
    ),
    "synthetic": ("tests/pipeline/synthetic/",),
}
"""Files that share a trained model, a Spark session, a Prefect server or a borough: on another worker, each takes 10 s
more."""
LONGEST = (
    "tests/flows/test_end_to_end.py",
    "models",
    "prefect",
    "tests/pipeline/publish/test_accessibility.py",
    "tests/flows/test_sites.py",
    "tests/neighbourly/test_notebook.py",
    "tests/flows/test_serve.py",
    "synthetic",
    "tests/pipeline/ingest/test_ingest.py",
    "tests/test_architecture.py",
    "tests/flows/cli/test_cli.py",
    "tests/pipeline/test_snapshots.py",
    "tests/pipeline/test_spells.py",
    "tests/pipeline/publish/test_printing.py",
    "tests/test_portability.py",
)
"""What takes longest, longest first: a long file at the end would leave the other workers without work."""


def together(path: str) -> str:
    """The name of the files that this one stays together with: its own if it stands alone."""
    return next((name for name, starts in TOGETHER.items() if path.startswith(starts)), path)


def place(path: Path) -> int:
    """The place of a test file in the order of starting."""
    name = together(path.relative_to(ROOT).as_posix())
    return LONGEST.index(name) if name in LONGEST else len(LONGEST)


class Scheduling(LoadFileScheduling):
    """Gives files to workers as `--dist loadfile` does, but files of `TOGETHER` as if they were one."""

    def _split_scope(self, nodeid: str) -> str:
        return together(super()._split_scope(nodeid))
