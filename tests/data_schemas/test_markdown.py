"""Lines of prose are wrapped, and lines whose layout matters are unchanged."""

from __future__ import annotations

from data_schemas.markdown import WIDEST, grid, wrapped

LONG = "word " * 40


def test_prose_and_items_are_wrapped_under_their_mark() -> None:
    first, second = wrapped(LONG.strip()).split("\n")
    assert max(len(first), len(second)) <= WIDEST
    assert f"{first} {second}" == LONG.strip()
    _, second = wrapped(f"- {LONG.strip()}").split("\n")
    assert second.startswith("  word")


def test_tables_headings_and_code_stay() -> None:
    page = f"# {LONG}\n| {LONG} |\n```\n{LONG}\n```\n"
    assert wrapped(page) == page


def test_a_cell_may_hold_a_bar_and_a_line_break() -> None:
    assert grid(("a", "b"), [("x|y", "1\n2")]) == "| a | b |\n| --- | --- |\n| x\\|y | 1 2 |\n"
