"""The documents that a report takes from a store of forecasts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from funnelsim.cli.store_option import opened
from funnelsim.core.errors import InputError

Document = dict[str, Any]


def stored_documents(store: str, figure: str | None) -> Iterator[tuple[str, Document]]:
    """The last forecast, and what changed since the one before; all of its period for a fan.

    Each with its id, for messages.
    """
    kept = opened(store)
    last = kept.find("last")
    if figure == "fan":
        keys = [one.id for one in kept.same_period(last)]
        yield from zip(keys, kept.documents(keys), strict=True)
        return
    yield last.id, kept.document(last.id)
    from funnelsim.store.bridges import bridge_to

    try:
        found = bridge_to(kept, last)
    except InputError as error:
        _say(f"what changed since the forecast before: {error}")
        return
    if found is not None:
        yield last.id, found.as_json()


def _say(text: str) -> None:
    import click

    from funnelsim.core.harmless import harmless

    click.echo(harmless(f"not on the page: {text}"), err=True)
