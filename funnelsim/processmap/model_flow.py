"""Expected numbers of visits and moves of a model, by the Markov chain of its exits."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from funnelsim.core.arrays import Floats
from funnelsim.core.errors import Problem
from funnelsim.distributions.base import Distribution
from funnelsim.model.changes.resolve import resolve
from funnelsim.model.flows.markov_chain import entry_shares
from funnelsim.model.flows.markov_chain import moves as transition_matrix
from funnelsim.model.flows.rates import leads_per_day
from funnelsim.model.parts import Exit, Model
from funnelsim.processmap.mixed_times import mixed_times
from funnelsim.processmap.selection import SelectionError, no_such

#: Numbers are those of so many new leads.
LEADS = 100.0


@dataclass(frozen=True)
class Group:
    """Leads of one segment: the model as it holds for them, and where they enter, shape ``(S,)``."""

    model: Model
    entries: Floats

    @cached_property
    def visits_from(self) -> Floats:
        """Expected visits of stage j by a lead that is in stage i, shape ``(S, S)``; NaN if it has none.

        References
        ----------
        Kemeny, J. G. and Snell, J. L. (1960). Finite Markov Chains, chapter 3: N = (I - Q)^-1.
        """
        chain = transition_matrix(self.model)
        dense = chain if isinstance(chain, np.ndarray) else chain.toarray()
        try:
            found = np.asarray(np.linalg.inv(np.eye(len(dense)) - dense), np.float64)
        except np.linalg.LinAlgError:
            return np.full(dense.shape, np.nan)
        solved = np.isfinite(found).all() and (found >= -1e-9).all()
        return found if solved else np.full(dense.shape, np.nan)

    @cached_property
    def visits(self) -> Floats:
        """Expected visits of each stage, shape ``(S,)``."""
        return np.asarray(self.entries @ self.visits_from)


class Flow:
    """Expected numbers of 100 new leads.

    Parameters
    ----------
    model : Model
    groups : sequence of Group
        Their entries sum to `LEADS`.
    filters : mapping of str to str
    no_rates : bool
        Whether no source has any leads per day.
    """

    def __init__(
        self, model: Model, groups: Sequence[Group], filters: Mapping[str, str], *, no_rates: bool
    ) -> None:
        self._place = {key: n for n, key in enumerate(model.stages)}
        self._groups = groups
        self.filters = dict(filters)
        self.no_rates = no_rates
        self.unsolved = any(np.isnan(group.visits_from).any() for group in groups)
        entries = np.sum([group.entries for group in groups], axis=0)
        self.entries = dict(zip(model.stages, entries.tolist(), strict=True))

    def of_stage(self, key: str) -> tuple[float | None, float | None, float]:
        """Visits, different leads, and leads that stay for ever."""
        if self.unsolved:
            return None, None, 0.0
        at = self._place[key]
        visits = [float(group.visits[at]) for group in self._groups]
        # A lead that is in a stage visits it visits_from[at, at] times in all, this visit included.
        leads = [n / float(g.visits_from[at, at]) for n, g in zip(visits, self._groups, strict=True)]
        staying = [
            n * sum(e.p for e in g.model.stages[key].exits.values() if e.to == "never")
            for n, g in zip(visits, self._groups, strict=True)
        ]
        return math.fsum(visits), math.fsum(leads), math.fsum(staying)

    def of_exit(self, key: str, name: str) -> tuple[float, float | None, float | None]:
        """Share of the visits that end, moves, and different leads that make the move."""
        weights, at = self._weights(key), self._place[key]
        ends = math.fsum(w * (1 - _never(g.model, key)) for w, g in weights)
        taken = math.fsum(w * g.model.stages[key].exits[name].p for w, g in weights)
        share = min(taken / ends, 1.0) if ends > 0 else 0.0
        if self.unsolved:
            return share, None, None
        n = leads = 0.0
        for group in self._groups:
            way = group.model.stages[key].exits[name]
            made = float(group.visits[at]) * way.p
            n += made
            # Having made the move once, a lead makes it so many more times.
            again = (
                float(group.visits_from[self._place[way.to], at]) * way.p if way.to in self._place else 0.0
            )
            leads += made / (1 + again)
        return share, n, leads

    def stage_quantile(self, key: str, level: float) -> float | None:
        """Quantile of the time of a visit that ends."""
        return _quantile(
            [
                (w * e.p, e.after or g.model.stages[key].after)
                for w, g in self._weights(key)
                for e in g.model.stages[key].exits.values()
                if e.to != "never"
            ],
            level,
        )

    def exit_quantile(self, key: str, name: str, level: float) -> float | None:
        """Quantile of the time in the stage before one move."""
        parts = []
        for weight, group in self._weights(key):
            stage = group.model.stages[key]
            way: Exit = stage.exits[name]
            parts.append((weight * way.p, way.after or stage.after))
        return _quantile(parts, level)

    def _weights(self, key: str) -> list[tuple[float, Group]]:
        """Groups by their visits of a stage; by their leads where nobody is expected there."""
        at = self._place[key]
        visits = [0.0 if self.unsolved else float(group.visits[at]) for group in self._groups]
        if not any(visits):
            visits = [float(group.entries.sum()) for group in self._groups]
        return list(zip(visits, self._groups, strict=True))


def flow_of(model: Model, *, segment: Sequence[str] = (), source: Sequence[str] = ()) -> Flow:
    """Expected numbers of the leads of some segments and sources; all, if none is given.

    Raises
    ------
    SelectionError
        If the model has no such segment or source, or no leads of both.
    """
    segments, wrong = _keys(segment, model.segments, "segment")
    sources, more = _keys(source, model.sources, "source")
    if wrong or more:
        raise SelectionError("map", [*wrong, *more])
    rates = leads_per_day(model)
    no_rates = not any(rates.values())
    by_segment: dict[str | None, Floats] = {}
    for key, one in model.sources.items():
        if source and key not in sources:
            continue
        rate = 1.0 if no_rates else rates[key]
        for name, share in one.segments.items() or [(None, 1.0)]:
            if segment and name not in segments:
                continue
            entering = rate * share * entry_shares(model, one.enters)
            by_segment[name] = by_segment.get(name, np.zeros(len(model.stages))) + entering
    total = math.fsum(float(entries.sum()) for entries in by_segment.values())
    filters = {
        option: ", ".join(parts[key].name or key for key in keys)
        for option, keys, parts in (("segment", segments, model.segments), ("source", sources, model.sources))
        if keys
    }
    if not total > 0:
        given = ", ".join(f"{option} {value}" for option, value in filters.items())
        raise SelectionError(
            "map", [Problem(path="", message=f"no {model.noun} fits {given or 'the model'}")]
        )
    groups = [
        Group(model=resolve(model, segment=name), entries=entries * (LEADS / total))
        for name, entries in by_segment.items()
        if entries.any()
    ]
    return Flow(model, groups, filters, no_rates=no_rates)


def _keys(asked: Sequence[str], parts: Mapping[str, Any], option: str) -> tuple[list[str], list[Problem]]:
    found, problems = [], []
    for text in asked:
        wanted = text.strip().casefold()
        key = next((k for k, p in parts.items() if wanted in (k.casefold(), p.name.casefold())), None)
        if key is not None:
            found.append(key)
            continue
        names = [part.name or key for key, part in parts.items()]
        problems.append(no_such(option, text, names, "the model"))
    return found, problems


def _never(model: Model, key: str) -> float:
    return math.fsum(e.p for e in model.stages[key].exits.values() if e.to == "never")


def _quantile(parts: Sequence[tuple[float, Distribution | None]], level: float) -> float | None:
    mixed = mixed_times(parts)
    return None if mixed is None else float(mixed.ppf(level))
