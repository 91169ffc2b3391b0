"""The most frequent paths, counted by hand."""

from __future__ import annotations

import math

import pytest

from funnelsim.processmap.of_history import history_map

from .logs import log


def test_paths_with_wins_values_and_times() -> None:
    """Mutants: open leads counted, amounts of lost deals averaged, the share of all leads."""
    found = history_map(
        log(
            "demo 1, offer 1, won",
            "demo 1, offer 3, won",
            "demo 5, offer 5, lost",
            "demo 1, lost",
            "demo 1, offer",
            amounts=(100.0, 300.0, 9_999.0, None, 5.0),
        )
    )
    first, second = found.variants
    assert found.variants_in_all == 2
    assert (first.path, first.n, first.won, first.share) == (("demo", "offer"), 3, 2, 0.75)
    assert (first.median_days, first.mean_amount) == (4.0, 200.0)
    assert (second.path, second.won, second.mean_amount) == (("demo",), 0, None)


def test_win_rates_have_wilson_intervals() -> None:
    """In closed form: 3 of 10 at 90 %."""
    found = history_map(log(*["demo 1, won"] * 3, *["demo 1, lost"] * 7)).variants[0]
    z, n, p = 1.6448536269514722, 10, 0.3
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    assert (found.win_rate_low, found.win_rate_high) == (
        pytest.approx(middle - half),
        pytest.approx(middle + half),
    )


def test_only_the_most_frequent_are_kept() -> None:
    found = history_map(log("demo 1, won", "demo 1, lost", "offer 1, won", "contract 1, won"), top=2)
    assert [variant.path for variant in found.variants] == [("demo",), ("offer",)]  # ties in funnel order
    assert found.variants_in_all == 3


def test_how_often_a_stage_is_repeated_makes_another_path() -> None:
    found = history_map(log("demo 1, demo 1, won", "demo 1, won"))
    assert {variant.path for variant in found.variants} == {("demo", "demo"), ("demo",)}
