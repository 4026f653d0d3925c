"""What the results of steps depend on, as hashes of files, and whether what a receipt points to is still there."""

from __future__ import annotations

from pathlib import Path

from data_schemas.disk import sha256
from data_schemas.receipts import EventLog, IngestReceipt, Snapshot
from pipeline.settings import Settings


def content(settings: Settings) -> dict[str, str]:
    """SHA-256 of every extract file."""
    files = {file for extract in settings.extracts.values() for file in extract.files}
    return {str(path): sha256(path) for path in sorted(files)}


def declared(settings: Settings) -> dict[str, str]:
    """SHA-256 of the site's own feature modules and code lists."""
    own = [settings.folder / f"{module.replace('.', '/')}.py" for module in settings.features.modules]
    return {str(path): sha256(path) for path in (*own, *settings.features.codelists) if path.exists()}


def intact(receipt: object) -> bool:
    """Whether what a cached receipt points to is still there."""
    match receipt:
        case IngestReceipt():
            return all(Path(p).exists() for p in (receipt.people_path, *(t.path for t in receipt.tables.values())))
        case EventLog():
            return (
                Path(receipt.concepts_path).exists()
                and len(list(Path(receipt.path).glob("*.parquet"))) == receipt.buckets
            )
        case Snapshot():
            return (receipt.folder / "snapshot.json").exists()
    return True
