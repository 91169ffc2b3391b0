"""A funnel that begins at a later stage.

Mutants that these tests catch: a return to an earlier stage that ends the visit; the stage itself
dropped too.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import polars as pl
import pytest

from funnelsim.core.errors import HistoryError
from funnelsim.history.cleaning.as_of import cut
from funnelsim.history.cleaning.start_at import start_at
from funnelsim.history.files.events import VISIT_SCHEMA, History
from funnelsim.history.files.folder import read_history, write_history

from ..made_up_history import day, history_of, lost, still_open, won


def visits_of(history: History, deal: str) -> list[tuple[object, ...]]:
    own = history.visits.filter(pl.col("deal") == deal)
    return own.select("stage", "visit", "entered", "left", "exit").rows()


def with_visits(*rows: tuple[object, ...]) -> History:
    """One deal, which goes as the rows say; its own row is that of an ordinary win."""
    history = history_of(won(day(2, 1)))
    made = [("deal-0", *row) for row in rows]
    return History(
        visits=pl.DataFrame(made, schema=VISIT_SCHEMA, orient="row"), deals=history.deals, meta=history.meta
    )


def test_earlier_stages_are_dropped_and_deals_that_never_got_there_are_counted() -> None:
    """Hand counted: one lost in demo, one open in demo; a deal that skipped no stage begins at its offer."""
    early = {"stays": [("demo", day(1, 2))], "outcome": "lost", "closed": day(1, 9)}
    started = start_at(
        history_of(won(day(2, 1)), lost(day(1, 30)), early, still_open("demo", day(2, 3))), "offer"
    )
    history = started.history
    assert history.deals["deal"].to_list() == ["deal-0", "deal-1"]
    assert started.never_reached == {"lost": 1, "open": 1}
    assert list(history.meta.stages) == ["offer"]
    assert history.deals["created"].to_list() == [day(1, 22), day(1, 20)]
    assert visits_of(history, "deal-0") == [("offer", 1, day(1, 22), day(2, 1), "won")]
    assert "2 of 4 deals reached neither it nor a later stage" in started.words
    assert "(1 lost, 1 open)" in started.words


def test_a_return_to_an_earlier_stage_is_time_where_it_came_from() -> None:
    """Offer from day 3 to 5, back to the demo until day 8, offer again until the win: one visit of 3 to 12.

    Fails if the days in the demo are lost, or if the second visit counts as a second one.
    """
    history = with_visits(
        ("demo", 1, day(1, 1), day(1, 3), "offer"),
        ("offer", 1, day(1, 3), day(1, 5), "demo"),
        ("demo", 2, day(1, 5), day(1, 8), "offer"),
        ("offer", 2, day(1, 8), day(2, 1), "won"),
    )
    assert visits_of(start_at(history, "Offer").history, "deal-0") == [
        ("offer", 1, day(1, 3), day(2, 1), "won")
    ]


def test_a_deal_that_went_back_and_did_not_return_ends_where_it_was_last() -> None:
    lost_there = with_visits(
        ("offer", 1, day(1, 3), day(1, 5), "demo"), ("demo", 1, day(1, 5), day(2, 1), "lost")
    )
    assert visits_of(start_at(lost_there, "offer").history, "deal-0") == [
        ("offer", 1, day(1, 3), day(2, 1), "lost")
    ]
    open_there = with_visits(("offer", 1, day(1, 3), day(1, 5), "demo"), ("demo", 1, day(1, 5), None, None))
    assert visits_of(start_at(open_there, "offer").history, "deal-0") == [("offer", 1, day(1, 3), None, None)]


def test_the_first_stage_changes_nothing() -> None:
    history = history_of(won(day(2, 1)), still_open("offer", day(2, 3)))
    started = start_at(history, "demo")
    assert started.never_reached == {}
    assert started.history.visits.equals(history.visits)
    assert started.history.deals["created"].to_list() == history.deals["created"].to_list()
    assert "which all 2 deals reached" in started.words


def test_a_cut_afterwards_is_the_cut_before() -> None:
    """What is known of a past day does not depend on which comes first."""
    history = history_of(won(day(2, 1)), lost(day(1, 30)), still_open("offer", day(2, 3)), won(day(1, 10)))
    then = dt.datetime(2026, 1, 25)
    one, other = start_at(cut(history, then), "offer").history, cut(start_at(history, "offer").history, then)
    assert one.visits.equals(other.visits)
    assert one.deals.equals(other.deals)


@pytest.mark.parametrize(("outcome", "level"), [("won", "warning"), ("lost", "note")])
def test_wins_that_are_left_out_are_a_warning(outcome: str, level: str) -> None:
    """Mutant: a note at the end, whatever is left out."""
    early = {"stays": [("demo", day(1, 2))], "outcome": outcome, "closed": day(1, 9), "amount": 5.0}
    history = history_of(won(day(2, 1)), early)
    history = replace(history, meta=replace(history.meta, audit={"deals": {"won": 1}}))
    (check,) = start_at(history, "offer").history.meta.audit["checks"]
    assert (check["level"], check["count"]) == (level, 1 if outcome == "won" else 0)


def test_it_can_be_written_and_read(tmp_path: object) -> None:
    history = start_at(history_of(won(day(2, 1)), still_open("offer", day(2, 3))), "offer").history
    write_history(history, f"{tmp_path}/history")
    assert read_history(f"{tmp_path}/history").visits.equals(history.visits)


def test_a_stage_that_is_not_there_is_refused() -> None:
    with pytest.raises(HistoryError, match=r'no stage "ofer"; did you mean "offer"'):
        start_at(history_of(won(day(2, 1))), "ofer")
    with pytest.raises(HistoryError, match="no deal has reached Offer"):
        start_at(history_of(still_open("demo", day(2, 1))), "offer")
