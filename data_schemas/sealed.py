"""Receipts in files that show whether anybody changed them. Each file holds the SHA-256 of its content."""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

from data_schemas.errors import RunFailed
from data_schemas.receipts import Receipt, dump, load

SEAL = "sha256"
"""The key of the hash, next to the keys of the receipt."""


class Changed(RunFailed):
    """A file is not as it was written."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"{path}: was changed or damaged after it was written. Delete it and run again: it is fetched from "
            "MLflow or made again"
        )


def digest(content: Any) -> str:
    """SHA-256 of plain data, whatever its layout in a file."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def sealed(receipt: object) -> bytes:
    """A receipt as JSON with its hash."""
    content = json.loads(dump(receipt))
    return json.dumps({**content, SEAL: digest(content)}, indent=2, ensure_ascii=False).encode() + b"\n"


def opened(kind: type[Receipt], path: Path) -> Receipt:
    """Open the receipt in a file that has not changed since it was written. Receipts of release 0.1 have no hash.

    Everybody who opens the same content gets the same receipt, so nobody may change its lists. Raises `Changed` if it
    has changed, `pydantic.ValidationError` if another release wrote it in another form.
    """
    return cast("Receipt", _opened(cast("Any", kind), path, path.read_bytes()))


@lru_cache(maxsize=8)  # to check and read a model's description takes a tenth of a second
def _opened(kind: type[Any], path: Path, written: bytes) -> Any:
    try:
        content = json.loads(written)
        seal = content.pop(SEAL, None)
    except (ValueError, AttributeError, TypeError):
        raise Changed(path) from None
    if seal is not None and seal != digest(content):
        raise Changed(path)
    return load(kind, json.dumps(content))


def is_whole(path: Path) -> bool:
    """Whether a sealed file exists and is unchanged."""
    try:
        opened(dict, path)
    except (OSError, Changed):
        return False
    return True
