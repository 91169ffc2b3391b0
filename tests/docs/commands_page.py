"""The reference page of the commands, written from the commands themselves.

`python -m tests.docs.commands_page` writes it; a test compares it.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator

import click

from funnelsim.cli.main import COMMANDS, group
from tests.docs.pages import ROOT

PAGE = ROOT / "docs" / "reference" / "commands.md"
_HEAD = """\
# Commands

<!-- Written by `python -m tests.docs.commands_page`; do not edit. -->

Results go to standard output, progress and warnings to standard error. What the exit codes mean:
[Files, names and exit codes](files-and-exit-codes.md#exit-codes). Every command has `--help`.

| command | |
|---|---|
"""


def commands_page() -> str:
    """The page as Markdown."""
    rows = "".join(f"| [`{name}`](#funnelsim-{name}) | {text} |\n" for name, (_, text) in COMMANDS.items())
    return _HEAD + rows + "".join(_section(name) for name in COMMANDS)


def _section(name: str) -> str:
    context = click.Context(group, info_name="funnelsim")
    command = group.get_command(context, name)
    assert command is not None
    return _command(command, name, context, "##")


def _command(command: click.Command, name: str, parent: click.Context, level: str) -> str:
    """A command with its options, or with its own commands, each a level below."""
    own = click.Context(command, info_name=name, parent=parent)
    usage = " ".join(command.collect_usage_pieces(own))
    head = f"\n{level} {own.command_path}\n\n```text\n{own.command_path} {usage}\n```\n"
    head += "".join(_paragraphs(command.help or ""))
    if isinstance(command, click.Group):
        return head + "".join(_command(one, key, own, f"{level}#") for key, one in command.commands.items())
    options = "".join(_option(param, own) for param in command.params if isinstance(param, click.Option))
    return f"{head}\n| option | |\n|---|---|\n{options}"


def _paragraphs(text: str) -> Iterator[str]:
    r"""Paragraphs of a help text; those after ``\b`` keep their lines, as click has it."""
    for paragraph in inspect.cleandoc(text).split("\n\n"):
        if paragraph.startswith("\b"):
            lines = paragraph.removeprefix("\b").strip("\n")
            yield f"\n```text\n{lines}\n```\n"
        else:
            yield f"\n{' '.join(paragraph.split())}\n"


def _option(option: click.Option, context: click.Context) -> str:
    record = option.get_help_record(context)
    assert record is not None
    names, text = (" ".join(part.split()).replace("|", "\\|") for part in record)
    return f"| `{names}` | {text} |\n"


if __name__ == "__main__":
    PAGE.write_text(commands_page(), encoding="utf-8")
