"""Run the blocks of a page: commands in this process, with few futures, so that all pages take seconds."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from funnelsim.cli.main import group
from funnelsim.core.errors import FunnelSimError
from funnelsim.history.mapping.read import read_mapping
from funnelsim.model.files.model_files import read_funnel
from funnelsim.model.scenarios.read import read_scenario
from tests.docs.pages import ROOT, Block, Command, commands

_SKIPPED = ("make", "pip", "cd", "python")
_FEW_FUTURES = ("--replications", "100")
#: Added to a command of a page. Of an option that is given twice the last one counts.
_CHEAPER = {
    "fit": ("--draws", "2"),
    "forecast": _FEW_FUTURES,
    "compare": _FEW_FUTURES,
    "friction": ("--replications", "20"),
    "reverse": _FEW_FUTURES,
    "simulate": ("--replications", "10"),
    "staff": _FEW_FUTURES,
    "backtest": (*_FEW_FUTURES, "--draws", "2"),
}
_STARTER = ROOT / "funnelsim" / "model" / "starter.toml"


def run_block(block: Block, names: dict[str, Any], page: str) -> None:
    """Run one block in the current folder.

    Parameters
    ----------
    block : Block
    names : dict
        Names that the page's Python blocks share.
    page : str
        For messages.
    """
    if block.language == "python":
        exec(compile("\n" * (block.line - 1) + block.text, page, "exec"), names)
    elif block.language == "text" and block.file:
        Path(block.file).write_text(block.text, encoding="utf-8")
    elif block.language == "toml":
        _read(block)
    elif block.language in ("sh", "console"):
        for command in commands(block):
            _run(command, f"{page}:{block.line}")


def run_command(words: Sequence[str]) -> str:
    """Run a command of funnelsim; gives its standard output."""
    words = [*words, *_cheaper(words)]
    result = CliRunner().invoke(group, words, terminal_width=110)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, f"funnelsim {' '.join(words)}\n{result.output}"
    return result.stdout


def _run(command: Command, place: str) -> None:
    program, *words = command.words
    if program in _SKIPPED:
        return
    assert program == "funnelsim", f'{place}: "{program}" is not funnelsim; mark the block no-run'
    output = run_command(words)
    if command.into:
        Path(command.into).write_text(output, encoding="utf-8")
    if command.first_line:
        printed = {_shape(line) for line in output.splitlines()}
        assert _shape(command.first_line) in printed, f"{place}: {command.first_line}\n{output}"


def _shape(line: str) -> str:
    """A line without its spaces and numbers: the tests have fewer deals than the page."""
    return re.sub(r"\d", "0", " ".join(line.split()))


def _cheaper(words: Sequence[str]) -> tuple[str, ...]:
    if "--precision" in words:
        return ("--precision", "50%")
    if any(":" in word and word.replace(":", "").isdigit() for word in words):  # a part of a run
        return ()
    more = _CHEAPER.get(words[0], ()) if words else ()
    if words and words[0] == "backtest":
        return (*more, "--from", words[words.index("--to") + 1])
    return more


def _read(block: Block) -> None:
    """Read TOML as what it is: a scenario, a mapping, or a part of a model laid over the starter."""
    path = Path(block.file or "block.toml")
    content = tomllib.loads(block.text)
    text = block.text
    if not content.keys() & {"change", "preset", "events", "deals", "format"}:
        text = f'include = "{_STARTER}"\n{text}'
    path.write_text(text, encoding="utf-8")
    try:
        if "change" in content:
            read_scenario(path, read_funnel(ROOT / "scenarios" / "sales_process_map.toml").model)
        elif content.keys() & {"preset", "events", "deals"}:
            read_mapping(path)
        else:
            read_funnel(path)
    except FunnelSimError as error:
        raise AssertionError(f"line {block.line}: {error}") from error
