"""Triggers and frictions as sentences."""

from __future__ import annotations

from typing import Any

from funnelsim.report import driver_words
from funnelsim.report.documents import FitDocument
from funnelsim.report.screens.fit import print_fit
from funnelsim.report.sections.fit import fit_sections
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
            "not_used": [{"covariate": "account", "reason": "is known of 3 % of them only"}],
            "fast_days": 8.0,
            "fast_share": 0.13,
        },
        "dependences": [
            dependence | {"ratio": 4.06, "low": 3.74, "high": 4.4, "clear": True},
            dependence | {"stage": "proposal", "ratio": 1.02, "low": 0.9, "high": 1.15},
        ],
        **parts,
    }


def test_triggers_frictions_and_fast_wins_are_told_in_plain_words() -> None:
    told = " ".join(screen(print_fit, document(), 120).split())
    assert "Deals from referral move from Demo to Proposal 1.62 times as often (1.31 to 1.94)." in told
    assert "Deals of 5,000 and more EUR move from Demo to lost 2.4 times as often (2.1 to 2.8)." in told
    assert "Fast is won within 8 days, as a quarter of the wins were; of all deals 13 % are." in told
    assert "Deals of rep Ana are won as fast 1.90 times as often (1.40 to 2.6)." in told
    assert "The account is not used: it is known of 3 % of them only." in told
    assert (
        "Amount and outcome are not independent in 1 of 2 places: the odds that the largest quarter of deals "
        "move on from Demo are 4.1 times (3.7 to 4.4) those of the smallest." in told
    )


def test_who_moves_on_more_seldom_is_held_back() -> None:
    """Catches a trigger told of the source that lacks it."""
    typed = FitDocument.model_validate(document())
    assert [one.level.level for one in driver_words.strongest(typed, "trigger")] == ["referral"]
    assert [one.level.level for one in driver_words.strongest(typed, "friction")] == ["5,000 and more", "web"]


def test_that_nothing_is_found_is_said() -> None:
    quiet = driver("trigger", "proposal", level("web", 1.0, 0.9, 1.1, clear=False))
    told = screen(print_fit, document(drivers={"found": [quiet]}, dependences=[]), 120)
    assert "Held against source, how they move differs by no more than chance and a little." in told
    assert "What moves them on" not in told


def test_the_page_has_every_effect_and_every_test() -> None:
    section = list(fit_sections(FitDocument.model_validate(document())))[1]
    effects, tests = section.grids
    assert [row[2] for row in effects.rows] == ["referral", "web", "Ana", "5,000 and more"]
    assert [row[-1] for row in tests.rows] == ["fails", ""]
    assert tests.rows[0][4] == "< 0.0001"


def test_a_fit_of_before_is_still_drawn() -> None:
    told = screen(print_fit, document(drivers=None, dependences=[]), 120)
    assert "how far the data reach" in told
    assert len(list(fit_sections(FitDocument.model_validate(document(drivers=None))))) == 1
