"""Shows progress at a terminal while a run works: one line per step, written when the step is done."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console

if TYPE_CHECKING:
    from flows.tasks import Measured

console = Console(stderr=True, highlight=False)
"""Progress goes to standard error, so that `--json` on standard output stays clean."""
WORDS = {
    "ingest": "Reading and validating the extracts",
    "codes": "Comparing codes with the code lists",
    "event log": "Building the event log",
    "snapshot": "Features and outcomes at",
    "snapshots": "Counting events as",
    "train": "Training, choosing and judging models",
    "champion": "Fetching the champion",
    "recalibrate": "Setting the risks right in total",
    "score": "Scoring everyone",
    "explain": "Working out the reasons",
    "publish": "Writing the lists",
}


def done(step: str) -> None:
    """Report that something is done. Text is folded at words on a terminal, but paths are not, so that they can be
    copied.
    """
    console.print(f"  [green]✓[/] {step}", soft_wrap="/" in step or not console.is_terminal)


@contextmanager
def working(name: str, record: Measured) -> Iterator[Callable[[str], None]]:
    """Show a step while it works, then its time and memory. Yields a function that shows which part is in progress."""
    text = _words(name)
    with looking(text) as progress:
        yield progress
    took = "as before" if record.reused else f"{record.seconds:.1f} s"
    console.print(f"  [green]✓[/] {text}  [dim]{took}[/]")
    if record.made_again:
        console.print(f"    [yellow]made again: not as it was left:[/] {', '.join(record.made_again)}", soft_wrap=True)


@contextmanager
def looking(text: str) -> Iterator[Callable[[str], None]]:
    """Show that something is in progress. Yields a function that shows which part."""
    with console.status(f"{text} …") as status:
        yield lambda part: status.update(f"{text}: {part} …")


def _words(name: str) -> str:
    first, _, rest = name.partition(" ")
    return WORDS.get(name) or f"{WORDS.get(first, first)} {rest}".strip()
