"""How much memory this process takes, and a limit as site.toml writes it."""

from __future__ import annotations

import re

PATTERN = r"^\d+(\.\d+)? ?[MG]B$"
UNITS = {"M": 1_000_000, "G": 1_000_000_000}


def in_bytes(limit: str | None) -> int | None:
    """The number of bytes in `6 GB` or `500 MB`; None if there is no limit."""
    if limit is None:
        return None
    number, unit = re.match(r"([\d.]+) ?([MG])B", limit).groups()  # type: ignore[union-attr] # PATTERN was checked
    return int(float(number) * UNITS[unit])


def taken() -> int:
    """Bytes of memory of this process."""
    import psutil

    return int(psutil.Process().memory_info().rss)
