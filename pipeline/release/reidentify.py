"""Joins a released list to the practice's own key file, only at the practice and on its own computer.

The key file is CSV, one row per registered patient. It holds either the pseudonym (`person_id`) or the NHS number. With
NHS numbers, the practice gives the secret that makes pseudonyms: a keyed HMAC-SHA256, or OpenPseudonymiser's SHA-256 of
the value followed by a salt.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import polars as pl

from data_schemas import disk
from data_schemas.disk import read_csv, read_parquet
from data_schemas.errors import ConfigurationError, DataRefused
from data_schemas.pseudonyms import folded_where_hexadecimal
from pipeline.release import audit

Method = Literal["hmac", "openpseudonymiser"]
NHS_NUMBER = "nhs_number"
REIDENTIFIED = "reidentified"


@dataclass(frozen=True)
class Reidentified:
    """A list with identities, and how many rows were not shown."""

    rows: pl.DataFrame
    """The key file's columns first, then the list's."""
    unknown: int
    """Number of rows refused because the key file does not have their pseudonym."""
    elsewhere: int
    """Number of rows of other practices, which are not looked up."""


def reidentify(
    released: Path,
    key: Path,
    *,
    who: str,
    why: str,
    log: Path,
    practice: str | None = None,
    secret: bytes | None = None,
    method: Method = "hmac",
    fields: Sequence[str] = (NHS_NUMBER,),
) -> Reidentified:
    """Join a list (CSV or Parquet) to the practice's key file. Who, why and counts are in the log before this returns.

    `practice` limits the list to one practice. If it is left out, the key file's `practice_code` does so, if it has
    one. `fields` are the columns that OpenPseudonymiser was given. Raises ConfigurationError if something is not given,
    DataRefused if a file cannot be used.
    """
    _check_answers(who=who, why=why)
    listed, register = _read(released), _read(key)
    _has(listed, released, ["person_id"])
    keyed = register if "person_id" in register.columns else _pseudonymised(register, key, secret, method, fields)
    own = _own_practice(register, key, practice)
    mine = listed.filter(pl.col("practice_code") == own) if own and "practice_code" in listed.columns else listed
    joined = _joined(mine, _patients_of(keyed, own), key)
    elsewhere, unknown = listed.height - mine.height, mine.height - joined.height
    facts = {
        "list": disk.sha256(released),
        "practice": own or "",
        "shown": joined.height,
        "unknown": unknown,
        "elsewhere": elsewhere,
    }
    audit.append(log, REIDENTIFIED, who=who.strip(), why=why.strip(), **facts)
    return Reidentified(joined, unknown, elsewhere)


def together(parts: Sequence[Reidentified]) -> Reidentified:
    """Join several lists of one cluster into one, in the given order."""
    rows = pl.concat([each.rows for each in parts], how="diagonal_relaxed")
    return Reidentified(rows, sum(each.unknown for each in parts), sum(each.elsewhere for each in parts))


def read_secret(path: Path) -> bytes:
    """The secret or salt in a file: its bytes without trailing line ends, which editors add."""
    try:
        return path.read_bytes().rstrip(b"\r\n")
    except OSError:
        raise ConfigurationError(
            f"{path}: cannot be read; give the file with the secret or salt with --secret"
        ) from None


def pseudonym(number: str, secret: bytes) -> str:
    """HMAC-SHA256 of an NHS number with the practice's secret, in hexadecimal. Spaces in the number are ignored."""
    return hmac.new(secret, "".join(number.split()).encode(), hashlib.sha256).hexdigest()


def open_pseudonym(values: dict[str, str], salt: bytes) -> str:
    """OpenPseudonymiser's digest: values in the order of their names, without spaces, then the salt; SHA-256 in
    hexadecimal."""
    text = "".join("".join(values[name].split()) for name in sorted(values))
    return hashlib.sha256(text.encode() + salt).hexdigest()


def _check_answers(*, who: str, why: str) -> None:
    answers = (("--as", who, "who looks"), ("--reason", why, "why"))
    missing = [f"{option} is empty; say {what}" for option, value, what in answers if not value.strip()]
    if missing:
        raise ConfigurationError(missing)


def _read(path: Path) -> pl.DataFrame:
    try:
        return read_parquet(path) if path.suffix == ".parquet" else read_csv(path, infer_schema=False)
    except (OSError, pl.exceptions.PolarsError):
        raise DataRefused(f"{path.name}: cannot be read; give a CSV or Parquet file") from None


def _has(table: pl.DataFrame, path: Path, columns: Sequence[str]) -> None:
    lacking = [name for name in columns if name not in table.columns]
    if lacking:
        # The first line is not shown, because in a file without headings it is a patient.
        raise DataRefused(
            f"{path.name}: has no column {', '.join(lacking)}; give a file with headings in its first line"
        )


def _pseudonymised(
    register: pl.DataFrame, path: Path, secret: bytes | None, method: Method, fields: Sequence[str]
) -> pl.DataFrame:
    """Add `person_id` to the register, worked out from the identity and the secret."""
    if not secret:
        raise ConfigurationError(
            f"{path.name}: has no person_id, so the secret that makes the pseudonyms is needed; give --secret FILE"
        )
    _has(register, path, [NHS_NUMBER] if method == "hmac" else list(fields))
    rows = register.select(
        pl.col(*(fields if method == "openpseudonymiser" else [NHS_NUMBER])).fill_null("")
    ).iter_rows(named=True)
    made = [
        open_pseudonym(row, secret) if method == "openpseudonymiser" else pseudonym(row[NHS_NUMBER], secret)
        for row in rows
    ]
    return register.with_columns(pl.Series("person_id", made, dtype=pl.String))


def _own_practice(register: pl.DataFrame, path: Path, named: str | None) -> str | None:
    """The practice that the key file belongs to. If there are several, the named one."""
    if "practice_code" not in register.columns:
        return named
    codes = register["practice_code"].drop_nulls().unique().to_list()
    if named and named not in codes:
        raise DataRefused(f"{path.name}: has no patient of practice {named}; give that practice's own key file")
    if named:
        return named
    if len(codes) != 1:
        raise DataRefused(
            f"{path.name}: has {len(codes)} practices; a key file holds the patients of one, or name it with --practice"
        )
    return str(codes[0])


def _patients_of(keyed: pl.DataFrame, own: str | None) -> pl.DataFrame:
    """The rows of the register that belong to the practice."""
    if own is None or "practice_code" not in keyed.columns:
        return keyed
    return keyed.filter(pl.col("practice_code").fill_null(own) == own)


def _joined(mine: pl.DataFrame, keyed: pl.DataFrame, path: Path) -> pl.DataFrame:
    """The rows of the list whose pseudonyms are in the register. Upper and lower case are the same in hexadecimal
    pseudonyms.
    """
    plain = pl.col("person_id").str.replace(r"^'([=+\-@])", "$1")  # as `tabular.csv` makes cells safe
    compared = folded_where_hexadecimal(plain)
    register = keyed.with_columns(_key=compared).drop("person_id", "practice_code", strict=False)
    if register["_key"].is_duplicated().any():
        raise DataRefused(f"{path.name}: a pseudonym is in more than one row; a key file has one row per patient")
    rows = mine.with_columns(_key=compared).join(
        register, on="_key", how="inner", suffix=" (practice)", maintain_order="left"
    )
    identity = [name for name in rows.columns if name not in mine.columns and name != "_key"]
    return rows.select(*identity, *mine.columns)
