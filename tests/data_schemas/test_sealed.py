"""A change to a sealed file is always found."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from data_schemas.receipts import Notice
from data_schemas.sealed import Changed, is_whole, opened, sealed


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "evaluation.json"
    path.write_bytes(sealed(Notice("drift", "0.71 → 0.62, é")))
    return path


def test_it_comes_back_as_it_was(path: Path) -> None:
    assert opened(Notice, path) == Notice("drift", "0.71 → 0.62, é")
    assert is_whole(path)


def test_how_it_is_laid_out_does_not_matter(path: Path) -> None:
    path.write_text("".join(line.strip() for line in path.read_text(encoding="utf-8").splitlines()), encoding="utf-8")
    assert is_whole(path)


def test_it_is_read_once_and_an_edit_is_found_afterwards(path: Path) -> None:
    first = opened(Notice, path)
    assert opened(Notice, path) is first
    path.write_bytes(sealed(Notice("drift", "another")))
    assert opened(Notice, path) == Notice("drift", "another")
    path.write_text(path.read_text(encoding="utf-8").replace("another", "none"), encoding="utf-8")
    with pytest.raises(Changed):
        opened(Notice, path)


SPOILT: list[Callable[[str], str]] = [
    lambda text: text.replace("0.62", "0.70"),
    lambda text: text.replace("drift", "none"),
    lambda text: text[:20],
    lambda _: "",
    lambda _: "[]",
]


@pytest.mark.parametrize("spoil", SPOILT)
def test_an_edit_is_found(path: Path, spoil: Callable[[str], str]) -> None:
    path.write_text(spoil(path.read_text(encoding="utf-8")), encoding="utf-8")
    assert not is_whole(path)
    with pytest.raises(Changed, match=r"evaluation.json: was changed or damaged"):
        opened(Notice, path)


def test_one_of_release_0_1_has_no_seal(path: Path) -> None:
    path.write_text('{"name": "drift", "detail": "0.7"}')
    assert opened(Notice, path) == Notice("drift", "0.7")
