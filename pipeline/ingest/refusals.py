"""Finds what stops a run: too many rows rejected, values emptied, or people in no registration."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from data_schemas.receipts import TableReceipt
from data_schemas.tables import REQUIRED, accepted
from pipeline.settings import Run, Settings


def refusals(receipt: TableReceipt, settings: Settings, registrations: TableReceipt | None) -> Iterator[str]:
    """What is wrong with a table as a whole, one sentence each."""
    name, run = receipt.table, settings.run
    if name in REQUIRED and not receipt.rows_read:
        yield f"{name}: its files hold no rows; export the table again"
    if is_refused(receipt, run):
        yield _rejected(receipt, settings)
    yield from _emptied(receipt, settings)
    if receipt.unregistered > run.max_unregistered_rate * receipt.rows_read:
        yield _unregistered(receipt, run, registrations)


def is_refused(receipt: TableReceipt, run: Run) -> bool:
    """Whether too many of a table's rows break a rule."""
    return sum(receipt.rejects.values()) > run.max_reject_rate * receipt.rows_read


def _rejected(receipt: TableReceipt, settings: Settings) -> str:
    name, read_rows, rejected = receipt.table, receipt.rows_read, sum(receipt.rejects.values())
    return (
        f"{name}: {rejected:,} of {read_rows:,} rows ({rejected / read_rows:.1%}) break a rule, more than [run] max_reject_rate "
        f"{settings.run.max_reject_rate:.1%} ({in_words(name, receipt.rejects)}){_two_digits(receipt, settings)}; correct the extract or "
        f"its mapping; a run leaves the rows in store/quarantine/{name}.parquet"
    )


def in_words(table: str, counts: Mapping[str, int]) -> str:
    """`sex.values 200, accepted: 1, 2, 9, 0; …`, the most frequent rule first."""
    ordered = sorted(counts.items(), key=lambda each: (-each[1], each[0]))
    counted = [(f"{rule} {count:,}", accepted(table, rule)) for rule, count in ordered]
    separator = "; " if any(words for _, words in counted) else ", "
    return separator.join(f"{count}, accepted: {words}" if words else count for count, words in counted)


def _two_digits(receipt: TableReceipt, settings: Settings) -> str:
    """A hint if two-digit years are read as future years."""
    date_format = settings.extracts[receipt.table].date_format or ""
    if "%y" not in date_format or not any(rule.startswith("birth_month.") for rule in receipt.rejects):
        return ""
    return ". date_format has years of two digits, and 00 to 68 are read as 2000 to 2068: export years with four digits"


def _emptied(receipt: TableReceipt, settings: Settings) -> Iterator[str]:
    place, limit = _limit(receipt.table, settings)
    columns: dict[str, dict[str, int]] = {}
    for rule, count in receipt.emptied.items():
        columns.setdefault(rule.rpartition(".")[0], {})[rule] = count
    for column, counts in columns.items():
        rows = sum(counts.values())
        if rows > limit * receipt.rows:
            yield (
                f"{receipt.table}: {rows:,} of {receipt.rows:,} values of {column} ({rows / receipt.rows:.1%}) are not accepted and were "
                f"made empty, more than [{place}] max_blank_rate {limit:.1%} ({in_words(receipt.table, counts)}); correct the "
                f"extract{_or_map(receipt.table, column, counts)}"
            )


def _limit(table: str, settings: Settings) -> tuple[str, float]:
    """The section that sets how many values may be made empty, and the limit: the table's own if it has one."""
    own = settings.extracts[table].max_blank_rate
    return ("run", settings.run.max_blank_rate) if own is None else (f"extracts.{table}", own)


def _or_map(table: str, column: str, rules: Iterable[str]) -> str:
    kinds = {rule.rpartition(".")[2] for rule in rules}
    if kinds & {"values", "pattern"}:
        return f', or say values = {{ {column} = {{ "theirs" = "ours" }} }} in [extracts.{table}]'
    return f", or set date_format in [extracts.{table}]" if "unreadable" in kinds else ""


def _unregistered(receipt: TableReceipt, run: Run, registrations: TableReceipt | None) -> str:
    share = receipt.unregistered / receipt.rows_read
    why = "check that the pseudonyms are made in the same way in both extracts"
    if (
        registrations is not None
        and sum(registrations.rejects.values()) > run.max_reject_rate * registrations.rows_read
    ):
        why = "most likely because registrations were rejected: correct those first"
    return (
        f"{receipt.table}: {receipt.unregistered:,} of {receipt.rows_read:,} rows ({share:.1%}) are of people in no registration, more "
        f"than [run] max_unregistered_rate {run.max_unregistered_rate:.1%}; {why}"
    )
