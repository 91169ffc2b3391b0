"""Where results and warnings go."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, TextIO, cast

import click

from funnelsim.core.harmless import harmless

if TYPE_CHECKING:
    from rich.console import Console

#: Width of output to a pipe or a file.
WIDTH = 110
#: Exit code of a command that wrote to a closed pipe (128 + SIGPIPE).
CLOSED_PIPE = 141


def console() -> Console:
    """Standard output, as wide as the terminal; nothing in names is markup or an emoji."""
    from rich.console import Console

    width = None if sys.stdout.isatty() else WIDTH
    return Console(width=width, highlight=False, markup=False, emoji=False)


def echo_warnings(warnings: Iterable[str], *, quiet: bool = False) -> None:
    """Print warnings on standard error."""
    if quiet:
        return
    for text in warnings:
        click.echo(f"warning: {harmless(text)}", err=True)


class _Screen:
    """Standard output that replaces control characters, and ends the command if it cannot be written."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._encoding = stream.encoding or "utf-8"
        self._colours = stream.isatty()
        self.failure: Exception | None = None

    def write(self, text: str) -> int:
        shown = harmless(text, keep_colours=self._colours)
        # Characters that the encoding of the terminal lacks become question marks.
        shown = shown.encode(self._encoding, "replace").decode(self._encoding)
        with self._failing():
            if shown:  # click writes "" to test the stream, and would swallow the error
                self._stream.write(shown)
        return len(text)

    def flush(self) -> None:
        with self._failing():
            self._stream.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    @contextmanager
    def _failing(self) -> Iterator[None]:
        if self.failure is not None:
            raise self.failure
        try:
            yield
        except OSError as error:
            self._give_up()
            message = f"standard output: cannot be written: {error.strerror}"
            closed = isinstance(error, BrokenPipeError)
            self.failure = click.exceptions.Exit(CLOSED_PIPE) if closed else click.ClickException(message)
            raise self.failure from error

    def _give_up(self) -> None:
        """Discard the buffered output, which Python would try to write at exit."""
        with suppress(OSError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self._stream.fileno())
            os.close(nowhere)


@contextmanager
def harmless_output() -> Iterator[None]:
    """Standard output as `_Screen`, complete at the end."""
    stream = sys.stdout
    screen = _Screen(stream)
    sys.stdout = cast(TextIO, screen)
    try:
        yield
        if screen.failure is None:
            screen.flush()
    finally:
        sys.stdout = stream


def prepare_streams() -> None:
    """Refuse a closed standard output, allow a closed standard error, and show warnings in one line."""
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115
    if sys.stdout is None:
        click.echo("Error: standard output is closed", err=True)
        sys.exit(1)
    warnings.showwarning = lambda message, *_, **__: echo_warnings([str(message)])
