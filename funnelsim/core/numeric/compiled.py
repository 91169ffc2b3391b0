"""Decorators for compiled functions."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numba import njit

from funnelsim.core.numeric.kernelcache import forget_old_kernels

forget_old_kernels(Path(__file__).parents[2])

#: For functions that work on arrays they are handed and make none themselves: they do without numba's
#: reference counts, which are two locked instructions for every array touched.
#: They must not return an array or a view of one: the caller would give back a reference never taken.
kernel: Callable[..., Any] = njit(cache=True, nogil=True, _nrt=False)  # type: ignore[call-overload]


#: The same for kernels that only compiled functions call: what lets Python call a function that is handed a
#: plan takes longer to compile than most of them.
_UNCALLED = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
inner: Callable[..., Any] = njit(cache=True, nogil=True, _nrt=False, **_UNCALLED)  # type: ignore[call-overload]
#: The same for functions that allocate arrays.
maker: Callable[..., Any] = njit(cache=True, nogil=True, **_UNCALLED)  # type: ignore[call-overload]

#: For steps of a kernel that are written apart to be read: handed many arrays, a call would cost more than
#: what it does. Each should be called from one place.
step: Callable[..., Any] = njit(cache=True, nogil=True, _nrt=False, forceinline=True)  # type: ignore[call-overload]
inner_step: Callable[..., Any] = njit(  # type: ignore[call-overload]
    cache=True, nogil=True, _nrt=False, forceinline=True, **_UNCALLED
)


@njit(inline="always", cache=True)
def at(place):  # type: ignore[no-untyped-def]
    """Mark an index as non-negative, which saves the test for negative indices."""
    return np.uint64(place)
