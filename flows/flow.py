"""Flows: Prefect's, except that an unexpected error reaches its database and its logs without its message."""

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
    """Make a flow of a function; what goes wrong between its steps is guarded as what goes wrong in them."""

    def made(work: Callable[Parameters, Result]) -> prefect.Flow[Parameters, Result]:
        @wraps(work)
        def silent(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
            return guarded(name, lambda: work(*args, **kwargs))

        # Prefect looks for the names in annotations where the function itself was defined, which is here.
        silent.__annotations__ = get_type_hints(work)
        silent.__signature__ = signature(work, eval_str=True)  # type: ignore[attr-defined]
        return prefect.flow(name=name, persist_result=persist_result or None)(silent)

    return made
