"""However a run fails, nothing from a person's record is in the terminal, in Prefect's or MLflow's database, or in any
page.
"""

from __future__ import annotations

import contextlib
import gzip
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import polars as pl
import pytest
from prefect.settings import PREFECT_API_DATABASE_CONNECTION_URL, PREFECT_API_URL

from data_schemas.errors import NeighbourlyError, RunFailed
from flows.cli import commands
from flows.cli.options import print_error
from flows.guard import guarded

pytestmark = pytest.mark.usefixtures("prefect_harness")
PERSON = "zq7Sentinel"
"""The start of every pseudonym. It represents the content of a record."""
PEOPLE = [f"{PERSON}{n:03}" for n in range(40)]
EVENTS = "".join(f"{person},2025-0{n % 9 + 1}-11,{PERSON}code\n" for n, person in enumerate(PEOPLE))
TABLES = {
    "registrations": "person_id,practice_code,registered_from,registered_to,birth_month,sex\n"
    + "".join(f"{person},A00001,2010-04-01,,1950-02-01,1\n" for person in PEOPLE),
    "admissions": "person_id,admission_date,discharge_date,admission_method\n"
    + "".join(f"{person},2025-0{n % 9 + 1}-01,2025-0{n % 9 + 1}-04,21\n" for n, person in enumerate(PEOPLE)),
    "practices": "practice_code,practice_name,cluster_code\nA00001,Invented A,C1\n",
    "gp_events": f"person_id,event_date,code\n{EVENTS}",
    "opt_outs": f"person_id,kind\n{PEOPLE[0]},type1\n",
}
SITE = """[site]
name = "Invented"
legal_basis = ["gp", "sus"]
data_dir = "extracts"
[run]
as_of = 2025-10-01
max_unmatched_opt_outs = 1
{sections}
[features]
modules = ["site_features"]
[lists]
feedback = "strict"
"""
MODULE = "from pipeline.features.declare import count, years\nstays_1y = count('admission.any', over=years(1), missing=0, means='stays')\n"
RECORD = f"""
from pathlib import Path
import polars as pl
row = Path(__file__).parent.joinpath("extracts/gp_events.csv").read_text()[:99]
assert {PERSON!r} in row
"""
"""The start of a site's own module that handles a record."""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A folder with a small site that works until a test breaks it."""
    (tmp_path / "extracts").mkdir()
    for table, text in TABLES.items():
        (tmp_path / "extracts" / f"{table}.csv").write_text(text)
    sections = "\n".join(f'[extracts.{table}]\npath = "{table}*"' for table in TABLES)
    (tmp_path / "site.toml").write_text(SITE.format(sections=sections))
    (tmp_path / "site_features.py").write_text(MODULE)
    return tmp_path


def replaced(site: Path, name: str, content: bytes | str) -> None:
    path = site / "extracts" / name
    for old in path.parent.glob(f"{name.partition('.')[0]}.*"):
        old.unlink()
    path.write_bytes(content.encode() if isinstance(content, str) else content)


def no_header(site: Path) -> None:
    replaced(site, "gp_events.csv", EVENTS)


def not_utf8(site: Path) -> None:
    replaced(site, "gp_events.csv", TABLES["gp_events"].encode("utf-16"))


def cut_off(site: Path) -> None:
    replaced(site, "gp_events.csv.gz", gzip.compress(TABLES["gp_events"].encode())[:-20])


def quotes(site: Path) -> None:
    replaced(site, "gp_events.csv", TABLES["gp_events"].replace(f"{PERSON}code", f'"{PERSON}code', 1))


def damaged_parquet(site: Path) -> None:
    path = site / "whole.parquet"
    pl.DataFrame(
        {"person_id": PEOPLE * 99, "event_date": ["2025-01-01"] * 3960, "code": [PERSON] * 3960}
    ).write_parquet(path)
    content = bytearray(path.read_bytes())
    content[40:200] = b"\xff" * 160
    replaced(site, "gp_events.parquet", bytes(content))


def bad_dates(site: Path) -> None:
    replaced(site, "gp_events.csv", TABLES["gp_events"].replace("2025-", f"{PERSON}-"))


def bad_method(site: Path) -> None:
    replaced(site, "admissions.csv", TABLES["admissions"].replace(",21\n", f",{PERSON}\n"))


def names_of_people(site: Path) -> None:
    rows = "".join(f"{line},{PERSON} Smith\n" for line in EVENTS.splitlines())
    replaced(site, "gp_events.csv", f"person_id,event_date,code,surname\n{rows}")


def unknown_people(site: Path) -> None:
    replaced(site, "registrations.csv", TABLES["registrations"].replace(PERSON, "somebody"))


def unreadable_opt_outs(site: Path) -> None:
    replaced(site, "opt_outs.csv", f"person_id,kind\n{PEOPLE[0]},{PERSON}\n")


def odd_feedback(site: Path) -> None:
    (site / "feedback").mkdir()
    text = f"person_id,outcome,outcome_date\n{PEOPLE[1]},{PERSON} went fishing,2025-01-01\n"
    (site / "feedback" / "outcomes.csv").write_text(text)


def module_raises(site: Path) -> None:
    (site / "site_features.py").write_text(f"{RECORD}raise ValueError(row)\n")


def module_ends(site: Path) -> None:
    (site / "site_features.py").write_text(f"{RECORD}raise SystemExit(row)\n")


def module_panics(site: Path) -> None:
    (site / "site_features.py").write_text(f"{RECORD}raise pl.exceptions.PanicException(row)\n")


def module_casts(site: Path) -> None:
    (site / "site_features.py").write_text(f"{RECORD}pl.Series([row]).cast(pl.Int64)\n")


def module_wants_a_key(site: Path) -> None:
    (site / "site_features.py").write_text(f"{RECORD}{{}}[row]\n")


FAILURES = [
    no_header, not_utf8, cut_off, quotes, damaged_parquet, bad_dates, bad_method, names_of_people, unknown_people, unreadable_opt_outs,
    odd_feedback, module_raises, module_ends, module_panics, module_casts, module_wants_a_key,
]  # fmt: skip


def run(site: Path) -> NeighbourlyError | None:
    """Run the steps up to the features as the command line does, and return the text that it would print."""
    try:
        guarded(
            "command line",
            lambda: commands.execute(commands.ingest, {"config": str(site / "site.toml"), "out": str(site / "out")}),
        )
    except NeighbourlyError as error:
        print_error(error)
        return error
    return None


def prefects() -> Iterator[Path]:
    """The files of Prefect's database."""
    database = Path(str(PREFECT_API_DATABASE_CONNECTION_URL.value()).partition(":///")[2])
    yield from database.parent.glob(f"{database.name}*")


