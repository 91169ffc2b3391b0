"""Documents of ``sensitivity``, made up, for screens, figures and pages."""

from __future__ import annotations

from typing import Any

from tests.unit.report import made_up

#: Path, name, kind, value, elasticity, half of its interval, share alone and in all, gain.
_PARAMETERS: tuple[tuple[Any, ...], ...] = (
    (
        "stages.demo.exits.proposal.p",
        "chance of Demo to Proposal",
        "probability",
        0.6,
        0.9,
        0.1,
        0.5,
        0.55,
        0.021,
    ),
    ("sources.inbound.rate", "leads from Website inbound", "rate", 0.2, 0.61, 0.05, 0.3, 0.32, 0.0),
    (
        "sources.inbound.amount",
        "amounts from Website inbound",
        "amount",
        12_400.0,
        0.6,
        0.02,
        0.2,
        0.21,
        0.012,
    ),
    ("stages.demo.after", "time in Demo", "time", 6.3, -0.2, 0.1, 0.02, 0.03, 0.0),
    ("roles.ae.headcount", "Account executives headcount", "headcount", 6.0, 0.15, 0.2, None, None, None),
    ("stages.demo.work.effort", "work in Demo", "effort", 0.125, -0.001, 0.0005, None, None, None),
)


def sensitivity_document(
    *,
    quota: float | None = 1_200_000,
    metric: str = "bookings",
    size: float = 1.0,
    currency: str = "USD",
    basis: str = "fit",
    sobol: bool = True,
    prefix: str = "",
    clear: bool = True,
    noun: str = "lead",
) -> dict[str, Any]:
    """A document with every kind of parameter; `size` multiplies amounts, `prefix` stands before names."""
    rows = [{"path": row[0], "name": prefix + row[1], "kind": row[2]} for row in _PARAMETERS]
    spread = 200_000.0 * size
    document: dict[str, Any] = {
        "format": 1,
        "command": "sensitivity",
        "provenance": made_up.provenance(),
        "name": "SaaS, mid-market",
        "noun": noun,
        "currency": currency,
        "amount_is": "ACV",
        "period": "FY2026Q3",
        "start": "2026-07-01",
        "end": "2026-09-30",
        "as_of": "2026-08-01",
        "quota": quota,
        "booked": 400_000 * size,
        "metric": metric,
        "level": 0.9,
        "base": {metric: {"mean": 1_100_000.0 * size, "sd": spread, "n": 10_000}},
        "elasticities": [
            row
            | {
                "now": given[3] * (size if row["kind"] == "amount" else 1),
                "value": given[4],
                "low": given[4] - (given[5] if clear else 5),
                "high": given[4] + (given[5] if clear else 5),
            }
            for row, given in zip(rows, _PARAMETERS, strict=True)
        ],
        "sobol": [],
        "sobol_basis": None,
        "variance": {
            "chance": 0.8,
            "parameters": 0.2,
            "low": 0.17,
            "high": 0.24,
            "chance_sd": 0.9 * spread,
            "parameters_sd": 0.44 * spread,
            "basis": basis,
        },
        "information": [],
        "decision": None,
        "warnings": [],
    }
    if sobol:
        document["sobol_basis"] = {"method": "simulation", "points": 128, "futures": 50, "sd": spread / 2}
        document["sobol"] = [
            row
            | {
                "first": given[6],
                "total": given[7],
                "low": given[7] - 0.03,
                "high": given[7] + 0.03,
                "first_low": given[6] - 0.1,
                "first_high": given[6] + 0.1,
                "range": {
                    "low": 0.8 * given[3],
                    "high": 1.2 * given[3],
                    "basis": "fit" if place else "given",
                },
            }
            for place, (row, given) in enumerate(zip(rows, _PARAMETERS, strict=True))
            if given[6] is not None
        ]
    if quota is not None:
        document["decision"] = {
            "probability": 0.31,
            "right_calls": 0.69,
            "everything": {"value": 0.04, "error": 0.008},
            "basis": basis,
        }
        document["information"] = [
            row | {"value": given[8], "error": 0.007}
            for row, given in zip(rows, _PARAMETERS, strict=True)
            if given[8] is not None
        ]
    return document
