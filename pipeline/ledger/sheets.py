"""Reads the filled-in rows of workbooks and CSV files: only values, with the sheet and row of each."""

from __future__ import annotations

import csv
import datetime as dt
import io
import warnings
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

LARGEST_BYTES = 60_000_000
"""The largest workbook that is read, unpacked. Real ones are never larger."""
MOST_ROWS = 200_000
MOST_COLUMNS = 200


@dataclass(frozen=True)
class Line:
    """A row that is not empty."""

    sheet: str
    """Empty in a CSV file."""
    number: int
    """The row number in the spreadsheet, from 1."""
    cells: tuple[str, ...]


def lines(path: Path) -> list[Line]:
    """Every row of a CSV file or workbook that is not empty. Raises ValueError with advice if the file is neither, or
    is too large.
    """
    return list(_of_csv(path) if path.suffix.lower() == ".csv" else _of_workbook(path))


def _of_csv(path: Path) -> Iterator[Line]:
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise ValueError("is larger than any list; give a CSV file of outcomes")
        for number, cells in enumerate(
            csv.reader(io.StringIO(_decoded(path.read_bytes()), newline=""), strict=True), start=1
        ):
            if any(cell.strip() for cell in cells):
                yield Line("", number, tuple(cell.strip() for cell in cells))
    except (OSError, UnicodeDecodeError, csv.Error):
        raise ValueError("cannot be read; save it as CSV (UTF-8) or .xlsx") from None


def _decoded(content: bytes) -> str:
    """Decode UTF-8, or the encoding in which spreadsheets on Windows save CSV."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252")


def _of_workbook(path: Path) -> Iterator[Line]:
    import openpyxl

    try:
        with zipfile.ZipFile(path) as packed:
            unpacked = sum(part.file_size for part in packed.infolist())
        if unpacked > LARGEST_BYTES:
            raise ValueError("unpacks to more than any list; give the list's own workbook")  # noqa: TRY301
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # drop-downs that openpyxl does not keep and that are not needed here
            book = openpyxl.load_workbook(path, read_only=True, data_only=True)
            try:
                for sheet in book.worksheets:
                    yield from _of_sheet(sheet.title, sheet.iter_rows(max_col=MOST_COLUMNS, values_only=True))
            finally:
                book.close()
    except ValueError as error:
        raise ValueError(str(error) if "than any list" in str(error) else _UNREADABLE) from None
    except Exception:  # noqa: BLE001 - a damaged workbook fails in any way; the message may quote a cell
        raise ValueError(_UNREADABLE) from None


_UNREADABLE = "cannot be read as a workbook; open it, save it as .xlsx and put it back"


def _of_sheet(title: str, rows: Iterator[tuple[object, ...]]) -> Iterator[Line]:
    for number, row in enumerate(rows, start=1):
        if number > MOST_ROWS:
            raise ValueError("has more rows than any list; give the list's own workbook")
        cells = tuple(_text(cell) for cell in row)
        if any(cells):
            yield Line(title, number, cells)


def _text(cell: object) -> str:
    if isinstance(cell, dt.datetime):
        return cell.date().isoformat()
    return "" if cell is None else str(cell).strip()
