"""The screen of key figures: what has changed beyond noise, then each figure over the last periods."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.text import Text

from funnelsim.documents.kpi import KpiDocument, KpiFigure, KpiGroup, KpiPeriod
from funnelsim.documents.validate import read_as
from funnelsim.report.screens import layout
from funnelsim.report.screens.next_steps import NO_INVOCATION, Invocation, Steps
from funnelsim.report.words import kpi_words as words
from funnelsim.report.words.dates import date_words
from funnelsim.report.words.names import plain
from funnelsim.report.words.quantities import count, same_decimals

#: Figures of a group that stand in one row, unless others are asked for.
_OF_GROUPS = ("deals_won", "win_rate", "deal_size", "cycle_days", "bookings")


#: Which groups are offered first.
_SPLITS = ("source", "segment", "team", "owner", "product")


def print_kpi(
    document: Mapping[str, Any],
    console: Console,
    *,
    invocation: Invocation = NO_INVOCATION,
    hints: bool = True,
    only: Sequence[str] = (),
    top: int = 12,
    periods: int = 4,
    detail: bool = False,
) -> None:
    """Print what has changed, the key figures of the last periods, and the groups.

    Parameters
    ----------
    document : mapping
        A document of key figures, as ``funnelsim kpi --json`` writes it.
    console : rich.console.Console
    invocation : Invocation, optional
        The command as it was typed, for the next steps.
    hints : bool, default True
        End with the next steps.
    only : sequence of str
        Names of figures; default all that do not repeat another.
    top, periods : int
        Groups and complete periods shown.
    detail : bool
        Also print intervals, control limits and how they are made.

    Raises
    ------
    DocumentError
        If the document is not one of key figures.
    """
    typed = read_as(KpiDocument, document, "kpi")
    when = f"as of {date_words(typed.as_of)}" if typed.as_of else ""
    title = ", ".join(part for part in (plain(typed.name), f"by {typed.by}", when) if part)
    layout.title(console, "KEY FIGURES", title)
    layout.blank(console)
    for sentence in words.answer(typed, only):
        layout.paragraph(console, sentence, style=layout.STRONG)
    layout.blank(console)
    figures = words.shown_figures(typed.kpis, only)
    shown = words.shown_periods(typed, periods)
    layout.show(console, layout.table(_columns(typed, shown), _rows(typed, figures, shown)))
    if typed.groups:
        _print_groups(typed, console, only, top)
    said = [text for text in (words.noise_words(typed), words.age_words(typed)) if text]
    if said:
        layout.blank(console)
    for text in said:
        layout.paragraph(console, text, style=layout.FAINT)
    if not detail and not only and (without := words.not_available(typed)):
        layout.paragraph(console, without, style=layout.FAINT)
    if detail:
        _print_detail(typed, console, figures, shown)
    layout.warnings(console, typed)
    layout.provenance(console, typed)
    if hints:
        layout.next_lines(console, _next_steps(typed, invocation))


def _columns(document: KpiDocument, shown: Sequence[str]) -> list[tuple[str, str]]:
    whole = {one.period: one.complete for one in document.kpis[0].periods} if document.kpis else {}
    heads = [(period if whole[period] else f"{period}\nso far", "right") for period in shown]
    columns = [("", "left"), *heads]
    if document.simulated:
        columns.append((f"{document.level:.0%} range\nin {shown[0]}".replace("%", " %"), "right"))
    else:
        columns += [("usual", "right"), ("change", "left")]
    if any(one.target is not None for one in document.kpis):
        columns.append(("target", "right"))
    return columns


def _rows(
    document: KpiDocument, figures: Sequence[KpiFigure], shown: Sequence[str]
) -> list[list[str | Text]]:
    rows: list[list[str | Text]] = []
    targets = any(one.target is not None for one in document.kpis)
    for figure in figures:
        periods = _shown(figure, shown)
        scale = words.scale_of(document, figure, periods)
        row: list[str | Text] = [words.label_with_unit(document, figure, scale)]
        row += same_decimals([words.number(figure, one.value, scale) for one in periods])
        row.append(words.usual(figure, scale))
        if not document.simulated:
            row.append(Text(words.verdict(figure), style=layout.WARNING if figure.better is False else ""))
        if targets:
            row.append(words.target_words(figure, scale))
        rows.append(row)
    return rows


def _shown(figure: KpiFigure, shown: Sequence[str]) -> list[KpiPeriod]:
    return [one for one in figure.periods if one.period in shown]


def _print_groups(document: KpiDocument, console: Console, only: Sequence[str], top: int) -> None:
    """The current period of each group, one row a group."""
    groups = sorted(document.groups, key=lambda group: -group.n)
    names = [one.name for one in groups[0].kpis if one.name in (only or _OF_GROUPS)]
    by_name = {one.name: one for one in document.kpis}
    heads = [by_name[name] for name in names]
    scales = {name: words.scale_of(document, by_name[name], by_name[name].periods[-6:]) for name in names}
    current = next((one.current for one in heads), "")
    layout.blank(console)
    layout.paragraph(console, f"By {document.split}, {current}", style=layout.STRONG)
    columns = [(document.split, "left"), ("ended", "right")]
    columns += [
        (words.label_with_unit(document, one, scales[one.name]).replace(", ", "\n", 1), "right")
        for one in heads
    ]
    rows = [_group_row(group, names, scales) for group in groups[:top]]
    layout.show(console, layout.aligned_table(columns, rows), indent=2)
    if len(groups) > top:
        layout.paragraph(console, f"{len(groups) - top} more groups: --top {len(groups)}", indent=2)
    if any(group.small for group in groups[:top]):
        layout.paragraph(console, "* few ended: mostly chance", style=layout.FAINT, indent=2)


def _group_row(group: KpiGroup, names: Sequence[str], scales: Mapping[str, Any]) -> list[str]:
    row = [plain(group.name), count(group.n) + ("*" if group.small else " ")]
    by_name = {one.name: one for one in group.kpis}
    for name in names:
        figure = by_name[name]
        value = None if figure.now is None else figure.now.value
        row.append(
            words.number(figure, value, scales[name])
            + (f" {figure.direction}" if figure.beyond_noise else "")
        )
    return row


def _print_detail(
    document: KpiDocument, console: Console, figures: Sequence[KpiFigure], shown: Sequence[str]
) -> None:
    layout.blank(console)
    for text in words.detail_words(document):
        layout.paragraph(console, text)
    level = f"{document.level:.0%} interval".replace("%", " %")
    columns = [("", "left"), *((f"{period}\n{level}", "right") for period in shown[-2:])]
    columns += [("n", "right"), ("why not compared", "left")]
    rows = []
    for figure in figures:
        periods = _shown(figure, shown[-2:])
        scale = words.scale_of(document, figure, periods)
        last = figure.now or periods[-1]
        cells = [words.span(figure, one.low, one.high, scale) for one in periods]
        rows.append([words.label_with_unit(document, figure, scale), *cells, count(last.n), figure.untested])
    layout.blank(console)
    layout.show(console, layout.table(columns, rows))
    if document.missing:
        layout.blank(console)
        layout.paragraph(console, "Not available")
        for names, why in words.missing_words(document):
            layout.paragraph(console, f"{names}: {why}", indent=2)


def _next_steps(document: KpiDocument, invocation: Invocation) -> Steps:
    if not invocation.command:
        return []
    steps: Steps = []
    tested = any(one.beyond_noise is not None for one in document.kpis)
    if not document.simulated and not tested and document.by == "quarter":
        by_month = invocation.command.replace("--by quarter", "--by month")
        steps.append((by_month, "more periods to compare"))
    if not document.simulated and not document.split:
        for field in sorted(document.can_split, key=_SPLITS.index)[:1]:
            steps.append((f"{invocation.command} --by {field}", "the same by group"))
    if document.history:
        command = f"funnelsim kpi {shlex.quote(document.history)} --model {layout.model_file(document)}"
        steps.append((command, "what has happened so far"))
    if "--detail" not in invocation.command:
        steps.append((f"{invocation.command} --detail", "intervals, and figures that are not available"))
    return [*steps, *invocation.keep("kpi")]
