"""How a history was recorded: its time resolution, and whether it has losses."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import polars as pl


def resolution(visits: pl.DataFrame) -> Literal["day", "second"]:
    """``day`` where every known time is a midnight."""
    whole = all(
        bool((times.dt.truncate("1d") == times).all())
        for times in (visits["entered"], visits["left"].drop_nulls())
    )
    return "day" if whole else "second"


def losses_recorded(outcomes: Iterable[str]) -> bool:
    """False if deals end only as won."""
    ways = set(outcomes)
    return not ways or bool(ways - {"won", "churned"})
