"""`make faults`: inject every fault of the table, and write the results to docs/reference/faults.md."""

from __future__ import annotations

import os
import sys
from collections import Counter
from itertools import groupby
from pathlib import Path

import pytest

from tests.faults.table import faults

ROOT = Path(__file__).parents[2]
FAULTS = faults()
LONG = "NEIGHBOURLY_LONG_TESTS"
"""Set for tests that take a minute, which only `make faults` runs."""
PAGE = ROOT / "docs" / "reference" / "faults.md"
HEADER = """# What happens when something goes wrong

Written by `make faults`, which injects every fault below and checks the result: {cases} faults of {kinds} kinds, {held}
held, {skipped} could not be tried on the machine that wrote this page. CI tests them too, among the other tests, except
two whole runs: without a network, and over the output folder of release 0.1.

We tried 84 faults on the first release (0.1.0), and 31 went wrong. The column "before" says what happened then.
"""
NOT_TRIED = "not tried"


class Outcomes:
    """Counts the result of each test, by node id without parameters."""

    def __init__(self) -> None:
        self.found: Counter[tuple[str, str]] = Counter()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" or report.outcome != "passed":
            self.found[report.nodeid.partition("[")[0], report.outcome] += 1


def page(found: Counter[tuple[str, str]]) -> str:
    """The table, by area."""
    totals = Counter({outcome: sum(n for (_, each), n in found.items() if each == outcome) for _, outcome in found})
    cases = sum(found.values())
    parts = [HEADER.format(cases=cases, kinds=len(FAULTS), held=totals["passed"], skipped=totals["skipped"])]
    for area, kinds in groupby(FAULTS, key=lambda fault: fault.area):
        parts.append(
            f"\n## {area}\n\n| what is done | before | what happens now | tried | held |\n| --- | --- | --- | ---: | ---: |\n"
        )
        for fault in kinds:
            tried = sum(n for (test, _), n in found.items() if test == fault.test)
            parts.append(
                f"| {fault.done} | {fault.before or NOT_TRIED} | {fault.wanted} | {tried} | {found[fault.test, 'passed']} |\n"
            )
    return "".join(parts)


def main() -> int:
    """Inject all faults. Returns 0 if the software handled every one."""
    outcomes = Outcomes()
    os.environ[LONG] = "1"
    code = pytest.main(["-q", "-p", "no:cacheprovider", *(fault.test for fault in FAULTS)], plugins=[outcomes])
    PAGE.write_text(page(outcomes.found), encoding="utf-8")
    return int(code)


if __name__ == "__main__":
    sys.exit(main())
