"""All backtests on one screen, and what they say together."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from funnelsim.documents.backtest import OURS, BacktestDocument
from funnelsim.forecasting.consistency import consistency_band
from funnelsim.report.pages.backtest import score
from funnelsim.report.pages.section import Grid, columns
from funnelsim.report.words.forecasters import forecaster_name, held, others, ours_beside

Documents = dict[str, BacktestDocument]


def glance_grid(documents: Documents) -> Grid:
    """A row a backtest: funnelsim's score beside that of the strongest other, and the 80 % range."""
    heads = columns(
        "backtest",
        "#origins",
        "#funnelsim",
        "strongest other",
        "#its score",
        "#funnelsim, same periods",
        "#funnelsim closer",
        "#inside 80 %",
        "#correct",
    )
    rows = [_row(title, document) for title, document in documents.items()]
    note = (
        "Scores are CRPS over the mean actual, lower is better. Strongest other: the best "
        "method that gives a forecast at half of the origins or more; *funnelsim, same periods* is our score "
        "at its origins. Correct: how many of these periods correct 80 % ranges contain, 9 times in 10, if "
        "periods are independent."
    )
    return Grid(title="", columns=heads, rows=rows, note=note)


def _row(title: str, document: BacktestDocument) -> tuple[str, ...]:
    n = document.summary.told[OURS]
    low, high = consistency_band(n, 0.8)
    against = ("none", "", "", "")
    for name in others(document)[:1]:
        skill = document.summary.skill[name]
        theirs = score(document.summary.relative_crps[name])
        there = score(ours_beside(document, name))
        against = (forecaster_name(name), theirs, there, f"{skill.closer} of {skill.of}")
    ours = score(document.summary.relative_crps[OURS])
    return (title, f"{n}", ours, *against, f"{held(document, '80')} of {n}", f"{low} to {high}")


def glance_words(documents: Documents) -> Iterator[str]:
    """How accurate funnelsim was against other methods, and whether its ranges were correct."""
    behind = {title: lost for title, document in documents.items() if (lost := _ahead_of_us(document))}
    ahead = [title for title in documents if title not in behind]
    if ahead:
        yield (
            f"More accurate than every other method at the origins of that method: {len(ahead)} of "
            f"{len(documents)} backtests ({'; '.join(ahead)})."
        )
    for title, lost in behind.items():
        yield f"Behind in {title}: {'; '.join(lost)}."
    yield from _range_words(documents)
    if not any(s.is_known for d in documents.values() for s in d.summary.skill.values()):
        yield (
            "None of these sets has the ten blocks of origins that an interval needs, so no skill is "
            "claimed: the scores only describe these origins."
        )


def _ahead_of_us(document: BacktestDocument) -> list[str]:
    """The other methods with a better mean score, at the origins of their forecasts."""
    found = []
    for name in others(document):
        theirs, ours = document.summary.relative_crps[name], ours_beside(document, name)
        if theirs is not None and ours is not None and theirs < ours:
            of = document.summary.told[name]
            found.append(f"{forecaster_name(name)} {score(theirs)} against {score(ours)} ({of} origins)")
    return found


def _range_words(documents: Documents) -> Iterator[str]:
    wrong: dict[str, list[str]] = {"too narrow or off target": [], "too wide": []}
    for title, document in documents.items():
        n, inside = document.summary.told[OURS], held(document, "80")
        low, high = consistency_band(n, 0.8)
        if inside < low:
            wrong["too narrow or off target"].append(title)
        elif inside > high:
            wrong["too wide"].append(title)
    total = int(np.sum([held(document, "80") for document in documents.values()]))
    origins = int(np.sum([document.summary.told[OURS] for document in documents.values()]))
    share = f"{total / origins:.0%}".replace("%", " %")
    yield f"Over all backtests the 80 % ranges contained {total} of {origins} actual results ({share})."
    for fault, titles in wrong.items():
        if titles:
            yield f"80 % ranges {fault}, by more than chance explains 9 times in 10: {'; '.join(titles)}."
