"""Makes HTML pages from the templates in this folder. They are self-contained and make no web requests."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from pipeline import words

if TYPE_CHECKING:
    import jinja2


UNRELEASED = "A draft: nobody has released this page yet."
"""The note on a page that goes with a list, until it is delivered."""


def render(template: str, **content: Any) -> bytes:
    """Fill in a template. Every value is escaped."""
    return _templates().get_template(template).render(**content).encode()


@cache
def _templates() -> jinja2.Environment:
    import jinja2

    loader = jinja2.PackageLoader("pipeline", "templates")
    made = jinja2.Environment(
        loader=loader, autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    made.filters["percent"] = words.percent
    made.globals["unreleased"] = UNRELEASED
    return made
