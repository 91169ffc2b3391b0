"""Documents of bridges, made up."""

from __future__ import annotations

from typing import Any

from funnelsim.documents.forecast import ForecastDocument
from funnelsim.forecasting.bridge.bridge import bridge
from tests.unit.forecasting.bridge.made_up_forecasts import booked_deal, forecast_of, open_deal

LONG = "Donaudampfschifffahrtsgesellschaftskapitänsmützenversicherung " * 4


def bridge_document(size: float = 1.0, **more: Any) -> dict[str, Any]:
    """Every kind of change; `size` multiplies every amount."""

    def deal(key: str, expected: float, amount: float = 60_000.0, stage: str = "demo") -> dict[str, Any]:
        return open_deal(key, expected * size, amount=amount * size, stage=stage, p=expected / amount)

    def won(key: str, amount: float) -> dict[str, Any]:
        return booked_deal(key, amount * size)

    before = forecast_of(
        *[deal(key, 30_000.0 + 1000 * k) for k, key in enumerate("abcdefgh")],
        booked=(won("w", 400_000.0),),
        new=90_000.0 * size,
        **more,
    )
    after = forecast_of(
        deal("b", 20_000.0),
        deal("c", 41_000.0),
        deal("d", 48_000.0, amount=90_000.0),
        deal("e", 15_000.0, amount=26_000.0),
        deal("f", 44_000.0, stage="offer"),
        deal("new", 9_000.0),
        booked=(won("w", 400_000.0), won("a", 52_345.67)),
        new=78_000.0 * size,
        **{"as_of": "2026-02-08", **more},
    )
    return bridge(("2026-02-01-aaaaaa", before), ("2026-02-08-bbbbbb", after)).as_json()


def _refitted() -> dict[str, Any]:
    made = bridge_document()
    steps = [one | ({"amount": 12_345.67} if one["kind"] == "model" else {}) for one in made["steps"]]
    to = made["to"] | {"mean": round(made["to"]["mean"] + 12_345.67, 2)}
    return made | {"model_change": "separated", "steps": steps, "to": to}


def _odd_names() -> dict[str, Any]:
    names = [LONG, "<script>alert(1)</script>", "名前 ✓", "$5_deal^2", "a\nb\tc", "'; --"]
    before = forecast_of(
        *[
            open_deal(f"d{k}", 10.0 * k) | {"name": name, "account": name[::-1], "owner": name}
            for k, name in enumerate(names, start=1)
        ]
    )
    after = forecast_of(as_of="2026-02-08", name=before.name)
    return bridge(("old", before), ("new", after)).as_json()


def _without_money() -> dict[str, Any]:
    nothing = {"mean": 0.0, "p05": 0.0, "p95": 0.0}
    ends = [
        forecast_of(
            open_deal("a", 0.0, amount=None, p=0.3),
            booked=won_deals,
            as_of=as_of,
            period={"bookings": nothing, "wins": {"mean": wins, "p50": wins}},
        )
        for won_deals, as_of, wins in (
            ((), "2026-02-01", 2.3),
            ((booked_deal("b", 0.0),), "2026-02-08", 3.125),
        )
    ]
    return bridge(("old", ends[0]), ("new", ends[1])).as_json()


def _between(before: ForecastDocument, after: ForecastDocument) -> dict[str, Any]:
    return bridge(("a", before), ("b", after)).as_json()


FIVE, NOTHING = forecast_of(open_deal("x", 5.0)), forecast_of(new=0.0)
DOCUMENTS = {
    "every kind": bridge_document(),
    "small": bridge_document(1e-4),
    "trillions": bridge_document(1e8),
    "refitted": _refitted(),
    "odd names": _odd_names(),
    "without money": _without_money(),
    "nothing changed": _between(FIVE, FIVE),
    "from nothing": _between(NOTHING, FIVE),
    "nothing at all": _between(NOTHING, NOTHING),
    "no currency": bridge_document(currency="", amount_is=""),
    "unknown model": _between(FIVE, forecast_of(open_deal("x", 9.0), parameters="p2")),
}
