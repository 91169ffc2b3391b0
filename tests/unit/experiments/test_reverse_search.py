"""The search for the smallest multiplier, on probabilities known in closed form."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest

from funnelsim.experiments.reverse.search import MOST, TOLERANCE, Bracket, bisect, bracket, smallest

Chance = Callable[[float], float]


def logistic(middle: float, *, steepness: float = 8.0) -> Chance:
    return lambda m: 1 / (1 + math.exp(-steepness * (m / middle - 1)))


def find(exact: Chance, confidence: float = 0.8, *, rough: Chance | None = None) -> float | None:
    return smallest(rough or exact, exact, confidence, give_up=lambda: False)


@pytest.mark.parametrize("middle", [0.02, 0.3, 0.8, 1.0, 1.3, 4.0, 15.0])
def test_the_crossing_is_found_to_the_tolerance(middle: float) -> None:
    exact = logistic(middle)
    found = find(exact)
    assert found is not None
    crossing = middle * (1 + math.log(4) / 8)
    # Below 0.05 the width is absolute: a hundredth of a lead in a hundred makes no plan.
    width = TOLERANCE * max(found, 0.05)
    assert crossing <= found <= crossing + width * (1 + 1e-9)
    assert exact(found) >= 0.8


@pytest.mark.parametrize("off", [0.9, 0.97, 1.03, 1.1])
def test_a_rough_start_does_not_change_the_answer(off: float) -> None:
    found = find(logistic(1.5), rough=logistic(1.5 * off))
    crossing = 1.5 * (1 + math.log(4) / 8)
    assert found is not None
    assert crossing <= found <= crossing * (1 + TOLERANCE)


def test_out_of_reach_is_none() -> None:
    assert find(lambda m: 0.5) is None
    assert find(logistic(2 * MOST)) is None


def test_a_rough_part_that_reaches_it_alone_is_not_enough() -> None:
    assert find(lambda m: 0.79, rough=lambda m: 0.9 if m > 19 else 0.1) is None


def test_no_new_lead_is_needed_where_none_reaches_it() -> None:
    assert find(lambda m: 0.9) == 0.0
    # The part said so, all futures say that a few leads are needed.
    found = find(logistic(0.1), rough=lambda m: 0.9)
    assert found == pytest.approx(0.1 * (1 + math.log(4) / 8), abs=2 * TOLERANCE * 0.12)


def test_a_step_is_found_like_a_slope() -> None:
    found = find(lambda m: float(m >= 1.2345))
    assert found == pytest.approx(1.2345, rel=TOLERANCE)


def test_the_search_stops_where_more_leads_do_not_help() -> None:
    tried: list[float] = []

    def chance(m: float) -> float:
        tried.append(m)
        return 0.5

    assert bracket(chance, 0.8, give_up=lambda: len(tried) >= 3) is None
    assert max(tried) == 2.0


def test_a_bracket_without_width_stays() -> None:
    assert bisect(lambda m: 1.0, 0.8, Bracket(0.0, 0.0), 0.01) == Bracket(0.0, 0.0)
