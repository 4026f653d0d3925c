"""Runs steps as Prefect tasks: cached by receipts, retried when that can help, measured, and without data about people
in messages."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

from prefect import task
from prefect.serializers import JSONSerializer

from data_schemas import coding, receipts
from data_schemas.errors import NeighbourlyError, RunFailed
from data_schemas.memory import give_back
from data_schemas.sealed import SEAL, digest
from flows.guard import guarded
from flows.seals import Sealed, damaged, discard, opened, seal
from flows.version import code_version

Result = TypeVar("Result")
RETRY_SECONDS = 2
"""Time before a step that failed is tried again."""
RECEIPTS = JSONSerializer(object_encoder="flows.tasks.encode", object_decoder="flows.tasks.decode")


def encode(sealed: object) -> dict[str, Any]:
    """JSON form of a sealed receipt, with the name of its class. Anything that is not a receipt must not be stored."""
    if not isinstance(sealed, Sealed) or not dataclasses.is_dataclass(sealed.receipt):
        raise TypeError(f"{type(sealed).__name__} is not a receipt and does not travel between tasks")
    content = json.loads(receipts.dump(sealed.receipt))
    content_of = {"receipt": type(sealed.receipt).__name__, "content": content, "files": sealed.files}
    return {**content_of, SEAL: digest(content_of)}


def decode(data: dict[str, Any]) -> Any:
    """Read a sealed receipt that `encode` wrote. Other objects stay unchanged."""
    if not data.keys() >= {"receipt", "content", "files"}:
        return data
    is_whole = data.pop(SEAL, None) == digest(data)
    kind = (vars(receipts) | vars(coding))[data["receipt"]]
    return Sealed(receipts.load(kind, json.dumps(data["content"])), data["files"], is_whole)


@dataclasses.dataclass
class Measured:
    """Time and memory that a step took."""

    step: str
    seconds: float = 0.0
    peak_memory_mb: float = 0.0
    reused: bool = True
    made_again: list[str] = dataclasses.field(default_factory=list)
    """Files of the output folder that had changed after this step, so that it was done again."""
    started: float = dataclasses.field(default=0.0, repr=False)

    def start(self) -> None:
        """Start measuring: release memory that earlier steps have freed, and reset the memory's high-water mark."""
        give_back()
        self.reused, self.started = False, time.perf_counter()
        reset_peak_memory()

    def look(self) -> None:
        """Record the time and memory so far."""
        self.seconds, self.peak_memory_mb = round(time.perf_counter() - self.started, 3), peak_memory_mb()

    def as_row(self) -> dict[str, Any]:
        """The step in the form that the report shows."""
        return {
            "step": self.step,
            "seconds": self.seconds,
            "peak_memory_mb": self.peak_memory_mb,
            "reused": self.reused,
        }


def measured(record: Measured, work: Callable[[], Result]) -> Result:
    """Do the work, and record its wall-clock seconds and the process's peak resident memory during it."""
    record.start()
    try:
        return work()
    finally:
        record.look()


def reset_peak_memory() -> None:
    """Reset the high-water mark if the system can (Linux). On other systems it stays that of the whole process."""
    try:
        Path("/proc/self/clear_refs").write_text("5", encoding="utf-8")
    except OSError:
        return


def peak_memory_mb() -> float:
    """Peak resident memory in MB since the last reset, or of the process."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text(encoding="utf-8").splitlines() if line.startswith("VmHWM"))
        return round(int(line.split()[1]) / 1024, 1)
    return round(_peak_bytes() / 1024**2, 1)


def _peak_bytes() -> int:
    """Peak memory on systems without /proc, as macOS or Windows count it."""
    try:
        import resource
    except ImportError:  # Windows
        import psutil

        seen = psutil.Process().memory_info()
        return int(getattr(seen, "peak_wset", seen.rss))
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def cache_key(name: str, *parts: object) -> str:
    """The key of a step's result: its name and the hash of everything that the result depends on, including the
    code."""
    text = json.dumps([code_version(), *parts], default=str, sort_keys=True)
    return f"{name}-{hashlib.sha256(text.encode()).hexdigest()[:32]}"


def run_step(
    name: str,
    work: Callable[[], Result],
    *,
    key: str | None,
    out: Path,
    record: Measured,
    whole: Callable[[Result], bool] = lambda _: True,
) -> Result:
    """Run one step as a Prefect task.

    `key` caches the returned receipt in `<out>/store/receipts` (None: never reuse). It holds the hashes of the files it
    names. If one is missing or changed, or the result is not `whole`, the step is done again. Refused data and wrong
    configuration are not retried, because nothing would change.
    """

    def step() -> Any:
        result = guarded(name, lambda: measured(record, work))
        return seal(result, out) if key else result

    decorate = task(
        name=name,
        retries=1,
        retry_delay_seconds=RETRY_SECONDS,
        retry_condition_fn=_worth_a_retry,
        persist_result=key is not None,
        result_storage=out / "store" / "receipts",
        result_serializer=RECEIPTS,
        cache_key_fn=(lambda *_: key) if key else None,
    )
    prefect_task = decorate(step)
    found: Any = prefect_task()
    if not key:
        return cast("Result", found)
    if record.reused and not _is_as_it_was(found, out, record, whole):
        found = prefect_task.with_options(refresh_cache=True)()
    return cast("Result", opened(found, out))


def _is_as_it_was(sealed: Sealed, out: Path, record: Measured, whole: Callable[[Any], bool]) -> bool:
    """Whether a receipt from the cache is still valid. Removes changed files and records this."""
    record.made_again = damaged(sealed, out)
    discard(record.made_again, out)
    return not record.made_again and whole(opened(sealed, out))


def _worth_a_retry(_task: Any, _run: Any, state: Any) -> bool:
    error = state.result(raise_on_failure=False)
    return not isinstance(error, NeighbourlyError) or isinstance(error, RunFailed)
