"""The map of a model: by closed form, and against a long simulated history of the same model."""

from __future__ import annotations

import datetime as dt
import math

import pytest

from funnelsim.documents.process_map import START, MapDocument
from funnelsim.engines.run import simulate
from funnelsim.model.files.model_files import Funnel, funnel_of
from funnelsim.processmap.of_history import history_map
from funnelsim.processmap.of_model import model_map
from funnelsim.processmap.playbook.cards import cards_of
from funnelsim.processmap.selection import Selection, SelectionError
from funnelsim.results.convert import history_of

from ..made_up_runs import model_of

LOOPS = {
    "start": dt.date(2026, 1, 1),
    "sources": {
        "web": {
            "enters": {"demo": 1.0},
            "rate": "12 per day",
            "segments": {"small": 0.7, "large": 0.3},
            "amount": "constant(100)",
        },
        "partner": {
            "name": "Partner",
            "enters": {"demo": 0.25, "offer": 0.75},
            "rate": "4 per day",
            "amount": "constant(100)",
        },
    },
    "segments": {
        "small": {},
        "large": {
            "stages": {"demo": {"exits": {"offer": {"p": 0.7}, "lost": {"p": 0.1}, "contract": {"p": 0.2}}}}
        },
    },
    "stages": {
        "demo": {
            "name": "Demo",
            "department": "Sales",
            "checklist": ["budget known"],
            "targets": {"dwell": "6d", "conversion": 0.6},
            "exits": {
                "offer": {"p": 0.5, "after": "exponential(mean=3d)"},
                "contract": {"p": 0.1, "after": "exponential(mean=6d)"},
                "lost": {"p": 0.4, "after": "exponential(mean=9d)"},
            },
        },
        "offer": {
            "after": "lognormal(median=4d, sigma=0.5)",
            "exits": {
                "again": {"to": "offer", "p": 0.2},
                "demo": {"p": 0.1},
                "contract": {"p": 0.4},
                "lost": {"p": 0.3},
            },
        },
        "contract": {
            "after": "exponential(mean=2d)",
            "exits": {"won": {"p": 0.8}, "offer": {"p": 0.15}, "churned": {"p": 0.05}},
        },
    },
}


def one_way(**parts: object) -> Funnel:
    return funnel_of(model_of(**parts))


def test_a_loop_by_closed_form() -> None:
    """Half of the offers begin again, so 200 are made to 100 leads, and 100 begin again, of 50 leads.

    Mutant: leads = moves.
    """
    exits = {"again": {"to": "offer", "p": 0.5}, "won": {"p": 0.5}}
    funnel = one_way(
        stages={
            "demo": {"after": "constant(5d)", "exits": {"offer": {"p": 1.0}}},
            "offer": {"after": "exponential(mean=10d)", "exits": exits},
        }
    )
    found = model_map(funnel)
    offer = found.stages[1]
    assert (offer.entered, offer.leads) == (pytest.approx(200), pytest.approx(100))
    again = next(move for move in found.moves if move.kind == "repeat")
    assert (again.n, again.leads, again.name) == (pytest.approx(100), pytest.approx(50), "again")
    assert offer.median_days == pytest.approx(10 * math.log(2))
    assert found.won == pytest.approx(100)
    assert found.stages[0].median_days == 5.0


def test_leads_that_never_leave_count_in_no_share() -> None:
    """Of 100 demos 20 stay for ever; of the 80 that end, 60 win. Mutant: shares of all visits."""
    exits = {"won": {"p": 0.6}, "lost": {"p": 0.2}, "never": {"p": 0.2}}
    found = model_map(one_way(stages={"demo": {"after": "constant(5d)", "exits": exits}}))
    assert {move.to: move.share for move in found.moves if move.origin == "demo"} == {
        "won": pytest.approx(0.75),
        "lost": pytest.approx(0.25),
    }
    assert found.stages[0].conversion == pytest.approx(0.75)
    assert found.stages[0].open == pytest.approx(20)