def shown(site: Path) -> Iterator[Path]:
    """List files that must contain nothing about a person: all except the rows in the owner's store."""
    rows = {".parquet"}
    yield from (path for path in (site / "out").rglob("*") if path.is_file() and path.suffix not in rows)
    yield from prefects()


def found_in(site: Path, said: str) -> list[str]:
    """List places that contain the sentinel but must not."""
    files = [path.name for path in shown(site) if PERSON.encode() in path.read_bytes()]
    return [*files, *(["the terminal"] if PERSON in said else [])]


@pytest.mark.parametrize("fails", FAILURES, ids=lambda work: work.__name__)
def test_nothing_of_a_record_is_shown_when(
    fails: Callable[[Path], None], site: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    fails(site)
    assert run(site) is not None
    printed = capfd.readouterr()
    assert found_in(site, printed.out + printed.err) == []
    assert printed.err.strip()


def test_nor_when_the_disk_is_full(site: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with no_room(2_000):
        assert isinstance(run(site), RunFailed)
    printed = capfd.readouterr()
    assert "file too large" in printed.err
    assert found_in(site, printed.out + printed.err) == []


@contextlib.contextmanager
def no_room(most: int) -> Iterator[None]:
    """Limit the size of files of this process to `most` bytes."""
    resource = pytest.importorskip("resource", reason="there are no limits on files here: a full disk cannot be tried")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)


def test_nor_when_a_task_is_killed_with_a_record_in_its_hands(site: Path) -> None:
    (site / "site_features.py").write_text(
        f"{RECORD}import os, signal\nprint(end='')\nos.kill(os.getpid(), signal.SIGKILL)\n"
    )
    program = "import sys; from flows.cli import main; main()"
    killed = subprocess.run(
        [sys.executable, "-c", program, "ingest", "--config", str(site / "site.toml"), "--out", str(site / "out")],
        env={**os.environ, "PREFECT_API_URL": str(PREFECT_API_URL.value())}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert killed.returncode == -signal.SIGKILL
    assert found_in(site, killed.stdout + killed.stderr) == []


def test_the_site_runs_when_nothing_is_wrong_and_the_sentinel_would_be_found(
    site: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Without this check, the tests above would pass whatever was shown."""
    assert run(site) is None
    printed = capfd.readouterr()
    assert found_in(site, printed.out + printed.err) == []
    assert (
        any(PERSON.encode() in path.read_bytes() for path in (site / "out").rglob("people.parquet"))
        or list(pl.read_parquet(site / "out" / "store" / "people.parquet")["person_id"]) == PEOPLE[1:]
    )
    (site / "out" / "report.json").write_text(PEOPLE[3])
    assert found_in(site, PEOPLE[4]) == ["report.json", "the terminal"]
