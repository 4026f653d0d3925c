"""The borough against its targets: a table to print and a page for the documentation.

`python -m pipeline.synthetic.report` makes a borough of full size, prints its table and writes
`docs/explanation/synthetic-borough.md` with its pictures. With a FOLDER it takes the borough that is there, and writes the
page only to a second folder, if given.
"""

# ruff: noqa: PLR2004 - the numbers are the model: ages, shares and limits stand where they are used

from __future__ import annotations

import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from pipeline.synthetic import analysis, measures
from pipeline.synthetic.borough import generate
from pipeline.synthetic.reading import Borough, Row

PEOPLE, SEED = 330_000, 1
"""The borough of the page."""


@dataclass(frozen=True)
class Report:
    """All rows, in the order of the page."""

    rows: list[Row]

    @property
    def within(self) -> int:
        return sum(row.within for row in self.rows)

    def table(self) -> str:
        """Markdown: measure, group, target, source, achieved, and whether it lies within the limits."""
        lines = [
            "| measure | group | target | limits | achieved | within | source |",
            "| --- | --- | ---: | --- | ---: | --- | --- |",
        ]
        for row in self.rows:
            limits = f"{_number(row.low)} to {_number(row.high)}"
            cells = (
                row.measure,
                row.group,
                f"{_number(row.target)} {row.unit}",
                limits,
                _number(row.achieved),
                "yes" if row.within else "**no**",
                row.source,
            )
            lines.append("| " + " | ".join(cells) + " |")
        return "\n".join(lines)


def report(folder: Path) -> Report:
    """Measure a generated borough against every target."""
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


def _number(value: float) -> str:
    if abs(value) >= 1000:
        return f"{value:,.0f}".replace(",", " ")
    return f"{value:.3g}" if abs(value) < 100 else f"{value:.0f}"


def main(arguments: list[str]) -> None:
    """Print the table of a folder, and write the page where a second folder is given; without any, of a whole new borough."""
    if arguments:
        _tell(Path(arguments[0]), Path(arguments[1]) if len(arguments) > 1 else None)
        return
    with tempfile.TemporaryDirectory(prefix="synthetic-borough-") as folder:
        generate(PEOPLE, SEED, Path(folder))
        _tell(Path(folder), Path("docs/explanation"))


def _tell(folder: Path, docs: Path | None) -> None:
    found = report(folder)
    sys.stdout.write(f"{found.table()}\n\n{found.within} of {len(found.rows)} within their limits\n")
    if docs is not None:
        from pipeline.synthetic.page import write_page

        sys.stdout.write(f"{write_page(found, folder, docs)}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
