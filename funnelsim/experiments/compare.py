"""Compare scenarios with the unchanged funnel, on common random numbers."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from itertools import combinations
from pathlib import Path

import numpy as np

from funnelsim.core.errors import FunnelSimError, Interrupted, require
from funnelsim.experiments.alternatives.costs import (
    PROFIT,
    Costs,
    Pricing,
    is_priced,
    more_is_better,
    names_of,
    values_of,
)
from funnelsim.experiments.alternatives.ranking import Ranking, rank
from funnelsim.experiments.comparison import Attainment, Compared, Comparison
from funnelsim.experiments.measured import Measured, measured
from funnelsim.experiments.paired import check_pairing, paired_difference
from funnelsim.experiments.variants import Variants
from funnelsim.history.files.events import History
from funnelsim.metrics.past import empty_start
from funnelsim.metrics.pricing import unpriced
from funnelsim.metrics.summary import draws_of
from funnelsim.model.changes.changes import TOGETHER, Change, Scenario
from funnelsim.model.files.model_files import Funnel
from funnelsim.model.lint.work import overloads
from funnelsim.model.scenarios.half_changed import left_as_they_are
from funnelsim.model.scenarios.read import expand
from funnelsim.results.run import Run

Progress = Callable[[int, int], None]


def compare(
    funnel: Funnel,
    scenarios: Sequence[Scenario],
    *,
    period: str | None = None,
    days: float | None = None,
    quota: float | None = None,
    history: History | Path | str | None = None,
    level: float = 0.9,
    indifference: float | None = None,
    warmup_days: float = 0.0,
    replications: int | range = 10_000,
    seed: int = 1,
    engine: str = "auto",
    workers: int | None = None,
    executor: Executor | None = None,
    allow_large: bool = False,
    progress: Progress | None = None,
) -> Comparison:
    """Compare scenarios with the unchanged funnel on common random numbers.

    A lead that occurs in both has the same random draws in both. A scenario that changes nothing therefore
    differs by exactly 0, and small effects need far fewer replications than with separate runs.

    Parameters
    ----------
    funnel : Funnel
        As `read_model` gives it.
    scenarios : sequence of Scenario
        From `read_scenario`, or created in Python. A scenario that removes a stage with a pair for
        `recovered` becomes two, of which the second, the upper bound, takes no part in the ranking.
    period : str, optional
        Such as ``2026Q1``; default the goal's period that contains the model's start.
    days : float, optional
        Compare over this many days from the start, instead of a period.
    quota : float, optional
        Instead of the goal's.
    history : History or path, optional
        Used for bookings before the start; default the one named in the model.
    level : float, default 0.9
        Of the intervals, and of the selection of the best of several scenarios.
    indifference : float, optional
        The smallest difference that matters in that selection; default 1 % of what the base books.
    warmup_days, replications, seed, engine, workers, executor, allow_large
        As for `simulate`.
    progress : callable, optional
        Called with (replications done, total), over all runs.

    Raises
    ------
    FunnelSimError
        If there is no scenario, two have the same changes, `indifference` is not above 0, both `period` and
        `days` are given, or a period is over.
    Interrupted
        By Ctrl-C after at least one scenario, with the comparison of those that are done.

    Examples
    --------
    >>> funnel = fs.read_model("model.toml")
    >>> twice = fs.parse_set("sources.inbound.rate=x2", funnel.model)
    >>> more = fs.Scenario(name="more leads", changes=(twice,))
    >>> found = fs.compare(funnel, [more], days=60, replications=20)
    >>> found.scenarios[0].differences["leads_created"].mean > 0
    True
    """
    require(funnel, Funnel, "funnel", "read one with funnelsim.read_model, or make one with funnel_of")
    require(scenarios, Sequence, "scenarios", "give a list of scenarios")
    for one in scenarios:
        require(one, Scenario, "scenarios", "see funnelsim.Scenario and funnelsim.read_scenario")
    if not scenarios:
        raise FunnelSimError("nothing to compare: give at least one scenario")
    _refuse_twins(scenarios)
    if indifference is not None and not (indifference > 0 and math.isfinite(indifference)):
        message = f"the smallest difference that matters must be above 0, found {indifference:g}"
        raise FunnelSimError(message)
    span = measured(funnel, period=period, days=days, quota=quota, history=history)
    ends = [expand(scenario) for scenario in scenarios]
    pairs = [one for both in ends for one in both]
    taking_part = [
        place == 0 and scenario.name != TOGETHER
        for scenario, both in zip(scenarios, ends, strict=True)
        for place in range(len(both))
    ]
    variants = Variants(
        funnel,
        span,
        warmup_days=warmup_days,
        replications=replications,
        seed=seed,
        engine=engine,
        workers=workers,
        executor=executor,
        allow_large=allow_large,
    )
    # Before the first run, which may take long.
    variants.refuse_what_cannot_run([one.changes for one in pairs])
    # A fit without a pipeline file found no open deals.
    empty = empty_start(funnel, warmup_days, nothing_open=funnel.model.history is not None)
    runs: list[Run] = []

    def result(done: Sequence[Scenario]) -> Comparison:
        base, *others = runs
        costs, *each_costs = _costs(variants, [(), *(one.changes for one in done)], runs)
        compared = tuple(
            pair(base, run, scenario, span, level=level, costs=(costs, own))
            for run, scenario, own in zip(others, done, each_costs, strict=True)
        )
        return Comparison(
            funnel=funnel,
            measured=span,
            base=base,
            scenarios=compared,
            costs=costs,
            ranking=_ranking(
                base, costs, compared, span, taking_part, indifference=indifference, level=level
            ),
            warnings=(
                *empty,
                *span.warnings,
                *_half_changed(funnel, done),
                *unpriced(funnel.model),
                *_overloaded(funnel, done),
                *base.notes,
            ),
        )

    try:
        for run in variants.runs([(), *(one.changes for one in pairs)], progress=progress):
            runs.append(run)
    except KeyboardInterrupt as stop:
        done = pairs[: max(len(runs) - 1, 0)]
        if not done:
            raise
        raise Interrupted(result(done), f"{len(done)} of {len(pairs)} scenarios") from stop
    return result(pairs)


def _refuse_twins(scenarios: Sequence[Scenario]) -> None:
    """Refuse a change that is given twice: applied twice in `together`, and no choice between the two."""
    single = [one for one in scenarios if one.changes and one.name != TOGETHER]
    for one, other in combinations(single, 2):
        if one.changes == other.changes:
            if one.name == other.name:
                raise FunnelSimError(f'"{one.name}" is given twice; give it once')
            raise FunnelSimError(f'"{one.name}" and "{other.name}" make the same changes; give one of them')


def _overloaded(funnel: Funnel, scenarios: Sequence[Scenario]) -> Iterator[str]:
    """Warn about overloaded roles: in the base, and in scenarios that add or change an overload."""
    before = overloads(funnel.model)
    yield from before.values()
    for one in scenarios:
        for role, text in overloads(funnel.model, one.changes).items():
            if before.get(role) != text:
                yield f"{one.name}: {text}"


def _half_changed(funnel: Funnel, scenarios: Sequence[Scenario]) -> list[str]:
    texts = [text for one in scenarios for text in left_as_they_are(funnel.model, one.changes)]
    return list(dict.fromkeys(texts))


def _costs(
    variants: Variants, changes: Sequence[Sequence[Change]], runs: Sequence[Run]
) -> list[Costs | None]:
    if not is_priced(variants.funnel.model):
        return [None] * len(runs)
    pricing = Pricing(variants=variants)
    return [pricing.costs(own, run) for own, run in zip(changes, runs, strict=True)]


def _ranking(
    base: Run,
    costs: Costs | None,
    compared: Sequence[Compared],
    measured: Measured,
    taking_part: Sequence[bool],
    *,
    indifference: float | None,
    level: float,
) -> Ranking | None:
    """Rank base and scenarios by bookings less cost, by bookings, or by wins where nothing has an amount.

    All changes together do not take part: the question is which one of them is best. Nor does the upper bound
    of a scenario with a pair for `recovered`: it is a limit of what the change can bring, not a change that
    anyone can choose.
    """
    if len(compared) < 2:
        return None
    places = [place for place in range(len(compared)) if taking_part[place]]
    runs = [(base, costs), *((compared[place].run, compared[place].costs) for place in places)]
    books = any(measured.values(run, "bookings").any() for run, _ in runs)
    name = PROFIT if PROFIT in compared[0].differences else "bookings" if books else "deals_won"
    return rank(
        name,
        ["base", *(compared[place].scenario.name for place in places)],
        [None, *places],
        np.array([values_of(measured, run, own, name) for run, own in runs]),
        draws_of(base),
        draw_rows=base.draw_rows,
        size=float(measured.values(base, "bookings" if books else "deals_won").mean()),
        indifference=indifference,
        confidence=level,
        seed=base.provenance.seed,
    )


def pair(
    base: Run,
    variant: Run,
    scenario: Scenario,
    measured: Measured,
    *,
    level: float = 0.9,
    costs: tuple[Costs | None, Costs | None] = (None, None),
) -> Compared:
    """Compare every metric of a scenario's run with the base, over the last window of both.

    `costs` are those of the base and of the scenario; where they are known, so are the differences of `cost`
    and `profit`.

    Raises
    ------
    PairingError
        If the runs are not paired.
    """
    check_pairing(base, variant)
    draws = draws_of(base)
    differences = {
        name: paired_difference(
            values_of(measured, base, costs[0], name),
            values_of(measured, variant, costs[1], name),
            draws,
            more_is_better=more_is_better(name),
            level=level,
        )
        for name in names_of(base, costs[0], measured)
    }
    attainment = None
    before, after = measured.reached(base), measured.reached(variant)
    if before is not None and after is not None:
        attainment = Attainment(
            base=float(before.mean()),
            scenario=float(after.mean()),
            difference=paired_difference(before, after, draws, level=level),
        )
    return Compared(
        scenario=scenario, run=variant, differences=differences, attainment=attainment, costs=costs[1]
    )
