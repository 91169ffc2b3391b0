"""Covariate effects and tests of independence of a fit, in words."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

from funnelsim.core.nouns import plural_noun
from funnelsim.documents.fit import FitDocument
from funnelsim.documents.fit_drivers import FitDependence, FitDriver, FitLevel
from funnelsim.documents.shared import Titled
from funnelsim.report.words.names import plain
from funnelsim.report.words.quantities import count, days, share

COVARIATES = {
    "source": "source",
    "segment": "segment",
    "owner": "rep",
    "account": "account",
    "amount": "amount",
}

#: Sentences of each kind on screen; the page lists all effects in a table.
MOST_SHOWN = 3


class ClearEffect(NamedTuple):
    """One clear effect; `strength` is the log of the end of its interval that is closer to 1."""

    driver: FitDriver
    level: FitLevel
    strength: float


def strongest(document: FitDocument, kind: str) -> list[ClearEffect]:
    """Clear effects of one kind, the strongest first.

    ``trigger``: moves forward more often; ``friction``: is lost more often, or moves forward less often;
    ``fast``: is won fast more often.
    """
    if document.drivers is None:
        return []
    effects = [
        ClearEffect(driver, level, _strength(level))
        for driver in document.drivers.found
        for level in driver.levels
        if level.clear and _as_kind(driver.kind, level.ratio > 1) == kind
    ]
    return sorted(effects, key=lambda effect: -effect.strength)


def _as_kind(kind: str, more: bool) -> str:
    if kind == "trigger":
        return "trigger" if more else "friction"
    return kind if more else ""


def _strength(level: FitLevel) -> float:
    nearer = level.low if level.ratio > 1 else 1 / max(level.high, 1e-9)
    return math.log(max(nearer, 1e-9))


def effect_words(document: FitDocument, effect: ClearEffect) -> str:
    """``Deals from referral move from Demo to Proposal 1.6 times as often (1.3 to 1.9).``"""
    driver, level = effect.driver, effect.level
    subject = subject_words(document, driver.covariate, level.level)
    ratio, low, high = ratio_words(level)
    often = f"{ratio} times as often ({low} to {high})"
    if driver.kind == "fast":
        return f"{subject} are won as fast {often}."
    return f"{subject} move from {_move(document, driver)} {often}."


def _move(document: FitDocument, driver: FitDriver) -> str:
    return plain(f"{document.stage_name(driver.stage)} to {document.stage_name(driver.to)}")


def subject_words(document: Titled, covariate: str, level: str) -> str:
    """``Deals from referral``, ``Deals of rep Ana``, ``Deals of USD 5,000 to 20,000``."""
    noun = plural_noun(document.noun).capitalize()
    name = plain(level)
    if covariate == "source":
        return f"{noun} from {name}"
    if covariate == "amount":
        if not document.currency:
            return f"{noun} of {name}"
        # "under 5,000": the currency stands before the number, as it does everywhere else.
        under, number = ("under ", name.removeprefix("under ")) if name.startswith("under ") else ("", name)
        return f"{noun} of {under}{document.currency} {number}"
    return f"{noun} of {COVARIATES.get(covariate, covariate)} {name}"


def fast_words(document: FitDocument) -> str:
    """What counts as fast."""
    drivers = document.drivers
    if drivers is None or drivers.fast_days is None:
        return ""
    return (
        f"Fast is won within {days(drivers.fast_days)}, as a quarter of the wins were; "
        f"of all {plural_noun(document.noun)} {share(drivers.fast_share)} are."
    )


def no_effect_words(document: FitDocument) -> str:
    """That no covariate has a clear effect; empty where one has, or none was tested."""
    if document.drivers is None or not document.drivers.found:
        return ""
    if any(level.clear for driver in document.drivers.found for level in driver.levels):
        return ""
    names = list(dict.fromkeys(COVARIATES.get(d.covariate, d.covariate) for d in document.drivers.found))
    listed = " and ".join(part for part in (", ".join(names[:-1]), names[-1]) if part)
    makes = "makes" if len(names) == 1 else "make"
    return f"{listed[:1].upper()}{listed[1:]} {makes} no measurable difference."


def not_used_words(document: FitDocument) -> Iterator[str]:
    """Covariates that are left out, and why."""
    if document.drivers is not None:
        for one in document.drivers.not_used:
            name = one.name or COVARIATES.get(one.covariate, one.covariate)
            yield f"The {plain(name)} is not used, because it {plain(one.reason)}."


def dependence_words(document: FitDocument) -> Iterator[str]:
    """The strongest dependence of each kind, which the model ignores."""
    for question, words in _QUESTIONS.items():
        tests = [one for one in document.dependences if one.question == question]
        clear = [one for one in tests if one.clear]
        if clear:
            strongest = max(clear, key=lambda one: abs(math.log(max(one.ratio, 1e-9))))
            yield f"{words} related{_in_how_many(clear, tests)}: {_dependence(document, strongest)}."


#: Questions as documents name them, in words.
_QUESTION_NAMES = {
    "amount and stay": "amount and time in stage",
    "stay and next stay": "times in successive stages",
    "stay and next outcome": "time in stage and next outcome",
}
_QUESTIONS = {
    "amount and stay": "Amount and time in stage are",
    "amount and outcome": "Amount and outcome are",
    "stay and next stay": "Times in successive stages are",
    "stay and next outcome": "Time in a stage and the next outcome are",
}


def _in_how_many(clear: list[FitDependence], tests: list[FitDependence]) -> str:
    return f" in {len(clear)} of {len(tests)} tests" if len(tests) > 1 else ""


def _dependence(document: FitDocument, one: FitDependence) -> str:
    noun, stage = plural_noun(document.noun), plain(document.stage_name(one.stage))
    if one.before:
        who = f"the slowest quarter of {noun} in {plain(document.stage_name(one.before))}"
    else:
        who = f"the largest quarter of {noun}"
    ratio, low, high = ratio_words(one)
    times = f"{ratio} times"
    other = "fastest quarter" if one.before else "smallest quarter"
    if "outcome" in one.question:
        move = f"move forward from {stage} are {times} those of the {other}"
        return f"the odds that {who} {move} ({low} to {high})"
    return f"{who} leave {stage} {times} as fast as the {other} ({low} to {high})"


def ratio_words(one: FitLevel | FitDependence) -> tuple[str, str, str]:
    """A ratio and the ends of its range, with the decimals that the lower end needs: ``1.90 1.40 2.60``."""
    decimals = 0 if one.low >= 10 else 1 if one.low >= 2 else 2
    ratio, low, high = (f"{value:,.{decimals}f}" for value in (one.ratio, one.low, one.high))
    return ratio, low, high


def driver_rows(document: FitDocument) -> Iterator[tuple[str, ...]]:
    """Every effect, covariate by covariate, for a table."""
    if document.drivers is None:
        return
    order = list(COVARIATES)
    for driver in sorted(document.drivers.found, key=lambda d: order.index(d.covariate)):
        move = _move(document, driver) if driver.stage else "won fast"
        for k, level in enumerate(driver.levels):
            yield (
                COVARIATES.get(driver.covariate, driver.covariate) if k == 0 else "",
                move if k == 0 else "",
                plain(level.level),
                count(level.seen),
                count(level.expected),
                _ratio_cell(level),
                "yes" if level.clear else "",
            )


def dependence_rows(document: FitDocument) -> Iterator[tuple[str, ...]]:
    """Every test of independence, for a table."""
    for one in document.dependences:
        before = f"{document.stage_name(one.before)}, then " if one.before else ""
        yield (
            _QUESTION_NAMES.get(one.question, one.question),
            plain(f"{before}{document.stage_name(one.stage)}"),
            count(one.visits),
            _ratio_cell(one),
            p_words(one.p_value),
            "related" if one.clear else "",
        )


def _ratio_cell(one: FitLevel | FitDependence) -> str:
    ratio, low, high = ratio_words(one)
    return f"{ratio} ({low} to {high})"


def p_words(p: float | None) -> str:
    if p is None:
        return ""
    return "< 0.0001" if p < 1e-4 else f"{p:.2g}"
