"""Ctrl-C during work of which a part is done: what is known goes to the screen, never to a file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import click

from funnelsim.core.errors import Interrupted


@contextmanager
def showing_what_is_known(show: Callable[[Any], None], *, silent: bool) -> Iterator[None]:
    """Show the part that is done if the work in this block is interrupted, and go on interrupting.

    Parameters
    ----------
    show : callable
        Prints `Interrupted.result`.
    silent : bool
        Print nothing: standard output is for one JSON document.
    """
    try:
        yield
    except Interrupted as stop:
        if not silent:
            show(stop.result)
            click.echo(f"Interrupted: these are {stop.done}.", err=True)
        raise
