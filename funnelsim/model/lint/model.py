"""Warnings about suspicious values of a valid model, and its long-run means."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from funnelsim.core.arrays import Floats
from funnelsim.core.errors import Problem
from funnelsim.model.flows.markov_chain import entry_shares, moves, visits
from funnelsim.model.flows.rates import offspring
from funnelsim.model.lint.work import work_notes
from funnelsim.model.parts import Model

LONG_DWELL_DAYS = 730.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """Long-run means of a funnel, per lead or per day.

    Attributes
    ----------
    leads_per_day : dict of str to float
        By source, at the start.
    visits_per_lead : dict of str to float
        By stage, over all sources; infinite for endless loops.
    wins_per_lead : float
        Probability that a lead ever enters the booking stage or outcome.
    offspring_per_lead : dict of str to float
        By source: leads of any source spawned directly by one of its leads (including overrides of
        segments).
    """

    leads_per_day: dict[str, float]
    visits_per_lead: dict[str, float]
    wins_per_lead: float
    offspring_per_lead: dict[str, float]


def expected(model: Model) -> Expected:
    """Means of the absorbing Markov chain of stages, without overrides of segments.

    References
    ----------
    Kemeny, J. G. and Snell, J. L. (1960). Finite Markov Chains, chapter 3: N = (I - Q)^-1.
    """
    entries = _entries(model)
    rates = {key: source.rate for key, source in model.sources.items()}
    return Expected(
        leads_per_day=rates,
        visits_per_lead=dict(zip(model.stages, visits(moves(model), entries).tolist(), strict=True)),
        wins_per_lead=_first_entry(model, entries),
        offspring_per_lead=dict(zip(model.sources, offspring(model).sum(axis=1).tolist(), strict=True)),
    )


def lint(model: Model) -> Iterator[Problem]:
    """List suspicious numbers of a valid model; `lint.process` has the rules for its texts and steps."""
    found = expected(model) if model.stages and model.sources else None
    for key, stage in model.stages.items():
        path = f"stages.{key}"
        if found is not None and found.visits_per_lead[key] > 20:
            yield Problem(
                path=path,
                message=f"a lead comes here {found.visits_per_lead[key]:.0f} times on average",
            )
        for name, e in stage.exits.items():
            distribution = e.after or stage.after
            days = 0.0 if distribution is None or e.to == "never" else distribution.mean_without_scipy()
            if days > LONG_DWELL_DAYS:
                yield Problem(
                    path=f"{path}.exits.{name}",
                    message=f"takes {days:.0f} days on average, over two years",
                )
    if found is not None and found.wins_per_lead == 0:
        yield Problem(
            path="goal.books_at",
            message=f'no lead ever reaches "{model.goal.books_at}", so nothing is booked',
        )
    for key, source in model.sources.items():
        if source.rate == 0:
            yield Problem(path=f"sources.{key}.rate", message="is 0: this source has no leads")
    yield from work_notes(model)


def _entries(model: Model) -> Floats:
    """Share of all leads that enter at each stage."""
    total = sum(source.rate for source in model.sources.values()) or 1.0
    entries = np.zeros(len(model.stages))
    for source in model.sources.values():
        entries += entry_shares(model, source.enters) * source.rate / total
    return entries


def _first_entry(model: Model, entries: Floats) -> float:
    """Probability of ever entering the place that books: make it absorbing."""
    order, place = list(model.stages), model.goal.books_at
    into = np.array(
        [sum(e.p for e in stage.exits.values() if e.to == place) for stage in model.stages.values()]
    )
    at_once = 0.0
    if place in order:
        at = order.index(place)
        at_once, into[at] = float(entries[at]), 0.0
    return at_once + float(visits(moves(model, ends_at=place), entries) @ into)
