"""Makes Prefect flows that keep the messages of unexpected errors out of Prefect's database and logs."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from inspect import signature
from typing import ParamSpec, TypeVar, get_type_hints

import prefect

from flows.guard import guarded

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


def flow(
    name: str, *, persist_result: bool = False
) -> Callable[[Callable[Parameters, Result]], prefect.Flow[Parameters, Result]]:
    """Make a flow from a function. Errors between its steps are handled like errors in the steps."""

    def made(work: Callable[Parameters, Result]) -> prefect.Flow[Parameters, Result]:
        @wraps(work)
        def silent(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
            return guarded(name, lambda: work(*args, **kwargs))

        # Prefect looks up the names in annotations in the module that defines the function, which is this one.
        silent.__annotations__ = get_type_hints(work)
        silent.__signature__ = signature(work, eval_str=True)  # type: ignore[attr-defined]
        return prefect.flow(name=name, persist_result=persist_result or None)(silent)

    return made