def test_the_place_that_books_may_be_a_stage() -> None:
    funnel = one_way(
        goal={"quota": 1000.0, "period": "quarter", "books_at": "client"},
        stages={
            "demo": {"after": "constant(5d)", "exits": {"client": {"p": 0.3}, "lost": {"p": 0.7}}},
            "client": {"after": "constant(300d)", "exits": {"client": {"p": 0.8}, "churned": {"p": 0.2}}},
        },
    )
    found = model_map(funnel)
    assert found.won == pytest.approx(30)
    assert found.stages[1].conversion == pytest.approx(0.8)


def test_texts_and_targets_are_those_of_the_model() -> None:
    stage = model_map(one_way(**LOOPS)).stages[0]
    assert (stage.department, stage.checklist) == ("Sales", ("budget known",))
    assert (stage.target_days, stage.target_conversion) == (6.0, 0.6)


def test_some_sources_and_segments() -> None:
    funnel = one_way(**LOOPS)
    partner = model_map(funnel, source=["PARTNER"])
    assert {move.to: move.n for move in partner.moves if move.kind == "start"} == {
        "demo": 25.0,
        "offer": 75.0,
    }
    assert partner.filters == {"source": "Partner"}
    large = model_map(funnel, segment=["large"])
    assert next(m.share for m in large.moves if (m.origin, m.to) == ("demo", "offer")) == pytest.approx(0.7)
    with pytest.raises(
        SelectionError, match=r'(?s)no segment "big".*no source "partnr".*did you mean "Partner"'
    ):
        model_map(funnel, segment=["big"], source=["partnr"])
    with pytest.raises(SelectionError, match="no lead fits segment large, source Partner"):
        model_map(funnel, segment=["large"], source=["partner"])


@pytest.fixture(scope="module")
def both() -> tuple[MapDocument, MapDocument]:
    """The map of the model, and that of all leads created in a year, seen until they have ended."""
    funnel = one_way(**LOOPS)
    run = simulate(funnel, days=1000, replications=1, seed=3, visits=True)
    history = history_of(run, funnel.model, replication=0, as_of_day=1000)
    return model_map(funnel), history_map(history, selection=Selection(period="2026"), min_share=0)


def test_shares_are_those_of_a_simulated_history(both: tuple[MapDocument, MapDocument]) -> None:
    """Mutant: segments left out, so that demo to offer is 0.5."""
    meant, ran = both
    assert ran.open == 0
    seen = {(move.origin, move.to): move for move in ran.moves}
    assert {(move.origin, move.to) for move in meant.moves} == set(seen)
    ended = {stage.stage: stage.entered for stage in ran.stages} | {START: ran.leads}
    for move in meant.moves:
        n, p = ended[move.origin], move.share
        assert n is not None
        assert p is not None
        error = math.sqrt(p * (1 - p) / n)
        assert seen[move.origin, move.to].share == pytest.approx(p, abs=4.5 * error + 1e-12)
        assert seen[move.origin, move.to].kind == move.kind


def test_numbers_of_100_leads_are_those_of_a_simulated_history(both: tuple[MapDocument, MapDocument]) -> None:
    """Mutants: sources weighted alike, leads as moves."""
    meant, ran = both
    leads = ran.leads
    assert leads is not None
    seen = {(move.origin, move.to): move for move in ran.moves}
    for move in meant.moves:
        other = seen[move.origin, move.to]
        for expected, number in ((move.n, other.n), (move.leads, other.leads)):
            assert expected is not None
            assert number is not None
            # A lead makes a move again at times, which adds to a Poisson error.
            assert 100 * number / leads == pytest.approx(expected, abs=6 * 100 * math.sqrt(number) / leads)
    for stage, other_stage in zip(meant.stages, ran.stages, strict=True):
        assert stage.leads is not None
        assert other_stage.leads is not None
        error = 100 * math.sqrt(other_stage.leads) / leads
        assert 100 * other_stage.leads / leads == pytest.approx(stage.leads, abs=6 * error)
        assert other_stage.conversion == pytest.approx(stage.conversion, abs=0.03)
    assert ran.won is not None
    assert 100 * ran.won / leads == pytest.approx(meant.won, abs=6 * 100 * math.sqrt(ran.won) / leads)


