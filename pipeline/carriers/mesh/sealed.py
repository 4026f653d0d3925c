"""Makes the content of a message: the list's files in one archive that only the cluster can open."""

from __future__ import annotations

import hashlib
import io
import zipfile

from data_schemas.errors import ConfigurationError

EXTRA = "carrier = \"mesh\" needs two packages more; install them with: pip install 'neighbourly[mesh]'"


def sealed(content: dict[str, bytes], key: str) -> bytes:
    """A zip archive of the files, encrypted to an age public key (age-encryption.org/v1). No two encryptions are the
    same.
    """
    try:
        import pyrage
    except ImportError:
        raise ConfigurationError(EXTRA) from None
    try:
        recipient = pyrage.x25519.Recipient.from_str(key)
    except pyrage.RecipientError:
        raise ConfigurationError(
            "delivery.clusters: a key is not an age public key; ask the cluster for it again"
        ) from None
    return bytes(pyrage.encrypt(_archive(content), [recipient]))


def _archive(content: dict[str, bytes]) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in sorted(content.items()):
            archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
    return held.getvalue()


def identity(*facts: object, content: dict[str, bytes]) -> str:
    """A local id for MESH. The same files, occasion and mailboxes give the same id."""
    hashes = [(name, hashlib.sha256(data).hexdigest()) for name, data in sorted(content.items())]
    return f"NBLY-{hashlib.sha256(repr((facts, hashes)).encode()).hexdigest()[:32]}"
