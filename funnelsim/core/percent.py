"""Format shares as percentages."""

from __future__ import annotations


def percent(share: float, *, signed: bool = False) -> str:
    """Format a share or a change, with a decimal if it is small: ``62 %``, ``4.5 %``, ``+25 %``."""
    size = 100 * share
    decimals = 0 if abs(size) >= 9.95 or not size else 1
    return f"{size:{'+' if signed else ''}.{decimals}f} %"
