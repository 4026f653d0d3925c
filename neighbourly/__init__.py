"""Reads the results of a run into pandas, for use in notebooks.

>>> import neighbourly
>>> site = neighbourly.open("out")
>>> site.runs
[datetime.date(2024, 4, 1)]
>>> X = site.features("2024-04-01")                  # a pandas DataFrame, one row per person, indexed by pseudonym
>>> X.index.name, len(X) == len(site.cohort("2024-04-01"))
('person_id', True)
>>> X.arrow().column_names[:2]                       # the same as an Arrow table
['person_id', 'age']
>>> site.meanings().loc["lives_alone", "means"]
'lives alone'
>>> X, y = site.examples("2023-01-01", "2023-04-01") # to train on: everyone whose outcome is known
>>> sorted(y.unique().tolist())
[0, 1]
>>> champion = site.champion()                       # a scikit-learn classifier that takes such a frame
>>> risk = champion.predict_proba(site.features("2024-04-01"))[:, 1]
>>> bool(0 < risk.min() < risk.max() < 1)
True
>>> site.scores("2024-04-01").columns.tolist()[:2]
['practice_code', 'cluster_code']
>>> site.report()["metrics"]["test"]["n"] > 1000
True
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neighbourly.packages import refuse_hidden

if TYPE_CHECKING:
    from neighbourly.frames import Frame
    from neighbourly.site import Site

__all__ = ["Frame", "Site", "open"]


def open(folder: str | os.PathLike[str]) -> Site:  # noqa: A001 - neighbourly.open reads as what it does
    """Open the output folder of a run (`--out`) for reading.

    Raises:
        ConfigurationError: if the folder does not exist, or no run has written to it.
        ImportError: if a folder of your own hides one of our packages.
    """
    refuse_hidden()
    from data_schemas.errors import ConfigurationError
    from neighbourly.site import Site

    path = Path(folder)
    if not (path / "store").is_dir():
        raise ConfigurationError(f"{path}: no output of `neighbourly run` is there; give the folder named with --out")
    return Site(path)


def __getattr__(name: str) -> Any:
    """Import `Frame` and `Site` when they are first used. A saved model imports this package and needs neither."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    refuse_hidden()
    from neighbourly import frames, site

    return {"Frame": frames.Frame, "Site": site.Site}[name]
