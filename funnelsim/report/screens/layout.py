"""Parts of all screens: lines without trailing blanks, tables, warnings, next steps."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence

from rich.console import Console, RenderableType
from rich.segment import Segment, Segments
from rich.table import Table
from rich.text import Text

from funnelsim.documents.shared import Titled
from funnelsim.documents.stages import FunnelStage
from funnelsim.report.words.money import Scale
from funnelsim.report.words.names import plain
from funnelsim.report.words.quantities import plural, same_decimals

STRONG, FAINT, WARNING = "bold", "dim", "yellow"


def show(console: Console, content: RenderableType, indent: int = 0) -> None:
    """Print something without trailing blanks, which would end up in pipes and files.

    Text that must not be folded (``no_wrap``) is printed whole, however long it is.
    """
    options = console.options.update_width(max(console.width - indent, 20))
    for line in Segment.split_lines(console.render(content, options)):
        kept = _without_trailing_blanks(line)
        shifted = [Segment(" " * indent), *kept] if kept and indent else kept
        console.print(Segments([*shifted, Segment.line()]), end="", crop=False)


def paragraph(console: Console, text: str | Text, *, style: str = "", indent: int = 0) -> None:
    """Words, folded at the width of the screen."""
    show(console, Text(text, style=style) if isinstance(text, str) else text, indent)


def bullet(console: Console, text: str, *, indent: int = 0) -> None:
    """One point of a list; its folded lines stand below its first word."""
    grid = Table.grid(padding=(0, 1, 0, 0))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    grid.add_row("-", Text(text))
    show(console, grid, indent)


def blank(console: Console) -> None:
    console.print()


def title(console: Console, word: str, rest: str) -> None:
    """``FORECAST  2026Q1 ...``"""
    paragraph(console, Text.assemble((word, STRONG), "  ", (plain(rest), STRONG)))


def table(columns: Sequence[tuple[str, str]], rows: Iterable[Sequence[str | Text]]) -> Table:
    """A table without lines; on a narrow screen the first column is folded.

    Parameters
    ----------
    columns : sequence of (head, justify)
        Heads may have two lines.
    rows : iterable of sequences of str
        Names are shown as they are: nothing in them is markup.
    """
    made = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style=STRONG)
    for place, (head, justify) in enumerate(columns):
        made.add_column(
            Text(head),
            justify="right" if justify == "right" else "left",
            vertical="top",
            no_wrap=place > 0 and justify == "right",
            overflow="fold",
        )
    for row in rows:
        made.add_row(*(Text(cell) if isinstance(cell, str) else cell for cell in row))
    return made


def aligned_table(columns: Sequence[tuple[str, str]], rows: Iterable[Sequence[str]]) -> Table:
    """The same with the decimal points of each right-justified column below each other."""
    by_column = [list(cells) for cells in zip(*rows, strict=True)]
    for place, (_, justify) in enumerate(columns[: len(by_column)]):
        if justify == "right":
            by_column[place] = same_decimals(by_column[place])
    return table(columns, zip(*by_column, strict=True))


def unit_words(document: Titled, scale: Scale) -> str:
    """Unit and kind of the amounts, ``USD thousand, ACV``, or that the model does not give them."""
    known = [scale.unit] if scale.unit else []
    known += [] if scale.currency else ["currency not given (set currency in the mapping or model)"]
    missing = "kind of amount not given (set amount_is in the mapping or model)"
    return ", ".join([*known, document.amount_is or missing])


def warnings(console: Console, document: Titled, *, blank_before: bool = True) -> None:
    """Warnings stand out, each on lines of its own."""
    if document.warnings and blank_before:
        blank(console)
    for text in document.warnings:
        paragraph(console, Text.assemble(("! ", WARNING), plain(text)))


def provenance(console: Console, document: Titled) -> None:
    """Seed and number of futures: enough to see the same numbers again."""
    known = []
    if document.provenance.seed is not None:
        known.append(f"seed {document.provenance.seed}")
    if document.provenance.replications is not None:
        known.append(plural(document.provenance.replications, "future"))
    if known:
        blank(console)
        paragraph(console, f"{', '.join(known)}: same file, same seed, same numbers", style=FAINT)


def next_lines(console: Console, steps: Sequence[tuple[str, str]]) -> None:
    """``Next:`` and the suggested next commands, with their results if the width allows."""
    if not steps:
        return
    longest = max(len(command) for command, _ in steps)
    made = Table.grid(padding=(0, 2, 0, 0))
    made.add_column(no_wrap=True, style=STRONG)
    made.add_column(overflow="fold")
    for place, (command, gives) in enumerate(steps):
        line = Text(_folded(command, console.width - len("Next:  ")))
        if len("Next:  ") + longest + 2 + len(gives) <= console.width:
            line.append(f"{'':{longest - len(command) + 2}}{gives}", style=FAINT)
        made.add_row("Next:" if place == 0 else "", line)
    show(console, made)


def _folded(command: str, width: int) -> str:
    """A command that is too long for one line, folded with backslashes so that it can be pasted."""
    if len(command) <= width:
        return command
    first, *rest = map(shlex.quote, shlex.split(command))
    lines = [first]
    for word in rest:
        if len(f"{lines[-1]} {word} \\") <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(f"  {word}")
    return " \\\n".join(lines)


def model_file(document: Titled) -> str:
    """The path of the model, quoted for the shell."""
    name = document.provenance.model
    return shlex.quote(name) if name.endswith(".toml") else "model.toml"


def some_change(document: Titled, funnel: Sequence[FunnelStage]) -> str:
    """A change to try: one more rep where reps work, else less time in a stage in the middle of the funnel.

    Stages that take less than a tenth of the longest are left out: shortening them gains nothing.
    """
    for role in document.role_names:
        return f"roles.{role}.headcount=+1"
    dwells = {stage.stage: stage.dwell_days_mean or 0.0 for stage in funnel}
    short = {stage for stage, days in dwells.items() if days < max(dwells.values()) / 10}
    stages = [stage for stage in document.stage_names if stage not in short]
    return f"stages.{stages[len(stages) // 2] if stages else 'STAGE'}.after=x0.7"


def _without_trailing_blanks(line: list[Segment]) -> list[Segment]:
    kept = list(line)
    while kept and not kept[-1].text.strip():
        kept.pop()
    if kept:
        last = kept[-1]
        kept[-1] = Segment(last.text.rstrip(), last.style, last.control)
    return kept
