"""How much memory this process uses, and the memory limit from site.toml."""

from __future__ import annotations

import re

PATTERN = r"^\d+(\.\d+)? ?[MG]B$"
UNITS = {"M": 1_000_000, "G": 1_000_000_000}


def in_bytes(limit: str | None) -> int | None:
    """The number of bytes in `6 GB` or `500 MB`; None if no limit is set."""
    if limit is None:
        return None
    number, unit = re.match(r"([\d.]+) ?([MG])B", limit).groups()  # type: ignore[union-attr] # PATTERN was checked
    return int(float(number) * UNITS[unit])


def taken() -> int:
    """Bytes of memory that this process uses."""
    import psutil

    return int(psutil.Process().memory_info().rss)
