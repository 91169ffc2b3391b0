"""What an engine hands back of a piece of a run, beside the tallies that it fills."""

from __future__ import annotations

from typing import Any, NamedTuple

from numpy.typing import NDArray

from funnelsim.engines.counts.credit_log import CreditLog


class Logged(NamedTuple):
    """Visits and credits of a piece; empty where they are not asked for."""

    visits: dict[str, NDArray[Any]]
    credits: CreditLog
    endless_stage: int | None  # of an endless loop
