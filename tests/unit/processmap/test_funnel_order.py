"""Which moves count as conversion, by the definition of docs/reference/metrics.md."""

from __future__ import annotations

import datetime as dt

import pytest

from funnelsim.distributions import parse_distribution
from funnelsim.model.parts import Exit, Goal, Model, Stage
from funnelsim.processmap.funnel_order import expected_conversion

DAY = parse_distribution("exponential(mean=1d)")


def model(exits: dict[str, float], books_at: str = "won") -> Model:
    def stage(ways: dict[str, float]) -> Stage:
        return Stage(after=DAY, exits={to: Exit(to=to, p=p) for to, p in ways.items()})

    stages = {"demo": stage({"offer": 1.0}), "offer": stage(exits), "live": stage({"lost": 1.0})}
    return Model(
        name="m", start=dt.date(2026, 1, 1), outcomes=("signed",), goal=Goal(books_at=books_at), stages=stages
    )


@pytest.mark.parametrize(
    ("exits", "books_at", "expected"),
    [
        ({"won": 0.2, "live": 0.1, "demo": 0.3, "lost": 0.4}, "won", 0.3),
        # Of ten visits five never end; of the others two are won.
        ({"won": 0.2, "lost": 0.3, "never": 0.5}, "won", 0.4),
        ({"signed": 0.25, "lost": 0.75}, "signed", 0.25),
        ({"signed": 0.25, "lost": 0.75}, "won", 0.0),
        ({"never": 1.0}, "won", None),
    ],
)
def test_of_the_visits_that_end(exits: dict[str, float], books_at: str, expected: float | None) -> None:
    """Mutants: never counted as an end, the place that books left out, an earlier stage counted."""
    assert expected_conversion(model(exits, books_at), "offer") == (
        None if expected is None else pytest.approx(expected)
    )
