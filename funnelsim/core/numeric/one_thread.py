"""Linear algebra on one thread, so that its sums are the same whatever the machine's number of cores.

A BLAS that shares a product among threads cuts it where their number says, and rounds otherwise at the cuts:
the last digits of a fit would depend on the machine, and a search that stops by them could end elsewhere.
The matrices of a fit are small, so that one thread is no slower.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


def on_one_thread(function: Callable[P, R]) -> Callable[P, R]:
    """The function with all BLAS calls that it makes on one thread."""

    @wraps(function)
    def limited(*args: P.args, **kwargs: P.kwargs) -> R:
        from threadpoolctl import threadpool_limits

        with threadpool_limits(limits=1, user_api="blas"):
            return function(*args, **kwargs)

    return limited
