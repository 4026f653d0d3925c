"""All community pages of a site, part by part: seconds, processor seconds and peak memory.

`python -m tests.benchmarks.community SITE_FOLDER [--out OUT_FOLDER]` reads what `neighbourly ingest` left there and
writes nothing. To make a site of 330,000 people: `neighbourly synth --people 330000 --seed 1 --out big` and
`neighbourly ingest --config big/site.toml --out big/out`.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from data_schemas.disk import read_parquet
from data_schemas.receipts import EventLog, load
from pipeline.community import site
from pipeline.community.records import Records
from pipeline.features.catalogue import features_of
from pipeline.settings import load_settings
from tests.benchmarks.features import peak_mb, processor_seconds

Answer = TypeVar("Answer")
LISTED = 3500
"""Number of people on main lists: a few hundred in each cluster."""


def main() -> None:
    """Print a line for each part and one for the total."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    settings, store = load_settings(options.folder / "site.toml"), (options.out or options.folder / "out") / "store"
    written = load(EventLog, (store / "events" / "log.json").read_bytes())
    log = EventLog(str(store / "events"), "", written.fingerprint, written.rows, written.people, written.buckets)
    records = Records(store / "tables", log, features_of(settings).concepts, settings.run.as_of)
    names = dict(read_parquet(store / "tables" / "clusters.parquet").select("cluster_code", "cluster_name").iter_rows())
    started, worked = time.perf_counter(), processor_seconds()
    timed("reading the log once", lambda: site.read(records))
    seen = timed(
        "prevention, segments, families", lambda: site.community(records, settings.site.name, names, range(LISTED))
    )
    impacts = timed("our impacts", lambda: site.monitored(records))

    def written_pages() -> int:
        pages = [site.as_json(site.monitor_json(impacts, settings.site.name))]
        for place in seen.places:
            pages += [site.community_page(seen, place), site.monitor_page(impacts, settings.site.name, place, names)]
            if not place.is_borough:
                pages.append(site.recall_list(seen.prevention, place.code).write_csv().encode())
        return sum(map(len, pages))

    timed("pages and lists", written_pages)
    report("all", started, worked)


def timed(name: str, part: Callable[[], Answer]) -> Answer:
    """Run a part and report what it took."""
    started, worked = time.perf_counter(), processor_seconds()
    answer = part()
    report(name, started, worked)
    return answer


def report(name: str, started: float, worked: float) -> None:
    seconds, processor = time.perf_counter() - started, processor_seconds() - worked
    sys.stdout.write(f"{name:32} {seconds:6.1f} s {processor:6.1f} processor s {peak_mb():6.0f} MB\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
