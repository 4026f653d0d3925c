"""The base of every section of `site.toml`."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

A_TEXT = "a text, not empty, on one line"
Text = Annotated[str, Field(strict=True, min_length=1, pattern=r"^[^\x00-\x1f\x7f]+$")]


class Section(BaseModel):
    """A section of site.toml."""

    model_config = ConfigDict(extra="forbid", frozen=True)
