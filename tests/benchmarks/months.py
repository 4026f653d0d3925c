"""Several sites on one server through some months, time compressed: `python -m tests.benchmarks.months --sites 10
--months 3`.

One PostgreSQL cluster, one Prefect and one MLflow server, one worker. Each site has its own extracts, output folder and
deployments. A month lasts as long as `--month-seconds`; at its start every site's refresh is due. A named person
approves and releases what each run prepared. Prints a line per month, and the table that docs/reference/benchmarks.md
has."""

from __future__ import annotations

import argparse
import datetime as dt
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil

from flows import sites
from flows.environment import answers, free_port
from tests.postgres import cluster

PROGRAM = str(Path(sys.executable).with_name("neighbourly"))
FIRST = dt.date(2026, 2, 1)
LEAD = "A. Lead"


@dataclass(frozen=True)
class Month:
    """Results of one month, over all sites."""

    as_of: dt.date
    runs: int
    late: int
    """Number of runs that started after the next month had begun."""
    failed: int
    released: int
    disk: int
    memory: int
    seconds: float

    def __str__(self) -> str:
        return (
            f"| {self.as_of} | {self.runs} | {self.late} | {self.failed} | {self.released} | {self.disk / 1e6:.0f} MB | "
            f"{self.memory / 1e6:.0f} MB | {self.seconds:.0f} s |"
        )


HEAD = (
    "| as-of date | runs | late | failed | lists released | output folders | servers' memory | time |\n"
    + "| --- " * 8
    + "|"
)


def made(folder: Path, number: int, people: int) -> Path:
    """Make a site's configuration with its own extracts."""
    from pipeline.synthetic import generate

    place = folder / f"site-{number:02d}"
    generate(people, number, place)
    config = place / "site.toml"
    text = config.read_text(encoding="utf-8")
    name = text.split('name = "')[1].split('"')[0]
    text = text.replace(f'name = "{name}"', f'name = "Site {number:02d}"', 1)
    text = re.sub(
        r"^(as_of|train_as_of|test_as_of) .*\n", "", text, flags=re.MULTILINE
    )  # worked out from each month's own date
    config.write_text(text.replace("[run]\n", "[run]\nminimum_events = 20\n", 1), encoding="utf-8")
    return config


@contextmanager
def program(*arguments: str, log: Path) -> Iterator[psutil.Process]:
    """Run one of our commands as a process next to this one."""
    with log.open("wb") as said, subprocess.Popen([PROGRAM, *arguments], stdout=said, stderr=said) as process:
        try:
            yield psutil.Process(process.pid)
        finally:
            process.terminate()


@contextmanager
def running(folder: Path) -> Iterator[psutil.Process]:
    """Start the servers on PostgreSQL."""
    (folder / "access.toml").write_text(f'[access]\napprovers = ["{LEAD}"]\n', encoding="utf-8")
    with cluster() as databases:
        os.environ |= {
            "PREFECT_HOME": str(folder / "prefect"),
            "PREFECT_SERVER_DATABASE_CONNECTION_URL": databases.made("prefect", "postgresql+asyncpg"),
            "MLFLOW_BACKEND_STORE_URI": databases.made("mlflow", "postgresql"),
        }
        ports = ["--prefect-port", str(free_port()), "--mlflow-port", str(free_port())]
        arguments = [
            "serve",
            "--only-servers",
            "--config",
            str(folder / "access.toml"),
            "--out",
            str(folder / "server"),
            *ports,
        ]
        with program(*arguments, log=folder / "servers.log") as servers:
            while not (folder / "server" / sites.PLACES).exists() or not answers(f"http://127.0.0.1:{ports[3]}/health"):
                assert servers.is_running(), (folder / "servers.log").read_text()
                time.sleep(1)
            yield servers


def due(deployments: list[str], as_of: dt.date, at: dt.datetime) -> list[str]:
    """Schedule the refresh of every site for a time. Returns the ids."""
    from prefect.client.orchestration import get_client
    from prefect.states import Scheduled

    with get_client(sync_client=True) as client:
        return [
            str(
                client.create_flow_run_from_deployment(
                    client.read_deployment_by_name(name).id,
                    state=Scheduled(scheduled_time=at),
                    parameters={"parameters": {"as_of": str(as_of)}},
                ).id
            )
            for name in deployments
        ]


def ended(runs: list[str]) -> list[object]:
    """Wait for flow runs to end."""
    from prefect.client.orchestration import get_client

    while True:
        with get_client(sync_client=True) as client:
            found = [client.read_flow_run(run) for run in runs]
        if all(each.state and each.state.is_final() for each in found):
            return found
        time.sleep(3)


def approved(out: Path, as_of: dt.date) -> int:
    """Approve what a run prepared, accept its alarms, and deliver it. Returns the number of clusters."""
    from flows.deliver import deliver
    from pipeline.release import approve

    if not (out / str(as_of) / "manifest.json").exists():
        return 0
    seen = approve.summary(out, as_of)
    approve.approve(out, as_of, who=LEAD, why="Looked at in the benchmark", accept=seen.alarms)
    deliver(out, as_of, None, LEAD)
    return len(seen.listed)


def size(folders: list[Path]) -> int:
    return sum(path.stat().st_size for folder in folders for path in folder.rglob("*") if path.is_file())


def memory(servers: psutil.Process) -> int:
    return sum(each.memory_info().rss for each in (servers, *servers.children(recursive=True)))


def month(number: int, deployments: list[str], outs: list[Path], servers: psutil.Process, lasts: float) -> Month:
    """Run one simulated month, from its refreshes to its releases."""
    as_of, begun = dt.date(FIRST.year, FIRST.month + number, 1), dt.datetime.now(dt.UTC)
    runs = ended(due(deployments, as_of, begun))
    released = sum(approved(out, as_of) for out in outs)
    took = (dt.datetime.now(dt.UTC) - begun).total_seconds()
    late = sum((run.start_time is None) or (run.start_time - begun).total_seconds() > lasts for run in runs)  # type: ignore[attr-defined]
    broken = [run.state.message for run in runs if not run.state.is_completed()]  # type: ignore[attr-defined]
    sys.stderr.writelines(f"{message}\n" for message in broken)
    time.sleep(max(0.0, lasts - took))
    return Month(as_of, len(runs), late, len(broken), released, size(outs), memory(servers), took)


def main() -> None:
    """Run it and print the table."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--sites", type=int, default=10)
    asked.add_argument("--months", type=int, default=3)
    asked.add_argument("--people", type=int, default=250)
    asked.add_argument("--month-seconds", type=float, default=600)
    asked.add_argument("--at-once", type=int, default=2)
    asked.add_argument("--folder", type=Path, help="an empty folder that stays; left out: one that goes")
    options = asked.parse_args()
    with ExitStack() as stack:
        folder = options.folder or Path(stack.enter_context(TemporaryDirectory()))
        configs = [made(folder, number, options.people) for number in range(1, options.sites + 1)]
        outs = [config.parent / "out" for config in configs]
        servers = stack.enter_context(running(folder))
        named = [
            sites.deploy(config, out, folder / "server", "pool") for config, out in zip(configs, outs, strict=True)
        ]
        refreshes = [name for names in named for name in names if name.startswith("refresh/")]
        arguments = ["worker", "--server", str(folder / "server"), "--pool", "pool", "--limit", str(options.at_once)]
        stack.enter_context(program(*arguments, log=folder / "worker.log"))
        print(HEAD, flush=True)  # noqa: T201
        for number in range(options.months):
            print(month(number, refreshes, outs, servers, options.month_seconds), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
