"""Labels without a telling word whose deals end there, as those at other stages do not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from math import exp, log

from funnelsim.history.labels.evidence import NEARLY_ALL, LabelEvidence
from funnelsim.history.values.labels import known_outcome
from funnelsim.history.values.outcome_words import OPEN_WORDS, read_words
from funnelsim.history.values.words import folded

#: A label stands out where chance alone explains it less often than this.
_CHANCE = 0.01
#: Without another stage to compare with, so many deals are worth a look.
_FEW = 5
_LEAST_STOPPED = 3
_MOSTLY = 0.5


def standing_out(evidence: Iterable[LabelEvidence]) -> dict[str, str]:
    """Labels whose deals seem to have ended, each with the outcome that the CRM's chances show ("" if none).

    Compared are the labels that no word makes an outcome. Their deals have past closing dates, a chance of
    100 % or 0 beside a past closing date, or never continue, while those at the other labels do not.
    """
    unknown = [item for item in evidence if read_words(item.label) is None and not known_outcome(item.label)]
    found = dict.fromkeys((*_by_closings(unknown), *_by_stops(unknown)), "") | dict(_by_chances(unknown))
    return {label: outcome for label, outcome in found.items() if folded(label) not in OPEN_WORDS}


def _by_closings(items: Sequence[LabelEvidence]) -> Iterator[str]:
    """Labels whose deals have a past closing date, where most deals at others have none or a later one."""
    for counts in ([(item, item.closed) for item in items], [(item, item.overdue) for item in items]):
        others = [
            (item.rows, number)
            for item, number in counts
            if number < NEARLY_ALL * item.rows or folded(item.label) in OPEN_WORDS
        ]
        rows, past = (sum(column) for column in zip(*others, strict=True)) if others else (0, 0)
        alone = sum(item.rows > 0 for item, _ in counts) == 1
        for item, number in counts:
            if item.closed < NEARLY_ALL * item.rows or item.overdue < _MOSTLY * item.rows or not number:
                continue
            if not rows:
                if alone and item.overdue >= max(_FEW, NEARLY_ALL * item.rows):
                    yield item.label
            elif number > 1 and _by_chance(number, item.rows, (past + 1) / (rows + 2)) < _CHANCE:
                yield item.label


def _by_stops(items: Sequence[LabelEvidence]) -> Iterator[str]:
    """Labels from which no deal continues, where most deals continue from others."""
    others = [
        item for item in items if item.stopped < NEARLY_ALL * item.entered or folded(item.label) in OPEN_WORDS
    ]
    entered, stopped = sum(item.entered for item in others), sum(item.stopped for item in others)
    for item in items:
        if item in others or item.stopped < _LEAST_STOPPED or not entered:
            continue
        if _by_chance(item.stopped, item.entered, (stopped + 1) / (entered + 2)) < _CHANCE:
            yield item.label


def _by_chances(items: Sequence[LabelEvidence]) -> Iterator[tuple[str, str]]:
    """Labels with a chance of 100 % or 0 and a past closing date, where other labels have other chances."""
    for outcome, name in (("won", "certain"), ("lost", "hopeless")):
        for item in items:
            number = getattr(item, name)
            ended = item.rows and min(number, item.closed) >= NEARLY_ALL * item.rows
            ended = ended and item.overdue >= (_MOSTLY if outcome == "won" else NEARLY_ALL) * item.rows
            others = any(other.rows > 2 * getattr(other, name) for other in items)
            if ended and others:
                yield item.label, outcome


def _by_chance(number: int, of_all: int, share: float) -> float:
    """At most how probable `number` `of_all` deals or more are, where each has the probability `share`."""
    part = number / of_all
    if part <= share:
        return 1.0
    rest = of_all - number
    exponent = number * log(part / share) + (rest * log((1 - part) / (1 - share)) if rest else 0.0)
    return exp(-exponent)
