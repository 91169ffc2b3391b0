"""Kaplan-Meier quantiles against a curve worked out by hand and against a published one."""

from __future__ import annotations

import numpy as np
import pytest

from funnelsim.processmap.time_in_stage import quantiles

#: Weeks of remission of 21 patients, of which 9 were seen; Freireich et al. (1963), median 23 weeks.
SEEN = [6, 6, 6, 7, 10, 13, 16, 22, 23]
CENSORED = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]


def of(seen: list[float], still_open: list[float], *levels: float) -> list[float | None]:
    days = np.array([*seen, *still_open], np.float64)
    return quantiles(days, np.arange(len(days)) >= len(seen), levels)


def test_a_published_median() -> None:
    """Mutants: the mean of the seen, the censored left out (median 10)."""
    assert of(SEEN, CENSORED, 0.5) == [23.0]


def test_without_open_visits_it_is_the_usual_median() -> None:
    draw = np.random.default_rng(1)
    for number in (1, 2, 5, 8, 31, 200):
        days = draw.integers(0, 20, number).astype(float).tolist()
        assert of(days, [], 0.5) == [pytest.approx(np.median(days))]


def test_too_few_have_ended_to_know() -> None:
    assert of([1.0], [2.0, 3.0, 4.0], 0.5) == [None]
    assert of([], [2.0], 0.5, 0.8) == [None, None]
    assert of([], [], 0.5) == [None]


def test_a_flat_part_at_the_level_has_its_middle_though_visits_are_censored_in_it() -> None:
    """Half have ended at 2, and the next ends at 10; at 5 one is censored."""
    assert of([1.0, 2.0, 10.0], [5.0], 0.5) == [6.0]
