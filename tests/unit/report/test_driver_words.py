"""Triggers and frictions as sentences."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from funnelsim.documents.fit import FitDocument
from funnelsim.documents.fit_drivers import FitLevel
from funnelsim.report.pages.fit import fit_sections
from funnelsim.report.screens.fit import print_fit
from funnelsim.report.words import driver_words
from tests.unit.report.test_screens import screen


def level(name: str, ratio: float, low: float, high: float, *, clear: bool = True) -> dict[str, Any]:
    numbers = {"deals": 90, "seen": 40.0, "expected": 25.0, "ratio": ratio, "low": low, "high": high}
    return {"level": name, **numbers, "clear": clear}


def driver(kind: str, to: str, *levels: dict[str, Any], covariate: str = "source") -> dict[str, Any]:
    move = {"stage": "" if kind == "fast" else "demo", "to": to, "kind": kind}
    return {"covariate": covariate, **move, "p_value": 1e-6, "q_value": 1e-5, "levels": list(levels)}


def document(**parts: Any) -> dict[str, Any]:
    dependence = {"question": "amount and outcome", "stage": "demo", "visits": 900, "p_value": 1e-9}
    return {
        "format": 1,
        "command": "fit",
        "currency": "EUR",
        "stages": [{"stage": "demo", "name": "Demo", "visits": 900}],
        "stage_names": {"demo": "Demo", "proposal": "Proposal"},
        "drivers": {
            "found": [
                driver(
                    "trigger", "proposal", level("referral", 1.62, 1.31, 1.94), level("web", 0.7, 0.6, 0.8)
                ),
                driver("friction", "lost", level("5,000 and more", 2.4, 2.1, 2.8), covariate="amount"),
                driver("fast", "won", level("Ana", 1.9, 1.4, 2.6), covariate="owner"),
            ],
            "not_used": [
                {"covariate": "account", "reason": "is known for only 3 % of the deals"},
                {"covariate": "amount", "name": "won amount", "reason": "is known of no open one"},
            ],
            "fast_days": 8.0,
            "fast_share": 0.13,
        },
        "dependences": [
            dependence | {"ratio": 4.06, "low": 3.74, "high": 4.4, "clear": True},
            dependence | {"stage": "proposal", "ratio": 1.02, "low": 0.9, "high": 1.15},
        ],
        **parts,
    }


in_detail = partial(print_fit, detail=True)


def test_triggers_frictions_and_fast_wins_are_told_in_plain_words() -> None:
    told = " ".join(screen(in_detail, document(), 120).split())
    assert "Deals from referral move from Demo to Proposal 1.62 times as often (1.31 to 1.94)." in told
    assert "Deals of EUR 5,000 and more move from Demo to lost 2.4 times as often (2.1 to 2.8)." in told
    assert "Fast is won within 8 days, as a quarter of the wins were; of all deals 13 % are." in told
    assert "Deals of rep Ana are won as fast 1.90 times as often (1.40 to 2.60)." in told
    assert "The account is not used, because it is known for only 3 % of the deals." in told
    assert "The won amount is not used, because it is known of no open one." in told
    assert (
        "Amount and outcome are related in 1 of 2 tests: the odds that the largest quarter of deals "
        "move forward from Demo are 4.1 times those of the smallest quarter (3.7 to 4.4)." in told
    )


@pytest.mark.parametrize(
    ("low", "high", "told"),
    [
        (1.5, 2.04, ("1.77", "1.50", "2.04")),
        (1.98, 2.0, ("1.99", "1.98", "2.00")),
        (2.0, 12.0, ("7.0", "2.0", "12.0")),
        (12.0, 1_204.0, ("608", "12", "1,204")),
    ],
)
def test_both_ends_of_a_range_have_the_same_decimals(low: float, high: float, told: tuple[str, ...]) -> None:
    """Mutant: each number with decimals of its own, ``1.50 to 2.0``."""
    one = FitLevel.model_validate(level("web", (low + high) / 2, low, high))
    assert driver_words.ratio_words(one) == told


def test_who_moves_on_more_seldom_is_held_back() -> None:
    """Catches a trigger told of the source that lacks it."""
    typed = FitDocument.model_validate(document())
    assert [one.level.level for one in driver_words.strongest(typed, "trigger")] == ["referral"]
    assert [one.level.level for one in driver_words.strongest(typed, "friction")] == ["5,000 and more", "web"]


def test_that_nothing_is_found_is_said() -> None:
    quiet = driver("trigger", "proposal", level("web", 1.0, 0.9, 1.1, clear=False))
    told = screen(in_detail, document(drivers={"found": [quiet]}, dependences=[]), 120)
    assert "Source makes no measurable difference." in told
    assert "More likely to move forward" not in told


def test_the_page_has_every_effect_and_every_test() -> None:
    section = list(fit_sections(FitDocument.model_validate(document())))[1]
    effects, tests = section.grids
    assert [row[2] for row in effects.rows] == ["referral", "web", "Ana", "5,000 and more"]
    assert [row[-1] for row in tests.rows] == ["related", ""]
    assert tests.rows[0][4] == "< 0.0001"


def test_a_fit_of_before_is_still_drawn() -> None:
    told = screen(in_detail, document(drivers=None, dependences=[]), 120)
    assert "coverage of the data" in told
    assert len(list(fit_sections(FitDocument.model_validate(document(drivers=None))))) == 1


def test_what_is_left_out_is_shown_by_a_command_that_is_named() -> None:
    levels = [level(f"web {k}", 2.0, 1.5, 2.5) for k in range(5)]
    many = document(drivers={"found": [driver("trigger", "proposal", *levels)]})
    assert "- 2 more: funnelsim report model.fit.json --out fit.html\n" in screen(print_fit, many, 120)
    named = screen(print_fit, many, 120, model="a b.toml")
    assert "2 more: funnelsim report 'a b.fit.json' --out fit.html" in named


def test_exits_to_one_place_stand_with_the_names_that_changes_need() -> None:
    """Mutant: only ``part``, which no path can name."""
    late = {"exit": "won_late", "to": "won", "count": 9, "p": 0.2, "median_days": 90.0}
    won = late | {"exit": "won", "median_days": 9.0}
    stage = {"stage": "demo", "name": "Demo", "visits": 900, "exits": [won, late]}
    told = screen(in_detail, document(stages=[stage]), 120)
    assert "    part, won " in told
    assert "    part, won_late " in told


def test_exits_to_one_place_have_a_range_together() -> None:
    """On screen and page; what the parts say alone is no sum of ends. Mutant: no range beside their sum."""
    late = {"exit": "won_late", "to": "won", "count": 9, "p": 0.2, "p_low": 0.1, "p_high": 0.3}
    won = late | {"exit": "won"}
    together = {"to": "won", "p": 0.4, "p_low": 0.35, "p_high": 0.45}
    stage = {"stage": "demo", "name": "Demo", "visits": 900, "exits": [won, late], "targets": [together]}
    row = next(
        line for line in screen(in_detail, document(stages=[stage]), 120).splitlines() if "to won" in line
    )
    assert row.split() == ["to", "won", "18", "40", "%", "35", "%", "to", "45", "%"]
    grid = next(fit_sections(FitDocument.model_validate(document(stages=[stage])))).grids[0]
    assert [(row[1], row[2]) for row in grid.rows] == [
        ("won, total", "18"),
        ("won", "9"),
        ("won (won late)", "9"),
    ]
    assert "35 % to 45 %" in grid.rows[0][3]


def test_exits_that_move_as_they_always_did_are_no_row() -> None:
    """Catches ``x1.00  x1.00 to x1.00``; a calendar is worth a row without it."""
    still = {"to": "proposal", "level": 1.0, "level_low": 0.998, "level_high": 1.002}
    lost = still | {"to": "lost", "level": 1.4, "level_high": 1.8}

    def shown(*moving: dict[str, Any]) -> str:
        stage = {"stage": "demo", "name": "Demo", "visits": 900, "moving": list(moving)}
        return screen(in_detail, document(stages=[stage], drivers=None), 120)

    assert "current speed" not in shown(still)
    told = shown(still, lost)
    assert "x1.40" in told
    assert "Demo to Proposal" not in told
    by_month = shown(still | {"month": [0.7, 0.9, 1.4]}, lost)
    assert "Demo to Proposal" in by_month
    assert "x1.00 to x1.00" not in by_month


def test_the_first_page_leaves_the_statistics_to_detail() -> None:
    page, all_of_it = screen(print_fit, document(), 120), screen(in_detail, document(), 120)
    for text in ("coverage of the data", "is not used", "distribution of the time"):
        assert text in all_of_it
        assert text not in page
    assert "funnelsim report model.fit.json --out fit.html" in page
