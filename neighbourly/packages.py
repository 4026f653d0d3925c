"""Finds folders of a user that hide our packages, which have everyday names (`models`, `pipeline`)."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parents[1]
OF_MODELS = ("data_schemas", "models")
"""Packages that a saved model needs."""
ALL = (*OF_MODELS, "pipeline", "flows")


def hidden(names: tuple[str, ...] = ALL) -> dict[str, str]:
    """List our packages that another module hides or would hide, and where that module is."""
    found = {name: _place(name) for name in names}
    return {name: str(place) for name, place in found.items() if place is not None and place != ROOT / name}


def _place(name: str) -> Path | None:
    """The folder from which Python imported a package or would import it."""
    module = sys.modules.get(name)
    spec = module.__spec__ if module else importlib.util.find_spec(name)
    places = list(spec.submodule_search_locations or [spec.origin or ""]) if spec else []
    return Path(places[0]).resolve() if places else None


def refuse_hidden() -> None:
    """Raise ImportError if something hides our packages. The message states what to do."""
    if found := hidden():
        places = "; ".join(f"{name} is found at {place}" for name, place in found.items())
        raise ImportError(
            f"Neighbourly cannot find its own packages in {ROOT}: {places}. Start Python in another folder, rename "
            "yours, or load only the model with mlflow.pyfunc.load_model, which still works"
        )


@contextmanager
def ours_first() -> Iterator[None]:
    """Import our packages of models even if others of the same name hide them. The others are available again
    afterwards."""
    in_the_way = hidden(OF_MODELS)
    if not in_the_way:
        yield
        return
    theirs = _taken_out()
    sys.path.insert(0, str(ROOT))
    try:
        yield
    finally:
        sys.path.remove(str(ROOT))
        _taken_out()
        sys.modules.update(theirs)


def _taken_out() -> dict[str, ModuleType]:
    """Remove the packages of models, and everything in them, from the modules that Python has imported."""
    names = [name for name in sys.modules if name.partition(".")[0] in OF_MODELS]
    return {name: sys.modules.pop(name) for name in names}
