"""The screen of ``funnelsim overrides``: whose judgement helped."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console

from funnelsim.core.nouns import counted
from funnelsim.documents.override_scores import OverrideScoresDocument, PersonScore
from funnelsim.documents.validate import read_as
from funnelsim.report.screens import layout
from funnelsim.report.words.dates import date_words
from funnelsim.report.words.money import MISSING, Scale, table_scale
from funnelsim.report.words.names import plain
from funnelsim.report.words.quantities import count


def print_override_scores(document: Mapping[str, Any], console: Console, *, hints: bool = True) -> None:
    """Print whose overrides brought the forecast nearer to the truth.

    Raises
    ------
    DocumentError
        If the document is not one of ``funnelsim overrides``.
    """
    typed = read_as(OverrideScoresDocument, document, "overrides")
    scale = table_scale(
        [value for one in typed.people for value in (one.error_without, one.error_with)], typed.currency
    )
    layout.title(console, "OVERRIDES", f"known by {date_words(typed.until)}")
    about = f"{plain(typed.name)}. {counted(typed.forecasts, 'forecast')} with overrides."
    layout.paragraph(console, about, style=layout.FAINT)
    layout.blank(console)
    for sentence in sentences(typed, scale):
        layout.paragraph(console, sentence, style=layout.STRONG)
    layout.blank(console)
    unit = f", {scale.unit}" if scale.unit else ""
    heads = (
        (f"Error per deal{unit}", "left"),
        ("overrides", "right"),
        ("deals\ndecided", "right"),
        ("model\nalone", "right"),
        ("with\noverride", "right"),
        (f"nearer to the truth by\n({typed.level * 100:.0f} % interval)", "right"),
        ("", "left"),
    )
    layout.show(console, layout.table(heads, [_row(one, scale) for one in typed.people]))
    layout.paragraph(console, _explained(typed), style=layout.FAINT)
    if hints:
        layout.next_lines(console, [("funnelsim overrides ... --out scores.csv", "each override")])


def sentences(document: OverrideScoresDocument, scale: Scale) -> list[str]:
    """``Ana's overrides helped: nearer to the truth by USD 12 thousand per deal (9 deals).``"""
    said = []
    for one in document.people:
        worth = scale.words(abs(one.gain)) if one.gain is not None else ""
        deals = counted(one.deals, document.noun)
        who = plain(one.who)
        if one.verdict == "helped":
            said.append(
                f"{who}: overrides helped, nearer to the truth by {worth} per {document.noun} ({deals})."
            )
        elif one.verdict == "hurt":
            said.append(f"{who}: overrides hurt, {worth} per {document.noun} further off ({deals}).")
    if not said:
        said = ["Nobody's overrides have clearly helped or hurt so far."]
    return said


def _row(one: PersonScore, scale: Scale) -> tuple[str, ...]:
    known = one.gain is not None
    span = MISSING
    if known:
        span = scale.signed(one.gain)
        if one.low is not None and one.high is not None:
            span += f" [{scale.signed(one.low)}, {scale.signed(one.high)}]"
    return (
        plain(one.who),
        count(one.overrides),
        count(one.deals),
        scale.number(one.error_without) if known else MISSING,
        scale.number(one.error_with) if known else MISSING,
        span,
        one.verdict,
    )


def _explained(document: OverrideScoresDocument) -> str:
    noun = document.noun
    said = [
        f"Error: how far the expected bookings of a {noun} in its period were from what it booked. A {noun} "
        "overridden in several forecasts counts once. Fewer than 5 are too few to tell."
    ]
    if document.undecided:
        said.append(f"{counted(document.undecided, 'override')} not decided yet.")
    if document.unknown:
        said.append(f"{counted(document.unknown, 'override')} of {noun}s that the history does not have.")
    briers = [
        f"{plain(one.who)} {one.brier_without:.2f} to {one.brier_with:.2f}"
        for one in document.people
        if one.brier_without is not None and one.brier_with is not None
    ]
    if briers:
        said.append(f"Mean squared error of the chance to win (lower is better): {', '.join(briers)}.")
    return " ".join(said)
