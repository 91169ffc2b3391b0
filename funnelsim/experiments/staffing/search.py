"""The search for the cheapest plan over integers: numbers of reps first, then how late they can start.

It relies on monotony: a plan with more reps, or the same earlier, is taken to be no worse. What fails with
more people is therefore never tried with fewer, and what meets the requirements never with more.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from funnelsim.experiments.staffing.bounds import enough, too_few
from funnelsim.experiments.staffing.outcomes import Outcomes, error_of, mean_of
from funnelsim.experiments.staffing.plans import Plan

Counts = tuple[int, ...]

#: Times that the largest team tried is doubled while that still helps.
_DOUBLINGS = 3
#: Numbers of reps tried beyond the necessary minimum; more would take longer than an answer is waited for.
_MOST_TRIED = 200


@dataclass(slots=True)
class Searched:
    """What the search for the numbers of reps came to.

    Attributes
    ----------
    counts : tuple of int or None
        More reps of each role; None if no number is enough.
    largest : tuple of int
        The largest team tried.
    least : tuple of int
        Fewer of one role are not enough, however many there are of the others.
    ruled_out : int
        Plans inside the search box that were not simulated, by offered load or by monotony.
    """

    counts: Counts | None
    largest: Counts
    least: Counts
    ruled_out: int = 0
    failed: list[Counts] = field(default_factory=list)


def cheapest_counts(outcomes: Outcomes, *, warmup_days: float) -> Searched:
    """The numbers of reps with the lowest yearly cost that meet the requirements, all starting at once.

    The lower end of each role comes from the offered load, and then from a bisection with plenty of all
    others; from there plans are tried in the order of their cost until one is enough.
    """
    hiring = outcomes.hiring
    nobody = (0,) * len(hiring.roles)
    if outcomes.meets(hiring.plan(nobody)):
        return Searched(counts=nobody, largest=nobody, least=nobody)
    low = too_few(hiring, outcomes.wanted, warmup_days)
    high = [max(n, k) for n, k in zip(enough(hiring), low, strict=True)]
    largest = _large_enough(outcomes, high)
    if largest is None:
        return Searched(counts=None, largest=tuple(high), least=tuple(low))
    least = tuple(_least_of_one(outcomes, largest, r, low[r]) for r in range(len(largest)))
    return _in_order_of_cost(outcomes, Searched(counts=largest, largest=largest, least=least))


def _least_of_one(outcomes: Outcomes, largest: Counts, r: int, low: int) -> int:
    """The fewest of one role that are enough with plenty of all others."""

    def meets(n: int) -> bool:
        return outcomes.meets(outcomes.hiring.plan(_with(largest, r, n)))

    return _smallest(meets, low, largest[r])


def _large_enough(outcomes: Outcomes, high: Sequence[int]) -> Counts | None:
    """The given team, or a multiple of it, that meets the requirements; None if more do not help."""
    counts = tuple(high)
    for _ in range(_DOUBLINGS + 1):
        plan = outcomes.hiring.plan(counts)
        if outcomes.meets(plan):
            return counts
        more = tuple(2 * n for n in counts)
        if not _helps(outcomes, plan, outcomes.hiring.plan(more)):
            return None
        counts = more
    return None


def _helps(outcomes: Outcomes, plan: Plan, larger: Plan) -> bool:
    """Whether the larger plan comes clearly closer to a requirement that the plan fails."""
    one, two = outcomes.of(plan), outcomes.of(larger)
    size = min(one.size, two.size)
    draws = None if one.draws is None else one.draws[:size]
    for requirement in outcomes.wanted.requirements:
        before, after = requirement.slack(one.values)[:size], requirement.slack(two.values)[:size]
        gain = after - before
        clear = max(2 * error_of(gain, draws), requirement.indifference / 2)
        if mean_of(before) < 0 and mean_of(gain) > clear:
            return True
    return False


def _in_order_of_cost(outcomes: Outcomes, found: Searched) -> Searched:
    hiring = outcomes.hiring

    def cost(counts: Counts) -> tuple[float, int]:
        plan = hiring.plan(counts)
        return hiring.yearly(plan), sum(counts)

    queue, seen, tried = [(cost(found.least), found.least)], {found.least}, 0
    while queue and tried < _MOST_TRIED:
        _, counts = heapq.heappop(queue)
        if any(all(a <= b for a, b in zip(counts, worse, strict=True)) for worse in found.failed):
            found.ruled_out += 1
        else:
            tried += 1
            if outcomes.meets(hiring.plan(counts)):
                found.counts = counts
                return found
            found.failed.append(counts)
        for r in range(len(counts)):
            more = _with(counts, r, counts[r] + 1)
            if more[r] <= found.largest[r] and more not in seen:
                seen.add(more)
                heapq.heappush(queue, (cost(more), more))
    return found


def latest_starts(outcomes: Outcomes, counts: Counts) -> Counts:
    """How late the hires of each role can start, as places among the possible starts.

    The role that costs most goes first: it starts as late as the requirements allow with all others at once,
    then the next one does, given the first, and so on.
    """
    hiring = outcomes.hiring
    last = len(hiring.starts) - 1
    delays = (0,) * len(counts)
    hired = [r for r in range(len(counts)) if counts[r]]
    by_cost = sorted(
        hired, key=lambda r: -hiring.yearly(hiring.plan(_with((0,) * len(counts), r, counts[r])))
    )
    for r in by_cost:
        held = delays

        def meets(delay: int, r: int = r, held: Counts = held) -> bool:
            return outcomes.meets(hiring.plan(counts, _with(held, r, delay)))

        delays = _with(delays, r, _largest(meets, 0, last))
    return delays


def most_profitable_counts(outcomes: Outcomes) -> Counts:
    """Hires that raise bookings less people cost, one after another, the best first, until none does."""
    hiring = outcomes.hiring
    high = [2 * n for n in enough(hiring)]
    counts = (0,) * len(hiring.roles)
    while True:
        best, gained = None, 0.0
        now = outcomes.of(hiring.plan(counts)).values["profit"]
        for r in range(len(counts)):
            if counts[r] >= high[r]:
                continue
            more = _with(counts, r, counts[r] + 1)
            gain = outcomes.of(hiring.plan(more)).values["profit"][: now.size] - now
            if gain.mean() > gained:
                best, gained = more, float(gain.mean())
        if best is None:
            return counts
        counts = best


def _smallest(holds: Callable[[int], bool], low: int, high: int) -> int:
    """The smallest number for which it holds; it holds for `high`. Mostly it is near `low`."""
    step = 1
    while low < high:
        tried = min(low + step - 1, high - 1)
        if holds(tried):
            high = tried
            break
        low, step = tried + 1, 2 * step
    while low < high:
        middle = (low + high) // 2
        if holds(middle):
            high = middle
        else:
            low = middle + 1
    return low


def _largest(holds: Callable[[int], bool], low: int, high: int) -> int:
    """The largest number for which it holds; it holds for `low`."""
    while low < high:
        middle = (low + high + 1) // 2
        if holds(middle):
            low = middle
        else:
            high = middle - 1
    return low


def _with(counts: Counts, place: int, value: int) -> Counts:
    return (*counts[:place], value, *counts[place + 1 :])