def test_times_are_those_of_a_simulated_history(both: tuple[MapDocument, MapDocument]) -> None:
    """Mutant: exits weighted alike in the median of a stage."""
    meant, ran = both
    seen = {(move.origin, move.to): move for move in ran.moves}
    for stage, other in zip(meant.stages, ran.stages, strict=True):
        for expected, days in ((stage.median_days, other.median_days), (stage.p80_days, other.p80_days)):
            assert other.entered is not None
            assert days == pytest.approx(expected, rel=8 / math.sqrt(other.entered))
    for move in meant.moves:
        if move.kind != "start":
            found = seen[move.origin, move.to]
            assert found.n is not None
            assert found.median_days == pytest.approx(move.median_days, rel=6 / math.sqrt(found.n))


def test_conversion_is_that_of_the_run_to_the_last_bit() -> None:
    """The definition of docs/reference/metrics.md, counted by the engine and from its history."""
    funnel = one_way(**LOOPS)
    run = simulate(funnel, days=300, replications=1, seed=5, visits=True)
    ran = history_map(history_of(run, funnel.model, replication=0, as_of_day=300))
    ended, forward = run.tallies["ended"][0, 0], run.tallies["forward"][0, 0]
    assert [stage.conversion for stage in ran.stages] == (forward / ended).tolist()
    assert [stage.entered for stage in ran.stages] == run.tallies["entered"][0, 0].tolist()


#: A no that leads to a later stage or to the win, and an outcome that credits quota but does not book.
NOES = {
    "goal": {"quota": 1000.0, "period": "quarter", "books_at": "client", "credits_at": "live"},
    "outcomes": ["live"],
    "stages": {
        "demo": {
            "after": "constant(5d)",
            "exits": {
                "client": {"p": 0.3},
                "nurture": {"p": 0.2, "no": "later"},
                "lost": {"p": 0.4},
                "never": {"p": 0.1},
            },
        },
        "nurture": {"after": "constant(5d)", "exits": {"client": {"p": 0.25}, "demo": {"p": 0.75}}},
        "client": {"after": "constant(5d)", "exits": {"live": {"p": 0.9}, "churned": {"p": 0.1}}},
    },
}


def test_conversion_is_the_same_in_map_playbook_and_simulation() -> None:
    """Mutants: exits with a `no` left out, leads that never leave counted as ended, credits_at counted."""
    funnel = one_way(**NOES)
    run = simulate(funnel, days=700, replications=40, seed=1)
    counted = [
        float(run.tallies["forward"][:, 0, s].sum() / run.tallies["ended"][:, 0, s].sum()) for s in range(3)
    ]
    meant = [stage.conversion for stage in model_map(funnel).stages]
    assert meant == pytest.approx([0.5 / 0.9, 0.25, 0.0])
    assert [card.onwards for card in cards_of(funnel.model)] == pytest.approx(meant)
    assert counted == pytest.approx(meant, abs=0.03)


def test_an_outcome_that_credits_quota_is_no_loss_in_map_and_playbook() -> None:
    """Mutant: it is an ``ended`` move of the map, in the column of losses."""
    funnel = one_way(**NOES)
    found = model_map(funnel)
    assert next(move.kind for move in found.moves if move.to == "live") == "won"
    assert found.stages[2].lost == pytest.approx((found.stages[2].entered or 0.0) * 0.1)
    live = cards_of(funnel.model)[2].branches[0]
    assert (live.to, live.kind, live.no) == ("live", "won", "")
    # Won are those that the place that books has: reaching it, not going live.
    assert found.won == pytest.approx(found.stages[2].leads)
