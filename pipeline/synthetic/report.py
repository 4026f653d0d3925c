"""Compares the borough with its targets, in a table to print and a page for the documentation.

`python -m pipeline.synthetic.report` makes a borough of full size, prints its table and writes
`docs/explanation/synthetic-borough.md` with its pictures. If you give a FOLDER, it uses the borough in that folder. It
then writes the page only if you also give a second folder.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from pipeline.synthetic import analysis, measures
from pipeline.synthetic.borough import generate
from pipeline.synthetic.page import write_page
from pipeline.synthetic.reading import Borough, Report

PEOPLE, SEED = 330_000, 1
"""Size and seed of the borough on the documentation page."""


def report(folder: Path) -> Report:
    """Compare a generated borough with every target."""
    b = Borough(folder)
    parts = (
        measures.people_rows,
        measures.condition_rows,
        measures.care_rows,
        measures.loneliness_rows,
        analysis.tie_rows,
        analysis.area_rows,
        analysis.risk_rows,
    )
    return Report([row for part in parts for row in part(b)])


def main(arguments: list[str]) -> None:
    """Print the table of a folder, and write the page if a second folder is given. Without arguments, make a new
    borough first.
    """
    if arguments:
        _print(Path(arguments[0]), Path(arguments[1]) if len(arguments) > 1 else None)
        return
    with tempfile.TemporaryDirectory(prefix="synthetic-borough-") as folder:
        generate(PEOPLE, SEED, Path(folder))
        _print(Path(folder), Path("docs/explanation"))


def _print(folder: Path, docs: Path | None) -> None:
    result = report(folder)
    sys.stdout.write(f"{result.table()}\n\n{result.within} of {len(result.rows)} within their limits\n")
    if docs is not None:
        sys.stdout.write(f"{write_page(result, folder, docs)}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
