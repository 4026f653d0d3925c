"""Writes a synthetic borough to disk: extracts, `site.toml`, and the truth in a separate folder."""

from __future__ import annotations

import json
import shutil
import time
from collections import Counter
from pathlib import Path
from typing import Any

from data_schemas import disk
from data_schemas.disk import scan_parquet
from data_schemas.errors import ConfigurationError
from data_schemas.workers import end_with_parent, processes, without_ctrl_c
from pipeline.synthetic.block import BlockResult, World, block_sizes, build_world, make_block
from pipeline.synthetic.community import community_book
from pipeline.synthetic.mess import Count
from pipeline.synthetic.options import Options, SynthReceipt
from pipeline.synthetic.places import area_files
from pipeline.synthetic.site import site_toml, write_places

ABOUT = "synth.json"
"""Written first, because it marks the folder as one that we made."""
_world: World | None = None


def _begin(options: Options) -> None:
    global _world  # noqa: PLW0603  one world per worker, built once
    _world = build_world(options)


def _begin_worker(options: Options) -> None:
    end_with_parent()
    _begin(options)


def _one(job: tuple[int, int, Path, Path]) -> BlockResult:
    if _world is None:
        raise RuntimeError("the worker was not begun")
    return make_block(_world, *job)


def generate(people: int, seed: int, out: Path, **choices: Any) -> SynthReceipt:
    """Write a borough of `people` (on the lists at any time) to `out`. `choices` are fields of `Options`.

    The same arguments give the same bytes with any number of workers. An existing synthetic borough is replaced. If the
    folder has extracts or a `site.toml` that we did not make, this raises an error, because they may be real.
    """
    began = time.perf_counter()
    options = Options(people=people, seed=seed, **choices)
    refuse_foreign(out)
    area_files(options)
    extracts, parts = out / "extracts", out / ".truth-parts"
    out.mkdir(parents=True, exist_ok=True)
    _write(out / ABOUT, {"people": people, "seed": seed, "years": options.years, "as_of": str(options.as_of)})
    for folder in (extracts, parts):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    results = _blocks(options, extracts, parts)
    world = build_world(options)
    rows = _summed([result.rows for result in results])
    rows |= write_places(world.places, _summed([result.registered for result in results]), extracts)
    _write(extracts / "community_assets.json", community_book(world.places, seed))
    mess = {name: _counted([result.mess[name] for result in results]) for name in results[0].mess}
    _write(out / "mess.json", {"tables": mess, "silent_practices": world.silent["practice_code"].to_list()})
    with disk.writing(out / "truth.parquet") as draft:
        scan_parquet(sorted(parts.glob("*.parquet"))).sink_parquet(draft)
    shutil.rmtree(parts)
    site = _write(out / "site.toml", site_toml(options, world.places))
    lived = sum(result.people for result in results)
    return SynthReceipt(str(out), str(site), lived, rows, mess, time.perf_counter() - began)


def refuse_foreign(out: Path) -> None:
    """Raise an error if the folder has extracts or a configuration that `generate` did not make."""
    there = [name for name in ("extracts", "site.toml") if (out / name).exists()]
    if there and not (out / ABOUT).exists():
        raise ConfigurationError(
            f"{out}: holds {' and '.join(there)} that are not of a synthetic borough and would be replaced; choose another folder"
        )


def _blocks(options: Options, extracts: Path, parts: Path) -> list[BlockResult]:
    jobs = [(number, size, extracts, parts) for number, size in enumerate(block_sizes(options.people))]
    if len(jobs) == 1 or options.workers == 1:
        _begin(options)
        return [_one(job) for job in jobs]
    with processes(options.workers, _begin_worker, (options,)) as pool:
        with without_ctrl_c():
            results = pool.map(_one, jobs)
        return list(results)


def _summed(counts: list[dict[str, int]]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for count in counts:
        total.update(count)
    return dict(sorted(total.items()))


def _counted(counts: list[Count]) -> dict[str, Any]:
    """The errors added to one table, summed over all blocks."""
    return {
        "rejects": _summed([count.rejects for count in counts]),
        "unregistered": sum(count.unregistered for count in counts),
        "identical": sum(count.identical for count in counts),
        "nulls": _summed([count.nulls for count in counts]),
        "put_in": _summed([count.put_in for count in counts]),
    }


def _write(path: Path, content: object) -> Path:
    """Write text unchanged, and anything else as JSON."""
    text = content if isinstance(content, str) else json.dumps(content, indent=1, ensure_ascii=False)
    return disk.write(path, text)
