"""Advice on options stays on the screen; what is true without it goes on the page."""

from __future__ import annotations

import pytest

from funnelsim.report.words.without_options import said, without_options


@pytest.mark.parametrize(
    ("screen", "page"),
    [
        ("No quota is set: give one with --quota, or as quota in [goal] of the model.", "No quota is set."),
        ("the period has no quota: give one with --quota, such as --quota 1.2m", "the period has no quota"),
        ("3 loops are left out. --min-share 0 keeps them.", "3 loops are left out."),
        ("Not counted as reps: Ann, Bob (--reps FILE can add them).", "Not counted as reps: Ann, Bob."),
        ("much of it comes later, see --period 2026Q2.", "much of it comes later."),
        ("Not settled: A, B. More futures (-n) or a larger --indifference would.", "Not settled: A, B."),
        ("To learn only from later data, use --since 2026-01-01.", ""),
        ("it counts as 0; give --history", "it counts as 0"),
        ("These deals decide it: Relaunch --phase two (USD 5, 3 %).",) * 2,
        ("A -- dash; nothing to give (really).",) * 2,
    ],
)  # fmt: skip
def test_only_the_advice_goes(screen: str, page: str) -> None:
    """Mutant: cut from the first clause on, which loses "Ann, Bob"."""
    assert without_options(screen) == page


def test_what_says_nothing_is_no_line() -> None:
    assert said(["To keep the hours, use --at-once hours.", "1 deal."]) == ["1 deal."]
