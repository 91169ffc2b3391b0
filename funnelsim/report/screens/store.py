"""The screen of a store: one line for each forecast."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence

from rich.console import Console

from funnelsim.report.screens import layout
from funnelsim.report.words.dates import date_words
from funnelsim.report.words.money import MISSING, Scale, table_scale
from funnelsim.report.words.names import plain
from funnelsim.report.words.quantities import chance, plural
from funnelsim.store.store import Stored


def print_store(found: Sequence[Stored], console: Console, *, store: str, hints: bool = True) -> None:
    """Print the forecasts of a store, oldest first."""
    layout.title(console, "STORE", store)
    if not found:
        layout.paragraph(console, "No forecast is stored yet.")
        if hints:
            layout.next_lines(console, [(f"funnelsim forecast model.toml{_option(store)}", "store one")])
        return
    first, last = found[0].as_of, found[-1].as_of
    span = date_words(first) if first == last else f"{date_words(first)} to {date_words(last)}"
    layout.paragraph(console, f"{plural(len(found), 'forecast')}, as of {span}.", style=layout.STRONG)
    layout.blank(console)
    heads = ("id", "company", "as of", "period")
    columns = [
        *((head, "left") for head in heads),
        ("likely", "right"),
        ("quota", "right"),
        ("chance", "right"),
        *([("overrides", "right")] if any(one.overrides for one in found) else []),
    ]
    layout.show(console, layout.table(columns, _rows(found)))
    layout.paragraph(console, _note(found), style=layout.FAINT)
    if hints:
        layout.blank(console)
        layout.next_lines(console, _next_steps(found, store))


def _rows(found: Sequence[Stored]) -> Iterator[tuple[str, ...]]:
    scales = {
        currency: table_scale(
            [x for one in found if one.currency == currency for x in (one.likely, one.quota)], currency
        )
        for currency in {one.currency for one in found}
    }
    overridden = any(one.overrides for one in found)
    for one in found:
        yield (
            one.id,
            plain(one.company),
            date_words(one.as_of, short=True),
            one.period,
            _likely(one, scales[one.currency]),
            MISSING if one.quota is None else scales[one.currency].words(one.quota),
            chance(one.chance),
            *([f"{one.overrides}" if one.overrides else ""] if overridden else []),
        )


def _note(found: Sequence[Stored]) -> str:
    text = "Likely: median of the bookings of the whole period"
    if any(one.overrides for one in found):
        text += ", with overrides of deals by people where there are any"
    return f"{text}."


def _likely(one: Stored, scale: Scale) -> str:
    if one.likely is None:
        return MISSING
    return plural(one.likely, one.noun) if one.metric == "deals_won" else scale.words(one.likely)


def _next_steps(found: Sequence[Stored], store: str) -> list[tuple[str, str]]:
    option = _option(store)
    steps = [(f"funnelsim store show {found[-1].id}{option}", "the whole forecast")]
    if len(found) > 1:
        steps.insert(0, (f"funnelsim bridge{option}", "what changed since the one before"))
    return steps


def _option(store: str) -> str:
    """A URL is not repeated: as shown, it lacks user and password."""
    return "" if "://" in store else f" --store {shlex.quote(store)}"
