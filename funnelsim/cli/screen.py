"""Where results and warnings go."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from rich.console import Console

#: Of a pipe or a file, where nobody could say how wide the screen is.
WIDTH = 110


def console() -> Console:
    """Standard output, as wide as the terminal."""
    from rich.console import Console

    return Console(width=None if sys.stdout.isatty() else WIDTH, highlight=False)


def echo_warnings(warnings: Iterable[str], *, quiet: bool = False) -> None:
    """Say on standard error what a reader of the figures must know."""
    if quiet:
        return
    for text in warnings:
        click.echo(f"warning: {text}", err=True)
