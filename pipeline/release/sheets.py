"""The cells of a workbook that people have filled in, read with the standard library: values only, no formulas, no styles."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path
from xml.etree import ElementTree as ET

Row = dict[str, str]
"""Column letters and what stands in the cell, as text; a date is the number that spreadsheets keep for it."""

_SHEET = re.compile(r"xl/worksheets/sheet\d+\.xml")


def sheets(path: Path) -> list[list[Row]]:
    """The filled rows of every sheet of an XLSX file; raises ValueError where the file is none."""
    try:
        with zipfile.ZipFile(path) as book:
            names = book.namelist()
            shared = _shared(book.read("xl/sharedStrings.xml")) if "xl/sharedStrings.xml" in names else []
            return [_rows(book.read(name), shared) for name in sorted(names) if _SHEET.fullmatch(name)]
    except (OSError, zipfile.BadZipFile, ET.ParseError, KeyError, IndexError):
        raise ValueError("no XLSX workbook") from None


def _shared(content: bytes) -> list[str]:
    return [_text(entry) for entry in _parsed(content).iterfind("{*}si")]


def _rows(content: bytes, shared: list[str]) -> list[Row]:
    rows = [
        {_column(cell): value for cell in row.iterfind("{*}c") if (value := _value(cell, shared))}
        for row in _parsed(content).iterfind("{*}sheetData/{*}row")
    ]
    return [row for row in rows if row]


def _parsed(content: bytes) -> ET.Element:
    return ET.fromstring(content)  # noqa: S314 - expat refuses entities that grow; the files are the site's own


def _column(cell: ET.Element) -> str:
    return (cell.get("r") or "").rstrip("0123456789")


def _value(cell: ET.Element, shared: list[str]) -> str:
    if cell.get("t") == "inlineStr":
        return _text(cell)
    value = cell.findtext("{*}v") or ""
    return shared[int(value)] if cell.get("t") == "s" and value else value


def _text(element: ET.Element) -> str:
    """The text of an element, the parts of rich text joined."""
    return "".join(part.text or "" for part in element.iterfind(".//{*}t"))
