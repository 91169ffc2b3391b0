"""One rule for dead deals: older in their stage than any deal that ever went on from it."""

import pytest

from funnelsim.metrics.dead_deals import is_dead, longest_forward_visits
from funnelsim.metrics.flow.ageing import stage_ages

from ..made_up_history import day, history_of, lost, still_open, won
from ..made_up_runs import model_of


def test_only_visits_that_went_on_make_the_longest() -> None:
    """The won deal was 10 days in each stage; the lost one 30 in the demo, which it left for the offer, and
    60 in the offer, where it was lost. Mutants: losses counted; only wins counted.
    """
    slow = lost(day(4, 1)) | {"stays": [("demo", day(1, 1)), ("offer", day(1, 31))]}
    history = history_of(won(day(1, 20)), slow, still_open("demo", day(1, 1, 2025)))
    assert longest_forward_visits(history) == {"demo": 30.0, "offer": 10.0}


def test_a_deal_as_old_as_the_oldest_is_not_dead_and_without_any_none_is() -> None:
    """Mutant: >= for >."""
    assert [is_dead("demo", days, {"demo": 30.0}) for days in (30.0, 30.1)] == [False, True]
    assert not is_dead("offer", 5000.0, {"demo": 30.0})
    assert longest_forward_visits(history_of(still_open("demo", day(1, 1)))) == {}


@pytest.mark.parametrize(("books_at", "open_now"), [("won", 1), ("offer", 0)])
def test_clients_do_not_age_in_the_pipeline(books_at: str, open_now: int) -> None:
    """Booked at the offer, the deal that is open there is a client. Mutant: the model left out."""
    history = history_of(won(day(1, 20)), still_open("offer", day(1, 1)))
    ages = {one.stage: one for one in stage_ages(history, model_of(goal={"books_at": books_at}))}
    assert ages["offer"].open_now == open_now
