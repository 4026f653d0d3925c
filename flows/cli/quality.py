"""Prints the results of `check`: the tables, what a run would find, and notices, within the terminal's width."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from rich.table import Table

from flows.cli.options import bullet, folding

USES = {"train": "to train on", "test": "to test on", "score": "to score"}
LEGEND = "unknown: of people in no registration · age: days to the as-of date\ncodes, rows: the share of them that the code lists know"


def show(report: dict[str, Any]) -> None:
    """Print a summary of the report."""
    console = folding()
    console.print(_tables(report))
    console.print(LEGEND)
    if report["forecast"]:
        console.print(_windows(report))
    for heading, lines in _sections(report):
        console.print(f"\n{heading}", markup=False)
        for line in lines:
            bullet(console, line)
    console.print(f"\nThe whole report: {report['report']}", markup=False, soft_wrap=True)


def _grid(title: str, left: tuple[str, ...], right: tuple[str, ...]) -> Table:
    """Make a table that fits into 80 columns without folding or cutting text."""
    grid = Table(title=title, title_justify="left", box=None, pad_edge=False, padding=(0, 1, 0, 0))
    for name in (*left, *right):
        grid.add_column(name, justify="right" if name in right else "left", no_wrap=True)
    return grid


def _tables(report: dict[str, Any]) -> Table:
    grid = _grid(
        "What the checks let through",
        ("table",),
        ("read", "kept", "rejected", "unknown", "last day", "age", "codes", "rows"),
    )
    for table in report["tables"]:
        source = report["sources"].get(table["table"], {})
        numbers = [f"{table[name]:,}" for name in ("rows_read", "rows", "rejected", "unregistered")]
        age = source.get("age_days")
        shares = [_percent(source.get(f"share_of_{what}_known")) for what in ("codes", "rows")]
        grid.add_row(table["table"], *numbers, table["last_day"] or "", "" if age is None else f"{age:,}", *shares)
    return grid


def _windows(report: dict[str, Any]) -> Table:
    grid = _grid("\nWhat a run will find", ("date", "used"), ("people", "with the outcome", "left before its end"))
    for window in report["forecast"]:
        numbers = ["" if window[name] is None else f"{window[name]:,}" for name in ("people", "outcomes", "left")]
        grid.add_row(str(window["as_of"]), USES[window["use"]], *numbers)
    return grid


def _sections(report: dict[str, Any]) -> Iterator[tuple[str, Iterable[str]]]:
    if report["missing"]:
        yield "Missing tables that a run needs", report["missing"]
    if report["refusals"]:
        yield "A run would stop", report["refusals"]
    elif not report["missing"]:
        yield "Nothing here would stop a run.", ()
    if (matched := report["opt_outs_matched"]) is not None:
        yield "Opt-outs", [f"{matched:.0%} of the people in opt_outs were found in the tables and taken out"]
    if report["notices"]:
        yield "Worth knowing", [f"{notice['name']}: {notice['detail']}" for notice in report["notices"]]


def _percent(share: float | None) -> str:
    return "" if share is None else f"{share:.0%}"
