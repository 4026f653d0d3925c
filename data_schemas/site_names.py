"""A site's name where only small letters, digits and dashes may stand."""

from __future__ import annotations

import re


def slug(site: str) -> str:
    """`Wigan & Leigh` → `wigan-leigh`: in names of registered models, deployments and artifacts."""
    return re.sub(r"[^a-z0-9]+", "-", site.lower()).strip("-") or "site"
