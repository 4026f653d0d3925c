"""A synthetic borough on disk: extracts, `site.toml`, and the truth apart from them."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import polars as pl

from pipeline.synthetic.block import BlockResult, World, block_sizes, build_world, make_block
from pipeline.synthetic.community import community_book
from pipeline.synthetic.options import Options, SynthReceipt
from pipeline.synthetic.site import site_toml, write_places

_world: World | None = None


def _begin(options: Options) -> None:
    global _world  # noqa: PLW0603  one world per worker, built once
    _world = build_world(options)


def _one(job: tuple[int, int, Path, Path]) -> BlockResult:
    if _world is None:
        raise RuntimeError("the worker was not begun")
    return make_block(_world, *job)


def generate(people: int, seed: int, out: Path, **choices: Any) -> SynthReceipt:
    """Write a borough of `people` (on the lists at any time) to `out`; `choices` are fields of `Options`.

    The same arguments give the same bytes, whatever the number of workers. An existing `out/extracts` is replaced.
    """
    began = time.perf_counter()
    options = Options(people=people, seed=seed, **choices)
    extracts, parts = out / "extracts", out / ".truth-parts"
    for folder in (extracts, parts):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    results = _blocks(options, extracts, parts)
    world = build_world(options)
    registered: Counter[str] = Counter()
    for result in results:
        registered.update(result.registered)
    rows = _summed([result.rows for result in results])
    table = pl.DataFrame({"practice_code": sorted(registered), "people": [registered[c] for c in sorted(registered)]}, schema={"practice_code": pl.String, "people": pl.Int64})
    rows |= write_places(options, world.places, table, extracts)
    (extracts / "community_assets.json").write_text(json.dumps(community_book(world.places, seed), indent=1), encoding="utf-8")
    mess = {name: _summed([result.mess.get(name, {}) for result in results]) for name in sorted({n for r in results for n in r.mess})}
    _write(out / "mess.json", json.dumps({"rows": mess, "silent_practices": sorted(world.silent)}, indent=1))
    pl.scan_parquet(parts / "*.parquet").sink_parquet(out / "truth.parquet.tmp")
    os.replace(out / "truth.parquet.tmp", out / "truth.parquet")
    shutil.rmtree(parts)
    _write(out / "synth.json", json.dumps({"people": people, "seed": seed, "years": options.years, "as_of": str(options.as_of)}, indent=1))
    _write(out / "site.toml", site_toml(options, world.places))
    return SynthReceipt(str(out), str(out / "site.toml"), sum(r.people for r in results), rows, mess, time.perf_counter() - began)


def _blocks(options: Options, extracts: Path, parts: Path) -> list[BlockResult]:
    jobs = [(number, size, extracts, parts) for number, size in enumerate(block_sizes(options.people))]
    if len(jobs) == 1 or options.workers == 1:
        _begin(options)
        return [_one(job) for job in jobs]
    with ProcessPoolExecutor(options.workers, mp_context=get_context("spawn"), initializer=_begin, initargs=(options,)) as pool:
        return list(pool.map(_one, jobs))


def _summed(counts: list[dict[str, int]]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for count in counts:
        total.update(count)
    return dict(sorted(total.items()))


def _write(path: Path, text: str) -> None:
    temporary = path.with_name(path.name + ".tmp")
    temporary.write_text(text, encoding="utf-8")
    os.replace(temporary, path)
