"""Finds what is on each page of a PDF that Chromium printed, from its structure tree."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

OBJECT = re.compile(rb"^(\d+) 0 obj\n(.*?)\nendobj", re.DOTALL | re.MULTILINE)
KIDS = re.compile(rb"/K (?:\[(.*?)\]|(\d+ 0 R)|\d+)", re.DOTALL)


@dataclass(frozen=True)
class Part:
    """An element: its tag in the PDF (`H2`, `Caption`, `TR` …), the page of each of its pieces in order, and its
    content.
    """

    tag: str
    pages: tuple[int, ...]
    parts: tuple[Part, ...]

    def walk(self) -> Iterator[Part]:
        """The element and everything in it, in reading order."""
        yield self
        for part in self.parts:
            yield from part.walk()

    def of(self, tag: str) -> list[Part]:
        return [part for part in self.walk() if part.tag == tag]


def structure(pdf: bytes) -> Part:
    """The whole document."""
    objects = {int(number): body for number, body in OBJECT.findall(pdf)}
    numbers = [number for number, body in objects.items() if re.search(rb"/Type /Page\b", body)]
    pages = {number: place for place, number in enumerate(sorted(numbers), start=1)}
    (root,) = [number for number, body in objects.items() if b"/Type /StructTreeRoot" in body]
    return _part(objects, pages, root)


def _part(objects: dict[int, bytes], pages: dict[int, int], number: int) -> Part:
    body = objects[number]
    tag = re.search(rb"/S /(\w+)", body)
    kids = KIDS.search(body)
    listed = (kids[1] or kids[2] or b"") if kids else b""
    parts = tuple(_part(objects, pages, int(kid)) for kid in re.findall(rb"(\d+) 0 R", _elements_only(listed)))
    own = re.search(rb"/Pg (\d+) 0 R", body)
    here = (pages[int(own[1])],) if own and not parts else ()
    return Part(tag[1].decode() if tag else "", here + tuple(page for part in parts for page in part.pages), parts)


def _elements_only(kids: bytes) -> bytes:
    """Remove pieces of content (dictionaries), which name their page but are not elements."""
    return re.sub(rb"<<.*?>>", b"", kids, flags=re.DOTALL)
