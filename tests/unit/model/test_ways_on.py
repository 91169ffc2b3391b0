"""What counts as going on, for one stage and for a table of visits."""

from __future__ import annotations

import polars as pl
import pytest

from funnelsim.model.flows.ways_on import goes_on, ways_on

STAGES = ("demo", "offer", "client")


@pytest.mark.parametrize("books_at", ["won", "client", "signed", "demo"])
def test_the_table_says_what_the_set_says(books_at: str) -> None:
    """Mutants: ``>=`` for ``>``, the place that books left out of one of both."""
    targets = (*STAGES, "won", "signed", "lost")
    pairs = [(stage, to) for stage in STAGES for to in targets]
    table = pl.DataFrame(pairs, schema=["stage", "exit"], orient="row")
    found = table.select(goes_on(STAGES, books_at)).to_series().to_list()
    assert found == [to in ways_on(STAGES, stage, books_at) for stage, to in pairs]


def test_an_open_visit_says_nothing_and_an_unknown_stage_only_wins() -> None:
    table = pl.DataFrame({"stage": ["demo", "??", "??"], "exit": [None, "client", "won"]})
    assert table.select(goes_on(STAGES)).to_series().to_list() == [None, False, True]


def test_of_the_last_stage() -> None:
    assert ways_on(STAGES, "client") == {"won"}
    assert ways_on(STAGES, "offer", "client") == {"client", "won"}
