"""Documents of friction, made up."""

from __future__ import annotations

from typing import Any

from tests.unit.report import made_up


def effects(gain: float, half: float, *, unit: float = 1.0, quota: bool = True) -> dict[str, Any]:
    def around(mean: float, error: float) -> dict[str, float]:
        return {"mean": mean, "low": mean - error, "high": mean + error}

    metrics = {
        "bookings": around(gain, half),
        "quota_credit": around(gain, half),
        "deals_won": around(gain / 20_000 * unit, half / 20_000 * unit),
        "cycle_days": around(-gain / 40_000, half / 40_000),
    }
    chance = {"attainment_probability": around(gain / 1e6, half / 1e6)} if quota else {}
    return {"metrics": metrics, "clear": abs(gain) > half, **chance}


def lever(name: str, gain: float, half: float, **more: Any) -> dict[str, Any]:
    path = {"kind": "conversion", "path": "stages.demo.exits.lost.p", "change": "-1pp", "name": name}
    return path | effects(gain, half) | more


def driver(level: str, gain: float, raised: str = "others") -> dict[str, Any]:
    found = {"covariate": "source", "level": level, "stage": "proposal", "to": "won", "moves": "trigger"}
    ratio = {"ratio": 1.4, "ratio_low": 1.2, "ratio_high": 1.6, "share": 0.2, "raised": raised}
    return lever("", gain, 9_000.0) | {"kind": "driver"} | found | ratio


def friction_document(
    names: tuple[str, ...] = made_up.LONG_STAGES[3:9], *, waits: bool = True, **more: Any
) -> dict[str, Any]:
    keys = {name.split()[0].lower().strip(","): name for name in names}
    part = 0.7 if waits else 0.0
    leaks = [
        {
            "stage": key,
            "lost": 143.0 / (k + 1),
            "value": 1_020_000.0 / (k + 1),
            "won_if_on": 0.3,
            "days": 12.0 + 2 * part,
            "wait": {"no_rep": part, "office_closed": part},
            "work_days": 0.02,
            "own_days": 11.98,
        }
        for k, key in enumerate(keys)
    ]
    removals = [
        {"stage": key, "time_only": effects(46_000, 5_000), "all_recovered": effects(158_000, 9_000)}
        for key in list(keys)[1:-1]
    ]
    levers = [
        lever("Proposal to Verbal agreement: 1 point more", 31_000.0, 4_000.0),
        lever(f"{names[-1]}: 1 day faster", 21_000.0, 9_000.0, kind="time", changes_from="2026-01-02"),
        lever("Account executives: 1 hour less waiting", 4_100.0, 900.0, kind="waiting", hours_saved=3.2),
        lever("Webinar: 1 % more leads", -3_000.0, 1_000.0, kind="leads"),
        lever("Discovery: 10 % faster", 1_000.0, 4_000.0, kind="time"),
    ]
    base = made_up.compare_document()["base"]
    return {
        "format": 1,
        "command": "friction",
        "provenance": made_up.provenance(),
        "name": "SaaS, mid-market",
        "noun": "deal",
        "currency": "USD",
        "amount_is": "ACV",
        "stage_names": keys,
        "period": "2026Q1",
        "start": "2026-01-01",
        "end": "2026-03-31",
        "changes_from": "2026-01-01",
        "days": 90.0,
        "quota": 1_200_000,
        "metric": "bookings",
        "value_of": "bookings",
        "top": 10,
        "level": 0.9,
        "base": base,
        "attainment_probability": 0.51,
        "leaks": leaks,
        "levers": levers,
        "removals": removals,
        "drivers": [driver("Referral", 61_000.0), driver("Fair", 15_000.0, "group"), driver("Web", 100.0)],
        "later_period": "2026Q2",
        "assumptions": ["Nothing costs anything."],
        "warnings": [],
        **more,
    }


def nothing_clear() -> dict[str, Any]:
    document = friction_document(removals=[], drivers=[], unknown_drivers="the model has no fit report")
    return document | {"levers": [lever("Demo: 10 % faster", 10.0, 900.0)]}


def in_wins() -> dict[str, Any]:
    """Without amounts and without a quota."""
    document = friction_document(waits=False, metric="deals_won", value_of="deals_won", currency="")
    document["attainment_probability"] = None
    document["base"]["deals_won"] = document["base"]["cycle_days"]
    return document


DOCUMENTS = {
    "usual": friction_document(),
    "without waits": friction_document(waits=False),
    "nothing clear": nothing_clear(),
    "in wins": in_wins(),
    "long names": friction_document(made_up.LONG_STAGES),
    "of the cycle": friction_document(metric="cycle_days"),
}
