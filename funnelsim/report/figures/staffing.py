"""What more people cost, and what they bring: the frontier of cost against the chance of quota."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from funnelsim.documents.staff import PlannedHire, StaffDocument
from funnelsim.documents.validate import read_as
from funnelsim.report.figures.distribution import axis_unit
from funnelsim.report.figures.subtitles import sentences, span_subtitle
from funnelsim.report.style.text_layout import Heading, fold, money_axis, place_ticks, upright_ticks
from funnelsim.report.style.theme import (
    BLUE,
    BODY,
    GREY,
    INK,
    MARGIN,
    ORANGE,
    PALE,
    SKY,
    SMALL,
    axes_at,
    new_figure,
    themed,
    write_lines,
)
from funnelsim.report.words.staffing import answer, hires_words, target_words

_WIDTH, _PLOT, _AXIS, _KEY_ROW = 8.0, 3.3, 0.75, 0.21  # inches
_LEFT = 0.6  # inches for the ticks of the vertical axis


@dataclass(frozen=True, slots=True)
class _Mark:
    """A plan in the figure."""

    name: str
    cost: float
    value: float
    words: str
    chosen: bool = False


@themed
def staffing_figure(document: Mapping[str, Any]) -> Figure:
    """People cost against what each plan brings, with the target as a line.

    Parameters
    ----------
    document : mapping
        A staff document, as ``funnelsim staff --json`` writes it.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    DocumentError
        If the document is not one of ``staff``.
    """
    typed = read_as(StaffDocument, document, "staff")
    marks = _marks(typed)
    finding = answer(typed).partition(". ")[0].removesuffix(".")
    plans = f"Plans for {target_words(typed)}"
    head = Heading.of(finding, sentences(plans, span_subtitle(typed, typed.span)), _WIDTH)
    key = [_key(number, mark) for number, mark in enumerate(marks, start=1)]
    key_lines = sum(len(lines) for lines in key)
    figure = new_figure(_WIDTH, head.height + _PLOT + _AXIS + 0.3 + _KEY_ROW * key_lines)
    head.draw(figure)
    left = MARGIN + _LEFT
    axes = axes_at(figure, left, head.height, _WIDTH - left - MARGIN, _PLOT)
    _set_limits(axes, typed, marks)
    _draw_target(axes, typed)
    if typed.target.quota is not None:
        line = [
            (p.cost, p.probability)
            for p in typed.frontier
            if p.cost is not None and p.probability is not None
        ]
        axes.plot([x for x, _ in line], [y for _, y in line], color=SKY, lw=1.6, marker=".", ms=4, zorder=2)
    # The chosen plan last: it lies on top.
    for number, mark in sorted(enumerate(marks, start=1), key=lambda pair: pair[1].chosen):
        colour = BLUE if mark.chosen else ORANGE if mark.name == "spreadsheet" else INK
        axes.plot([mark.cost], [mark.value], "o", color=colour, ms=13, mec="white", zorder=3)
        axes.text(
            mark.cost, mark.value, f"{number}", color="white", ha="center", va="center", size=SMALL, zorder=4
        ).set_fontweight("bold")
    _label_axes(axes, typed)
    top = head.height + _PLOT + _AXIS + 0.2
    for mark, texts in zip(marks, key, strict=True):
        for text in texts:
            write_lines(figure, text, MARGIN, middle=top, color=BLUE if mark.chosen else INK)
            top += _KEY_ROW
    return figure


def _key(number: int, mark: _Mark) -> list[str]:
    """A plan's line below the plot, folded to the page."""
    scratch = new_figure(_WIDTH, 1.0)
    return fold(scratch, f"{number}: {mark.name}, {mark.words}", _WIDTH - 2 * MARGIN, size=SMALL, lines=4)


def _marks(document: StaffDocument) -> list[_Mark]:
    found = []
    for plan in document.plans:
        value = _value(document, plan.probability, plan.profit, plan.levels)
        if value is not None and plan.cost is not None:
            words = _words(document, plan.hires)
            found.append(_Mark(plan.name, plan.cost, value, words, plan.name == document.chosen))
    sheet = document.spreadsheet
    if document.target.quota is not None and sheet and sheet.probability is not None and sheet.hires:
        assert sheet.cost is not None
        found.append(_Mark("spreadsheet", sheet.cost, sheet.probability, _words(document, sheet.hires)))
    return found


def _words(document: StaffDocument, hires: Sequence[PlannedHire]) -> str:
    return hires_words(document, hires) if hires else "no hires"


def _value(
    document: StaffDocument, chance: float | None, profit: float | None, levels: Mapping[str, float | None]
) -> float | None:
    if document.target.quota is not None:
        return chance
    if document.target.levels:
        return levels.get(document.target.levels[0].text)
    return profit


def _set_limits(axes: Axes, document: StaffDocument, marks: Sequence[_Mark]) -> None:
    costs = [mark.cost for mark in marks]
    costs += [point.cost for point in document.frontier if point.cost is not None]
    room = 0.08 * (max(costs) - min(costs)) or 0.05 * max(costs) or 1.0
    axes.set_xlim(min(costs) - room, max(costs) + room)
    if document.target.quota is not None:
        axes.set_ylim(0, 1.05)
        axes.set_yticks([0, 0.2, 0.4, 0.6, 0.8, 1], ["0 %", "20 %", "40 %", "60 %", "80 %", "100 %"])
        return
    values = [mark.value for mark in marks]
    if document.target.levels:
        values += [0.0, document.target.levels[0].bound]
    room = 0.1 * (max(values) - min(values)) or 1.0
    axes.set_ylim(min(values) - room, max(values) + room)


def _draw_target(axes: Axes, document: StaffDocument) -> None:
    target = document.target
    bound = target.confidence if target.quota is not None else None
    label = "wanted"
    if bound is None and target.levels:
        bound = target.levels[0].bound
        label = "at most" if target.levels[0].at_most else "at least"
    if bound is None:
        return
    axes.axhline(bound, color=INK, lw=1.2, ls=(0, (4, 2)), zorder=1)
    axes.text(1.0, bound, label, transform=axes.get_yaxis_transform(), ha="right", va="bottom", size=BODY)


def _label_axes(axes: Axes, document: StaffDocument) -> None:
    if document.cost_unit == "money":
        scale = money_axis(axes, document.currency)
        axes.set_xlabel(f"People cost, {axis_unit(scale, '')}", size=SMALL)
    else:
        place_ticks(axes)
        axes.set_xlabel("Rep-months", size=SMALL)
    axes.grid(axis="y", color=PALE, lw=0.5, zorder=0)
    if document.target.quota is not None:
        axes.set_ylabel("Chance of quota", size=SMALL, color=GREY)
    elif document.target.levels:
        level = document.target.levels[0]
        if level.metric.startswith("utilisation"):
            axes.yaxis.set_major_formatter(lambda y, _: f"{100 * y:.0f} %")
        days = level.metric.startswith(("first_response", "wait_days", "dwell_days", "cycle_days"))
        axes.set_ylabel("Mean, days" if days else "Mean", size=SMALL, color=GREY)
    else:
        unit = axis_unit(upright_ticks(axes, document.currency), document.amount_is)
        axes.set_ylabel(f"Bookings less people cost, {unit}", size=SMALL, color=GREY)
