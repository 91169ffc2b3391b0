"""Questions on a terminal, with numbered answers."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from funnelsim.core.harmless import harmless

if TYPE_CHECKING:
    from funnelsim.history.drafting.interview import Question

_WIDTH = 90


def is_terminal() -> bool:
    """True if someone can read the questions and type the answers."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def ask_on_terminal(question: Question) -> Sequence[str]:
    """The values that are chosen, asked again until they are among the choices."""
    click.echo(f"\n{harmless(question.text)}")
    for number, (value, words) in enumerate(question.choices, start=1):
        click.echo(harmless(f"  {number:>3}  {value}  ({words})"[:_WIDTH]))
    values = [value for value, _ in question.choices]
    hint = "Numbers, separated by commas; Enter for none" if question.several else "Number"
    default = str(values.index(question.default) + 1) if question.default in values else None
    if question.several and default is not None:
        hint = "Number; 0 for none"
    while True:
        given = click.prompt(
            hint, default=default if default or not question.several else "", show_default=bool(default)
        )
        chosen = _read(str(given), values)
        if chosen is not None and (chosen or question.several):
            return chosen
        click.echo(f"Give {'numbers' if question.several else 'a number'} from 1 to {len(values)}.")


def _read(text: str, values: Sequence[str]) -> list[str] | None:
    """The values of these numbers (or the values themselves); None if one is unknown."""
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if parts == ["0"]:
        return []
    by_name = {value.casefold(): value for value in values}
    chosen = []
    for part in parts:
        if part.isdecimal() and 1 <= int(part) <= len(values):
            chosen.append(values[int(part) - 1])
        elif part.casefold() in by_name:
            chosen.append(by_name[part.casefold()])
        else:
            return None
    return list(dict.fromkeys(chosen))
