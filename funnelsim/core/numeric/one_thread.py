"""Run linear algebra on one thread, so that results do not depend on the number of cores.

A multithreaded BLAS splits products by the number of threads, which changes the rounding. The last digits of
a fit would depend on the machine, and an optimiser could stop elsewhere. The matrices of a fit are small, so
one thread is no slower.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


def on_one_thread(function: Callable[P, R]) -> Callable[P, R]:
    """Decorate a function to make all its BLAS calls on one thread."""

    @wraps(function)
    def limited(*args: P.args, **kwargs: P.kwargs) -> R:
        from threadpoolctl import threadpool_limits

        with threadpool_limits(limits=1, user_api="blas"):
            return function(*args, **kwargs)

    return limited
