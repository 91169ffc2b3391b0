"""The command as it was typed, for the next steps on screen."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from funnelsim.report.screens.next_steps import Invocation

#: Options that say where the result goes: next steps do not repeat them.
_OUTPUTS = frozenset({"out", "as_json", "quiet", "deals", "visits", "raw_names", "store"})
#: Options of `options.running` and others that mean the same in every command that takes them.
_SHARED = frozenset({"quota", "history", "warmup_days", "replications", "seed", "engine", "workers"})
_WORDS = "funnelsim.words"


class RecordedCommand(click.Command):
    """A command that keeps its arguments as typed; parsing turns them into numbers and dates."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        ctx.meta[_WORDS] = list(args)
        return super().parse_args(ctx, args)


def invocation_of(
    written: Sequence[Path], *, also_shared: Collection[str] = (), repeated: Collection[str] = ()
) -> Invocation:
    """The running command as it was typed, without its outputs.

    Parameters
    ----------
    written : sequence of Path
        Files to which the result is already written.
    also_shared : collection of str
        More options that the commands of the next steps take as well.
    repeated : collection of str
        Options that are outputs elsewhere and inputs of this command.
    """
    from funnelsim.report.screens.next_steps import Invocation

    context = click.get_current_context()
    command = context.command
    given, _, _ = command.make_parser(context).parse_args(list(context.meta[_WORDS]))
    arguments = [p for p in command.params if isinstance(p, click.Argument)]
    left_out = _OUTPUTS - set(repeated)
    options = [p for p in command.params if isinstance(p, click.Option) and p.name not in left_out]
    shared = [p for p in options if p.name in _SHARED or p.name in also_shared]
    words = ["funnelsim", command.name or "", *_words(arguments, given), *_words(options, given)]
    return Invocation(command=shlex.join(words), options=shlex.join(_words(shared, given)), written=written)


def _words(parameters: Sequence[click.Parameter], given: dict[str, Any]) -> list[str]:
    return [word for parameter in parameters for word in _typed(parameter, given.get(parameter.name or ""))]


def _typed(parameter: click.Parameter, value: Any) -> Iterator[str]:
    """The words of one option or argument; `value` comes from click's parser, not yet converted."""
    for each in value if isinstance(value, list | tuple) else [value]:
        if not isinstance(each, str | bool) or each is False:
            continue
        if parameter.name == "store" and "://" in str(each):
            continue  # a URL may hold a password
        if isinstance(parameter, click.Option):
            yield max(parameter.opts, key=len)
        if isinstance(each, str):
            yield each
