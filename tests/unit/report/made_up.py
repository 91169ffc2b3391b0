"""Documents as the commands write them, made up from seeded draws."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
REPLICATIONS = 10_000

LONG_STAGES = (
    "Brand awareness",
    "Brand engagement",
    "Marketing-qualified lead (scored by the content programme and the webinar series)",
    "Sales interaction",
    "Sales-qualified lead",
    "Discovery",
    "Demo / solution presentation on the prospect's own data",
    "Proposal",
    "Verbal agreement, subject to the legal and the security review of the buyer's group",
    "Contract signed",
    "Implementation",
    "Go-live",
    "New client",
    "Existing client with Donaudampfschifffahrtsgesellschaftskapitänsmützenversicherungen",
)


def summary(sample: Array) -> dict[str, Any]:
    levels = (5, 10, 25, 50, 75, 90, 95)
    quantiles = {f"p{level:02d}": float(np.quantile(sample, level / 100)) for level in levels}
    sd = float(np.std(sample, ddof=1))
    return {
        "mean": float(np.mean(sample)),
        "sd": sd,
        "mc_error": sd / len(sample) ** 0.5,
        "n": len(sample),
        **quantiles,
    }


def wins_worth(rng: np.random.Generator, deals: float, amount: float, sigma: float = 0.8) -> Array:
    """Compound Poisson bookings: so many deals expected, each lognormal with this mean."""
    counts = rng.poisson(deals, REPLICATIONS)
    owner = np.repeat(np.arange(REPLICATIONS), counts)
    amounts = rng.lognormal(np.log(amount) - sigma**2 / 2, sigma, counts.sum())
    return np.bincount(owner, amounts, minlength=REPLICATIONS)


def provenance() -> dict[str, Any]:
    return {
        "model": "model.toml",
        "model_sha256": "a1b2c3d4" * 8,
        "plan_sha256": "0f1e2d3c" * 8,
        "seed": 1,
        "replications": REPLICATIONS,
        "engine": "fast",
        "version": "0.1.0",
    }


def forecast_period(
    *,
    seed: int = 7,
    size: float = 1.0,
    booked: float = 412_000,
    open_deals: float = 25,
    new_deals: float = 6,
    expansion_deals: float = 0,
    quota: float | None = 1_200_000,
    credited_later: bool = False,
    label: str = "2026Q1",
    start: str = "2026-01-01",
    end: str = "2026-03-31",
) -> dict[str, Any]:
    """One period; `size` multiplies every amount except the quota."""
    rng = np.random.default_rng(seed)
    pipeline, new, expansion = (
        size * wins_worth(rng, deals, 22_000) for deals in (open_deals, new_deals, expansion_deals)
    )
    bookings = size * booked + pipeline + new + expansion
    parts = {
        "booked": size * booked,
        "pipeline": summary(pipeline),
        "new": summary(new),
        "expansion": summary(expansion),
    }
    credit, credit_parts = bookings, parts
    if credited_later:
        credit = 0.6 * size * booked + 0.4 * pipeline
        nothing = summary(np.zeros(REPLICATIONS))
        credit_parts = {
            "booked": 0.6 * size * booked,
            "pipeline": summary(0.4 * pipeline),
            "new": nothing,
            "expansion": nothing,
        }
    attained = None if quota is None else float(np.mean(credit >= quota))
    percents = np.arange(1, 100) / 100
    return {
        "period": label,
        "start": start,
        "end": end,
        "days_left": 50,
        "quota": quota,
        "attainment_probability": attained,
        "attainment_mc_error": None
        if attained is None
        else (attained * (1 - attained) / REPLICATIONS) ** 0.5,
        "bookings": summary(bookings),
        "quota_credit": summary(credit),
        "parts": credit_parts,
        "parts_bookings": parts,
        "wins": summary(rng.poisson(open_deals + new_deals, REPLICATIONS).astype(float)),
        "counts": {"booked_deals": 17, "open_deals": 96, "new_leads": 140},
        "quantiles": np.quantile(credit, percents).tolist(),
        "quantiles_bookings": np.quantile(bookings, percents).tolist(),
        "weighted_pipeline": 1_339_000 * size,
        "run_rate": 1_020_000 * size,
    }


def deals(number: int = 8, *, size: float = 1.0, seed: int = 3) -> list[dict[str, Any]]:
    rng = np.random.default_rng(seed)
    stages = ("discovery", "demo", "proposal", "verbal_agreement")
    return [
        {
            "lead": f"006-{place:04d}",
            "name": f"Made-up company {place}",
            "owner": f"Rep {place % 3}",
            "stage": stages[place % len(stages)],
            "age_days": float(rng.uniform(1, 90)),
            "amount": size * float(rng.lognormal(10.5, 0.8)),
            "p_in_period": float(rng.uniform(0.05, 0.6)),
            "p_ever": float(rng.uniform(0.6, 0.8)),
            "median_close": "2026-04-17",
            "flags": ["older than any that went on"] if place == 2 else [],
        }
        for place in range(number)
    ]


def with_groups(document: dict[str, Any], names: tuple[str, ...], by: str = "owner") -> dict[str, Any]:
    """The document with its first period split into groups of equal means, which have quotas if it has."""
    period = dict(document["periods"][0])
    n = len(names)

    def part(found: dict[str, Any]) -> dict[str, Any]:
        return {key: value if key == "n" or value is None else value / n for key, value in found.items()}

    parts = period["parts_bookings"] if period.get("parts_bookings") else period["parts"]
    quota = period.get("quota")
    period["groups"] = [
        {
            "name": name,
            "bookings": part(period["bookings"]),
            "quota_credit": part(period["quota_credit"]),
            "wins": part(period["wins"]) if period.get("wins") else {},
            "quota": quota if quota is None else quota / n,
            "attainment_probability": None if quota is None else 0.31,
            "booked": parts["booked"] / n,
            "open_pipeline": parts["pipeline"]["mean"] / n,
            "still_to_come": parts["new"]["mean"] / n,
            "expansion": parts["expansion"]["mean"] / n,
        }
        for name in names
    ]
    split = {"simulated": False, "newest": 431, "since": "2025-08-12"}
    return document | {"periods": [period, *document["periods"][1:]], "by": by, "split": split}


def forecast_document(**period: Any) -> dict[str, Any]:
    currency = period.pop("currency", "USD")
    name = period.pop("name", "SaaS, mid-market")
    return {
        "format": 1,
        "command": "forecast",
        "provenance": provenance(),
        "name": name,
        "currency": currency,
        "amount_is": period.pop("amount_is", "ACV"),
        "noun": "deal",
        "as_of": "2026-02-09",
        "periods": [forecast_period(**period)],
        "deals": deals(size=period.get("size", 1.0)),
        "warnings": [],
    }


def funnel_stages(names: tuple[str, ...] = LONG_STAGES, *, top: float = 48_000) -> list[dict[str, Any]]:
    rng = np.random.default_rng(11)
    rows, entered = [], top
    for name in names:
        conversion = float(rng.uniform(0.3, 0.9))
        rows.append(
            {
                "stage": "_".join(name.lower().split()[:2]),
                "name": name,
                "entered": entered,
                "conversion": conversion,
                "dwell_days_mean": float(rng.lognormal(1.8, 0.9)),
                "open": float(rng.integers(0, 400)),
            }
        )
        entered *= conversion
    return rows


def _difference(rng: np.random.Generator, centre: float, spread: float) -> dict[str, Any]:
    sample = rng.normal(centre, spread, REPLICATIONS)
    error = 1.645 * spread / REPLICATIONS**0.5
    mean = float(np.mean(sample))
    return {
        "mean": mean,
        "difference": {"mean": mean, "low": mean - error, "high": mean + error, "level": 0.9},
        "spread": {"p05": float(np.quantile(sample, 0.05)), "p95": float(np.quantile(sample, 0.95))},
        "probability_better": float(np.mean(sample > 0)),
    }


def unchanged(name: str = "Nothing at all") -> dict[str, Any]:
    nothing = {
        "mean": 1.0,
        "difference": {"mean": 0.0, "low": 0.0, "high": 0.0, "level": 0.9},
        "spread": {"p05": 0.0, "p95": 0.0},
        "probability_better": 0.5,
    }
    return {
        "name": name,
        "metrics": {"bookings": nothing, "cycle_days": nothing},
        "attainment_probability": {"base": 0.51, "scenario": 0.51, "difference": 0.0},
    }


def scenario(name: str, gain: float, *, spread: float = 400_000, days: float = -2.0) -> dict[str, Any]:
    rng = np.random.default_rng(len(name))
    cycle = _difference(rng, days, 3.0)
    cycle["probability_better"] = 1 - cycle["probability_better"]
    points = float(np.tanh(gain / 1e6) / 2)
    return {
        "name": name,
        "metrics": {"bookings": _difference(rng, gain, spread), "cycle_days": cycle},
        "attainment_probability": {"base": 0.51, "scenario": 0.51 + points, "difference": points},
    }


def compare_document(*scenarios: dict[str, Any], currency: str = "USD") -> dict[str, Any]:
    rng = np.random.default_rng(5)
    return {
        "format": 1,
        "command": "compare",
        "provenance": provenance(),
        "name": "SaaS, mid-market",
        "currency": currency,
        "amount_is": "ACV",
        "periods": [{"period": "FY2026Q3", "start": "2026-07-01", "end": "2026-09-30", "quota": 1_200_000}],
        "base": {
            "bookings": summary(wins_worth(rng, 55, 22_000)),
            "cycle_days": summary(rng.gamma(60, 1.0, REPLICATIONS)),
        },
        "scenarios": list(scenarios)
        or [
            scenario("Demo to proposal +5pp", 97_000, days=0.0),
            scenario("No security review (no lost deals recovered)", 46_000, days=-11.2),
            scenario("No security review (all lost deals recovered)", 158_000, days=-10.8),
            scenario("Two more account executives from 1 March", -18_000, days=-1.9),
            unchanged(),
        ],
        "warnings": [],
    }


def with_reps(document: dict[str, Any]) -> dict[str, Any]:
    """A simulation in which reps work on the leads of every stage."""
    waits = {f"wait_days.{stage}": {"mean": 0.5, "n": REPLICATIONS} for stage in document["stage_names"]}
    busy = {"utilisation.ae_reps": {"mean": 0.77, "p10": 0.7, "p90": 0.84, "n": REPLICATIONS}}
    return document | {
        "role_names": {"ae_reps": "Account executives"},
        "metrics": document["metrics"] | waits | busy,
    }


def simulate_document(names: tuple[str, ...] = LONG_STAGES[3:9]) -> dict[str, Any]:
    rng = np.random.default_rng(2)
    wins = rng.poisson(120, REPLICATIONS).astype(float)
    metrics: dict[str, Any] = {
        "leads_created": summary(rng.poisson(3640, REPLICATIONS).astype(float)),
        "deals_won": summary(wins),
        "deals_lost": summary(rng.poisson(2900, REPLICATIONS).astype(float)),
        "bookings": summary(wins_worth(rng, 120, 12_000)),
        "quota_credit": summary(wins_worth(rng, 90, 12_000)),
        "cycle_days": summary(rng.normal(29.7, 1.1, REPLICATIONS)),
        "win_rate": summary(rng.beta(40, 960, REPLICATIONS)),
        "retention": {"mean": None, "n": 0},
    }
    keys = {}
    for row in funnel_stages(names, top=3_600):
        keys[row["stage"]] = row["name"]
        entered = rng.poisson(row["entered"], REPLICATIONS).astype(float)
        metrics[f"entered.{row['stage']}"] = summary(entered)
        metrics[f"conversion.{row['stage']}"] = summary(
            np.clip(rng.normal(row["conversion"], 0.01, REPLICATIONS), 0, 1)
        )
        metrics[f"dwell_days.{row['stage']}"] = summary(rng.normal(row["dwell_days_mean"], 0.2, REPLICATIONS))
        metrics[f"wip.{row['stage']}"] = summary(entered / 20)
    halves = [
        {
            "period": "2026Q1",
            "start": "2026-01-01",
            "end": "2026-03-31",
            "complete": True,
            "metrics": metrics,
        },
        {
            "period": "2026Q2",
            "start": "2026-04-01",
            "end": "2026-06-30",
            "complete": False,
            "metrics": metrics,
        },
    ]
    return {
        "format": 1,
        "command": "simulate",
        "provenance": provenance(),
        "name": "SaaS, mid-market",
        "currency": "USD",
        "amount_is": "ACV",
        "noun": "lead",
        "start": "2026-01-01",
        "end": "2026-06-30",
        "stage_names": keys,
        "metrics": metrics,
        "periods": halves,
        "warnings": [],
    }


NOTHING_BOOKED = dict.fromkeys(("mean", "sd", "p05", "p10", "p25", "p50", "p75", "p90", "p95"), 0.0)


def without_money(document: dict[str, Any]) -> dict[str, Any]:
    """The same document where no lead has an amount and nothing a quota; the n-th scenario wins n more."""
    money = ("bookings", "quota_credit", "revenue", "expansion")
    unmoved = {"mean": 0.0, "difference": {"mean": 0.0, "low": 0.0, "high": 0.0, "level": 0.9}}

    def spent(metrics: dict[str, Any], nothing: dict[str, Any]) -> dict[str, Any]:
        return {name: nothing if name in money else value for name, value in metrics.items()}

    found = document | {"noun": "application", "currency": "", "quota": None}
    if "metrics" in found:
        found["metrics"] = spent(found["metrics"], NOTHING_BOOKED)
    if "base" in found:
        found["base"] = spent(found["base"], NOTHING_BOOKED) | {"deals_won": {"mean": 70.0}}
        found["scenarios"] = [
            one
            | {
                "metrics": spent(one["metrics"], unmoved)
                | {
                    "deals_won": {
                        "mean": 70.0 + n,
                        "difference": {"mean": n, "low": n - 0.5, "high": n + 0.5},
                    }
                },
                "attainment_probability": None,
            }
            for n, one in enumerate(found["scenarios"])
        ]
    if "periods" in found:
        found["periods"] = [
            period
            | ({"metrics": spent(period["metrics"], NOTHING_BOOKED)} if "metrics" in period else {})
            | ({"bookings": NOTHING_BOOKED, "quota_credit": NOTHING_BOOKED} if "bookings" in period else {})
            | {"quota": None, "quantiles": (), "quantiles_bookings": ()}
            for period in found["periods"]
        ]
    return found
