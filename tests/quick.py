"""`make quick`: the tests of the modules that changed since main, of the modules that import them, and changed tests
themselves.

A module's tests are `tests/<folder>/test_<module>.py`. Tests of whole runs are left to `make test`. Tests that take
longer than others (`LONG`) run for a change of their own module, or of themselves, and not of what it imports.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGES = ("data_schemas", "pipeline", "models", "flows", "neighbourly")
SLOW = {
    "test_end_to_end.py",
    "test_demo.py",
    "test_serve.py",
    "test_notebook.py",
    "test_accessibility.py",
    "test_planted.py",
}
LONG = {
    "tests/flows/test_impact.py",
    "tests/models/documents/test_card.py",
    "tests/models/documents/test_plots.py",
    "tests/models/judging/test_alarms.py",
    "tests/models/judging/test_over_time.py",
    "tests/models/registry/test_registry.py",
    "tests/models/test_ablate.py",
    "tests/models/test_recheck.py",
    "tests/models/test_score.py",
    "tests/models/test_train.py",
    "tests/models/test_update.py",
    "tests/pipeline/ingest/test_ingest.py",
    "tests/pipeline/publish/test_publish.py",
    "tests/pipeline/test_snapshots.py",
}
"""Files that train models, open browsers, or start Spark."""


def git(*words: str) -> list[str]:
    """Run git and return the lines of its output."""
    done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


def changed() -> set[str]:
    """Files that have changed since this branch left main, including new ones."""
    known = git("for-each-ref", "--format=%(refname:short)", "refs/remotes/origin/main", "refs/heads/main")
    base = git("merge-base", "HEAD", known[0]) if known else ["HEAD"]
    return {*git("diff", "--name-only", base[0]), *git("ls-files", "--others", "--exclude-standard")}


def importers(modules: Iterable[str]) -> set[str]:
    """The modules and those that import them directly."""
    from grimp import build_graph

    graph = build_graph(*PACKAGES, cache_dir=str(ROOT / ".import_linter_cache"))
    known = {module for module in modules if module in graph.modules}
    return known.union(*(graph.find_modules_that_directly_import(module) for module in known))


def module_of(path: str) -> str:
    """`pipeline/spells.py` → `pipeline.spells`."""
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def tests_of(modules: Iterable[str]) -> set[str]:
    """Where the tests of modules are, if they have any."""
    found = set()
    for module in modules:
        *folders, name = module.split(".")
        found.add("/".join(["tests", *folders, f"test_{name}.py"]))
        found.add("/".join(["tests", *folders, name, f"test_{name}.py"]))
    return found


def files_for(paths: set[str]) -> list[str]:
    """Test files of these changes, quick ones only."""
    modules = {module_of(path) for path in paths if path.endswith(".py") and not path.startswith("tests/")}
    found = {path for path in paths if path.startswith("tests/") and Path(path).name.startswith("test_")}
    found |= tests_of(modules) | (tests_of(importers(modules)) - LONG)
    return sorted(path for path in found if (ROOT / path).is_file() and Path(path).name not in SLOW)


def main() -> int:
    """Run the tests, on two workers."""
    tests = files_for(changed())
    if not tests:
        sys.stdout.write("Nothing changed that a unit test is about.\n")
        return 0
    sys.stdout.write("\n".join(["Tests of what changed:", *tests, ""]))
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-n", "2", "--dist", "loadscope", *tests], cwd=ROOT, check=False
    ).returncode


if __name__ == "__main__":
    raise SystemExit(main())
