"""Compares our protected tables with those of ACRO, the output checker of the UK's research environments.

ACRO needs an older pandas than this project, so it runs in its own environment:

    python -m tests.benchmarks.acro_oracle write FOLDER
    python -m venv acro && acro/bin/pip install acro "pandas<2.4"
    acro/bin/python tests/benchmarks/acro_oracle.py compare FOLDER

The first command writes 200 invented tables of people and what we show of them. The last lets ACRO suppress the same
tables (threshold 8, ignoring zeros) and prints how many cells either hides. Every cell that ACRO hides must be hidden
by us. ACRO hides no second cell.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

TABLES = 200
CLUSTERS, CATEGORIES = "ABCDE", "vwxyz"
THRESHOLD = 8


def write(folder: Path) -> None:
    """Write `people.csv` (table, cluster, category) and `shown.csv` (table, cluster, category, count)."""
    import numpy as np

    from pipeline.disclosure import protect_table, shown

    rng, folder = np.random.default_rng(1), folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    people, published = [], []
    for table in range(TABLES):
        rates = np.outer(rng.dirichlet([1] * len(CLUSTERS)), rng.dirichlet([1] * len(CATEGORIES)))
        counts = rng.poisson(400 * rates)
        protected = protect_table({cluster: counts[n].tolist() for n, cluster in enumerate(CLUSTERS)})
        for n, cluster in enumerate(CLUSTERS):
            for category, count, each in zip(CATEGORIES, counts[n], protected[cluster], strict=True):
                people += [(table, cluster, category)] * int(count)
                published.append((table, cluster, category, shown(each)))
    for name, rows in (("people.csv", people), ("shown.csv", published)):
        with (folder / name).open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows(rows)


def compare(folder: Path) -> None:
    """Print how many cells each hides. Returns 1 if ACRO hides one that we show. Runs with ACRO, without this
    project."""
    import logging
    import warnings

    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    import pandas as pd
    from acro import ACRO  # type: ignore[import-not-found]

    people = pd.read_csv(folder / "people.csv", names=["table", "cluster", "category"])
    ours = pd.read_csv(folder / "shown.csv", names=["table", "cluster", "category", "count"], dtype=str)
    checker = ACRO(suppress=True)
    checker.config["safe_threshold"] = THRESHOLD
    hidden = {tuple(row) for row in ours[ours["count"] == "*"][["table", "cluster", "category"]].to_numpy()}
    theirs = set()
    for number, own in people.groupby("table"):
        true = pd.crosstab(own["cluster"], own["category"])
        kept = checker.crosstab(own["cluster"], own["category"])
        for cluster in true.index:
            for category in true.columns:
                if true.loc[cluster, category] and pd.isna(kept.loc[cluster, category]):
                    theirs.add((str(number), cluster, category))
    sys.stdout.write(f"{len(ours)} cells: ACRO hides {len(theirs)}, we hide {len(hidden)}; hidden by ACRO and shown by us: "
                     f"{len(theirs - hidden)}\n")  # fmt: skip
    sys.exit(1 if theirs - hidden else 0)


if __name__ == "__main__":
    {"write": write, "compare": compare}[sys.argv[1]](Path(sys.argv[2]))
