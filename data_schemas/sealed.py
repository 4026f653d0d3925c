"""Receipts in files of their own that say whether anybody changed them: each holds the SHA-256 of its content."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from data_schemas.errors import RunFailed
from data_schemas.receipts import Receipt, dump, load

SEAL = "sha256"
"""The key that holds it, beside those of the receipt."""


class Changed(RunFailed):
    """A file is not as it was written."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"{path}: was changed or damaged after it was written. Delete it and run again: it is fetched from MLflow, or made again"
        )


def digest(content: Any) -> str:
    """SHA-256 of plain data, however it is laid out in a file."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def sealed(receipt: object) -> bytes:
    """A receipt as JSON, with its seal."""
    content = json.loads(dump(receipt))
    return json.dumps({**content, SEAL: digest(content)}, indent=2, ensure_ascii=False).encode() + b"\n"


def opened(kind: type[Receipt], path: Path) -> Receipt:
    """The receipt of a file, which is as it was written; one of release 0.1 has no seal.

    Raises `Changed` for any other, `pydantic.ValidationError` where another release wrote it in another form.
    """
    try:
        content = json.loads(path.read_bytes())
        seal = content.pop(SEAL, None)
    except (ValueError, AttributeError, TypeError):
        raise Changed(path) from None
    if seal is not None and seal != digest(content):
        raise Changed(path)
    return load(kind, json.dumps(content))


def is_whole(path: Path) -> bool:
    """Whether a sealed file is there, as it was written."""
    try:
        opened(dict, path)
    except (OSError, Changed):
        return False
    return True
