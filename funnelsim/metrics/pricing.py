"""Warnings about leads without an amount."""

from __future__ import annotations

from funnelsim.model.parts import Model


def unpriced(model: Model) -> list[str]:
    """Warn if simulated leads have no amount: their bookings are 0."""
    missing = [key for key, source in model.sources.items() if source.amount is None and source.rate > 0]
    priced_by_segment = bool(model.segments) and all(one.amount for one in model.segments.values())
    if not missing or priced_by_segment:
        return []
    if len(missing) == len(model.sources):
        return [f"NO AMOUNTS: every booking counts 0; give the sources one, such as {_example(missing[0])}"]
    named = ", ".join(missing)
    return [f"no amount is known for leads of {named}, their bookings count 0; give {_example(missing[0])}"]


def _example(source: str) -> str:
    return f'amount = "lognormal(mean=12000, sigma=1.0)" in [sources.{source}]'
