"""A site's name where only lower-case letters, digits and dashes are allowed."""

from __future__ import annotations

import re


def slug(site: str) -> str:
    """`Wigan & Leigh` → `wigan-leigh`, for the names of registered models, deployments and artifacts."""
    return re.sub(r"[^a-z0-9]+", "-", site.lower()).strip("-") or "site"
