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
    own = click.Context(command, info_name=name, parent=context)
    usage = " ".join(command.collect_usage_pieces(own))
    options = "".join(_option(param, own) for param in command.params if isinstance(param, click.Option))
    return (
        f"\n## funnelsim {name}\n\n```text\nfunnelsim {name} {usage}\n```\n"
        f"{''.join(_paragraphs(command.help or ''))}\n| option | |\n|---|---|\n{options}"
    )


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
