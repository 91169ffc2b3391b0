"""A history of another company is refused: its bookings would count as one's own."""

from __future__ import annotations

import dataclasses

import polars as pl
import pytest

from funnelsim.core.errors import HistoryError
from funnelsim.history.files.events import History
from funnelsim.metrics.past import load_past

from ..made_up_history import day, history_of, still_open, won
from ..made_up_runs import funnel_with


def own() -> History:
    return history_of(won(day(2, 1)), *[still_open("offer", day(1, 1))] * 3)


def test_a_history_in_another_currency_is_refused() -> None:
    other = dataclasses.replace(own(), meta=dataclasses.replace(own().meta, currency="GBP"))
    with pytest.raises(HistoryError, match=r'is in GBP, but the model "made up" is in USD'):
        load_past(funnel_with(), other)


def test_a_history_without_a_stage_of_the_model_is_refused() -> None:
    other = dataclasses.replace(own(), visits=own().visits.with_columns(stage=pl.lit("quoted")))
    with pytest.raises(
        HistoryError, match=r"no stage in common with it \(history: quoted; model: demo, offer\)"
    ):
        load_past(funnel_with(), other)


@pytest.mark.parametrize(
    ("leads", "known"), [(["deal-1", "deal-2", "x"], True), (["deal-1", "x", "y"], False)]
)
def test_the_open_deals_of_a_fit_are_in_its_history(leads: list[str], known: bool) -> None:
    """Most of them: a few are deleted or merged in any CRM. Mutant: one deal with the same id is enough."""
    funnel = funnel_with(*[{"lead": lead, "lead_age_days": 40.0} for lead in leads], fit="a1")
    if known:
        assert load_past(funnel, own()).history is not None
        return
    with pytest.raises(HistoryError, match="of its 3 open leads it has 1"):
        load_past(funnel, own())


def test_a_currency_in_other_words_is_the_same_history() -> None:
    """A person may write what is to be printed; the deals say that it is theirs."""
    assert load_past(funnel_with(currency="$"), own()).history is not None
    euros = dataclasses.replace(own(), meta=dataclasses.replace(own().meta, currency="EUR"))
    leads = [{"lead": "deal-1", "lead_age_days": 40.0}]
    assert load_past(funnel_with(*leads, fit="a1"), euros).history is not None


def test_a_pipeline_made_by_hand_may_bear_other_ids() -> None:
    assert load_past(funnel_with({"lead": "x"}), own()).history is not None


def test_leads_that_came_after_the_history_are_not_missed() -> None:
    """The history ends on 1 January, the model starts on 10 February."""
    early = dataclasses.replace(own(), meta=dataclasses.replace(own().meta, as_of=day(1, 1)))
    funnel = funnel_with(
        {"lead": "deal-1", "lead_age_days": 41.0},
        *[{"lead": f"n{n}", "lead_age_days": 6.0} for n in range(9)],
        fit="a",
    )
    assert load_past(funnel, early).history is not None
