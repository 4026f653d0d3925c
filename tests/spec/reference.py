"""`docs/reference/feature-reference.md`, written from the tested tables: `python -m tests.spec.reference [--check]`."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

from data_schemas.markdown import wrapped
from pipeline.features.declare import STATISTICS
from tests.spec.cases import AS_OF, CASES, HISTORY_DAYS, Case

PATH = Path(__file__).parents[2] / "docs" / "reference" / "feature-reference.md"
OPENING = f"""# Feature reference: what each statistic means

Written by `python -m tests.spec.reference` from the tests in `tests/spec/cases.py`.

A feature is one line: a statistic of a concept, over a window, with the value if there is no record, and what the feature
means in plain English. Its name is the name that the line is assigned to. The examples are as of {AS_OF:%-d %B %Y} with a
look-back of {HISTORY_DAYS} days; an event is known on the day it happened unless the table says otherwise.

## To add a statistic

1. `pipeline/features/declare.py`: its name and meaning in `STATISTICS`, and a line like `count = Statistic("count")`.
2. `pipeline/features/kernel.py`: a number in `CODES`, what it keeps of each event in `_add` or `_add_value`, and the value at the end
   in `_result`. Name the kind of window that it needs in `KINDS` of `pipeline/features/plan.py`. A new kind also needs
   fields in `Wanted` and `Kept` (`state.py`), and a line in `_forget`.
3. `tests/spec/oracle.py`: the same in slow, plain Python. The property tests then compare both on invented events, in every window.
4. `tests/spec/cases.py`: an example table; this page is written from it (`make docs`).
"""


def page() -> str:
    parts = [OPENING]
    for statistic, cases in groupby(CASES, key=lambda case: case.statistic):
        parts.append(f"## {statistic}\n\n{STATISTICS[statistic].capitalize()}.\n")
        parts += [_shown(case) for case in cases]
    return wrapped("\n".join(parts))


def _shown(case: Case) -> str:
    header, *rows = textwrap.dedent(case.events).strip().splitlines()
    rule = "| " + " | ".join(["---"] * header.strip("|").count("|") + ["---"]) + " |"
    text = "\n".join(
        f"| {person} | {'unknown' if value is None else f'{value:g}'} |" for person, value in case.expected.items()
    )
    table = "\n".join([header, rule, *rows])
    return f"### {case.title}\n\n```python\n{case.declared}\n```\n\n{table}\n\ngives\n\n| person | value |\n| --- | --- |\n{text}\n"


def main(arguments: Sequence[str]) -> int:
    """Write the page. With `--check`, check that it is current."""
    if "--check" not in arguments:
        PATH.write_text(page(), encoding="utf-8")
        return 0
    return 0 if PATH.exists() and PATH.read_text(encoding="utf-8") == page() else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
