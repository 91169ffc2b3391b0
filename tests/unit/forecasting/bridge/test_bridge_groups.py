"""The bridge of each group, counted by hand and recounted at random."""

from __future__ import annotations

import random
from typing import Any

import pytest

from funnelsim.documents.bridge import BridgeDocument
from funnelsim.documents.forecast import ForecastDocument
from funnelsim.documents.record import DocumentError
from funnelsim.documents.validate import read_as
from funnelsim.forecasting.bridge.bridge import bridge
from funnelsim.forecasting.bridge.table import bridge_table
from tests.unit.forecasting.bridge.made_up_forecasts import booked_deal, forecast_of, open_deal


def grouped(
    *deals: dict[str, Any], new: dict[str, float], as_of: str, booked: tuple[dict[str, Any], ...] = ()
) -> ForecastDocument:
    """A forecast by owner, whose groups add up."""
    document = forecast_of(*deals, booked=booked, new=sum(new.values()), as_of=as_of).as_json()
    means = dict(new)
    for deal in deals:
        means[deal["group"]] += deal["expected_in_period"]
    for deal in booked:
        means[deal["group"]] += deal["bookings"]
    document["periods"][0]["groups"] = [
        {"name": name, "bookings": {"mean": mean}} for name, mean in means.items()
    ]
    return read_as(ForecastDocument, document | {"by": "owner"}, "made up")


def of(group: str, deal: dict[str, Any]) -> dict[str, Any]:
    return deal | {"group": group}


def between(before: ForecastDocument, after: ForecastDocument, **more: Any) -> BridgeDocument:
    return bridge(("old", before), ("new", after), **more)


def test_each_group_by_hand() -> None:
    """Mutants: the deal that changes hands left in its old group; its change counted for the old rep."""
    before = grouped(
        of("Ana", open_deal("a", 20.0)),
        of("Ana", open_deal("b", 30.0)),
        of("Ben", open_deal("c", 40.0)),
        new={"Ana": 5.0, "Ben": 6.0},
        as_of="2026-02-01",
    )
    after = grouped(
        of("Ben", open_deal("b", 33.0)),
        of("Ben", open_deal("d", 8.0)),
        booked=(of("Ana", booked_deal("a", 90.0)),),
        new={"Ana": 4.5, "Ben": 6.25},
        as_of="2026-02-08",
    )
    found = {group.name: group for group in between(before, after, by="owner").groups}
    assert found["Ana"].from_ == 55.0
    assert found["Ana"].steps == {"won": 70.0, "still_to_come": -0.5, "reassigned": -30.0}
    assert found["Ana"].to == 94.5
    assert found["Ben"].steps == {
        "lost": -40.0, "pulled_in": 3.0, "new": 8.0, "still_to_come": 0.25, "reassigned": 30.0,
    }  # fmt: skip
    assert (found["Ben"].from_, found["Ben"].to) == (46.0, 47.25)


def test_groups_add_up_to_the_cent_whatever_happened() -> None:
    """Deals appear, vanish, are won and change hands; also a deal that only changes hands."""
    rng = random.Random(5)

    def drawn(as_of: str) -> ForecastDocument:
        keys = rng.sample(range(10), rng.randrange(9))
        deals = [
            of(rng.choice("AB"), open_deal(f"d{key}", rng.choice([1.0, rng.uniform(0, 99)]))) for key in keys
        ]
        booked = tuple(
            of(rng.choice("AB"), booked_deal(f"d{key}", rng.uniform(0, 99)))
            for key in range(10)
            if key not in keys and rng.random() < 0.2
        )
        return grouped(
            *deals, booked=booked, new={"A": rng.uniform(0, 9), "B": rng.uniform(0, 9)}, as_of=as_of
        )

    for _ in range(200):
        found = between(drawn("2026-02-01"), drawn("2026-02-08"))
        for group in found.groups:
            assert group.from_ + sum(group.steps.values()) == pytest.approx(group.to, abs=1e-6)
        for step in found.steps:
            parts = sum(group.steps.get(step.kind, 0.0) for group in found.groups)
            assert parts == pytest.approx(step.amount, abs=0.021 if step.kind == "still_to_come" else 1e-6)
        assert sum(group.steps.get("reassigned", 0.0) for group in found.groups) == pytest.approx(
            0.0, abs=1e-6
        )
        table = bridge_table(found)
        assert set(table["group"].drop_nulls()) == {"A", "B"}


def test_forecasts_without_groups_are_refused_by_name() -> None:
    plain = forecast_of(open_deal("a", 1.0), as_of="2026-02-01")
    made = grouped(of("Ana", open_deal("a", 1.0)), new={"Ana": 1.0}, as_of="2026-02-08")
    with pytest.raises(DocumentError, match=r"old: was made for the whole, not by owner; forecast"):
        between(plain, made, by="owner")
    with pytest.raises(DocumentError, match="new: was made by owner, not by source"):
        between(plain, made, by="source")
    assert between(plain, made).groups == ()
