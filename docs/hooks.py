"""What MkDocs builds in addition to the Markdown pages: commands and settings from the code, and pictures of diagrams.

GitHub draws Mermaid itself. The site shows pictures drawn beforehand (`python docs/diagrams.py`), so that
readers need no other host.
"""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files

DOCS = Path(__file__).parent
DIAGRAMS = DOCS / "assets" / "diagrams"
MERMAID = re.compile(r"```mermaid\n(.*?)```", re.DOTALL)
TITLE = re.compile(r"^\s*accTitle: (.+)$", re.MULTILINE)


def on_files(files: Files, config: Any) -> Files:
    """Add the generated pages."""
    files.append(File.generated(config, "reference/commands.md", content=commands()))
    files.append(File.generated(config, "reference/settings.md", content=settings()))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Replace each Mermaid diagram by its picture."""
    return MERMAID.sub(lambda found: _picture(found[1], page.file.src_uri), markdown)


def drawn(source: str) -> Path:
    """Where the picture of a diagram is: its name is a hash of the source."""
    return DIAGRAMS / f"{hashlib.sha256(source.encode()).hexdigest()[:12]}.svg"


def _picture(source: str, page: str) -> str:
    path, title = drawn(source), TITLE.search(source)
    if not path.exists() or title is None:
        raise PluginError(f"{page}: a Mermaid diagram has no picture or no accTitle; run: python docs/diagrams.py")
    where = os.path.relpath(path, DOCS / Path(page).parent)
    return f'![{title[1]}]({where}){{ style="max-height: 28rem" }}'


def commands() -> str:
    """Every command with its options, as `--help` shows them."""
    program = [
        sys.executable,
        "-m",
        "typer",
        "flows.cli",
        "utils",
        "docs",
        "--name",
        "neighbourly",
        "--title",
        "Commands",
    ]
    page = subprocess.run(program, cwd=DOCS.parent, capture_output=True, text=True, check=True).stdout  # noqa: S603 - our own
    title, _, rest = page.partition("\n")
    return f"{title}\n\nWritten from the code when this site is built; `neighbourly COMMAND --help` shows the same.\n{rest}"


def settings() -> str:
    """Every key of `site.toml`: default and what is accepted."""
    return "\n".join(_settings())


def _settings() -> Iterator[str]:
    from pipeline import carriers
    from pipeline.settings import access, sections

    yield "# Settings: `site.toml`\n\nWritten from the code when this site is built. The names of the tables and what"
    yield "they contain are in the [data dictionary](data-dictionary.md).\n"
    for model in (m for m in vars(sections).values() if isinstance(m, type) and issubclass(m, sections.Section)):
        if model is not sections.Section:
            yield from _section(model)
    yield from _section(access.Access)
    for name in carriers.known():
        yield from _section(carriers.options(name))


def _section(model: Any) -> Iterator[str]:
    heading, _, means = (model.__doc__ or "").strip().partition(": ")
    yield f"## {heading}\n\n{means[:1].upper()}{means[1:]}\n\n| key | accepted | if left out |\n| --- | --- | --- |"
    for name, field in model.model_fields.items():
        default = "required" if field.is_required() else "not set" if field.default is None else f"`{field.default!r}`"
        yield f"| `{name}` | {(field.description or '').replace('|', ' or ')} | {default} |"
    yield ""
