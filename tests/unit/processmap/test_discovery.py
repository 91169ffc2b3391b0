"""Discovery on logs of known structure; every number is counted by hand."""

from __future__ import annotations

import dataclasses

import polars as pl
import pytest

from funnelsim.documents.process_map import START as FIRST
from funnelsim.documents.process_map import MapDocument, MapStage, Move
from funnelsim.processmap.of_history import history_map

from .logs import AS_OF, START, log


def moves(document: MapDocument) -> dict[tuple[str, str], Move]:
    return {(move.origin, move.to): move for move in document.moves}


def stages(document: MapDocument) -> dict[str, MapStage]:
    return {stage.stage: stage for stage in document.stages}


def test_a_straight_path() -> None:
    """Mutant: shares of all visits instead of those that ended."""
    found = history_map(
        log("demo 2, offer 4, contract 6, won", "demo 4, lost", "demo 6, offer 8, lost", "demo"), min_share=0
    )
    demo = stages(found)["demo"]
    assert (demo.entered, demo.leads, demo.open, demo.won, demo.lost) == (4, 4, 1, 0, 1)
    assert demo.conversion == pytest.approx(2 / 3)
    to_offer = moves(found)["demo", "offer"]
    assert (to_offer.kind, to_offer.n, to_offer.leads, to_offer.median_days) == ("forward", 2, 2, 4.0)
    assert to_offer.share == pytest.approx(2 / 3)
    assert moves(found)[FIRST, "demo"].share == 1.0
    assert moves(found)["contract", "won"].kind == "won"
    assert (found.leads, found.won, found.ended, found.open) == (4, 1, 2, 1)
    assert found.median_days_to_win == 12.0
    assert found.outcomes == ("won", "lost")


def test_open_visits_count_as_still_open() -> None:
    """1, 2 and 3 days, and one open for 100: half had ended by 2 to 3 days. Mutant: ended visits only."""
    found = history_map(log("demo 1, lost", "demo 2, lost", "demo 3, lost", "demo"))
    assert stages(found)["demo"].median_days == 2.5
    assert stages(found)["demo"].p80_days is None


def test_loops_count_visits_and_leads() -> None:
    """Mutant: leads counted as moves."""
    found = history_map(
        log("demo 1, offer 1, demo 1, offer 1, demo 1, offer 1, won", "demo 1, demo 2, offer 3, lost"),
        min_share=0,
    )
    back, again = moves(found)["offer", "demo"], moves(found)["demo", "demo"]
    assert (back.kind, back.n, back.leads, back.share) == ("back", 2, 1, 0.5)
    assert (again.kind, again.n, again.leads, again.share) == ("repeat", 1, 1, 0.2)
    assert (stages(found)["demo"].entered, stages(found)["demo"].leads) == (5, 2)
    assert stages(found)["demo"].conversion == 0.8
    assert stages(found)["offer"].conversion == 0.25


def test_skips_and_entries_in_the_middle() -> None:
    found = history_map(log("demo 1, contract 2, won", "offer 1, contract 1, lost"), min_share=0)
    assert moves(found)["demo", "contract"].kind == "skip"
    assert moves(found)[FIRST, "offer"].n == 1
    assert moves(found)[FIRST, "offer"].share == 0.5


def test_visits_of_no_length_keep_the_order_of_the_history() -> None:
    """Four stages in one instant. Mutant: an unstable sort, or one by stage."""
    found = history_map(log("contract 0, demo 0, offer 0, demo 0, won"), min_share=0)
    assert moves(found)[FIRST, "contract"].n == 1
    assert found.variants[0].path == ("contract", "demo", "offer", "demo")


def test_rows_of_other_leads_may_stand_between() -> None:
    history = log("demo 1, offer 1, won", "demo 2, offer 1, lost", "demo 3, lost")
    shuffled = dataclasses.replace(history, visits=history.visits.sort("entered", "deal"))
    assert history_map(shuffled).moves == history_map(history).moves


def test_parallel_stages_count_each_for_itself() -> None:
    """A lead in two stages at a time, as some exports have it: both rows count, and it starts once."""
    history = log("demo 5, won", "offer 2, lost")
    both = history.visits.with_columns(deal=pl.lit("L0"))
    found = history_map(dataclasses.replace(history, visits=both), min_share=0)
    assert sum(move.n or 0 for move in found.moves if move.kind == "start") == 1
    assert moves(found)["demo", "won"].leads == moves(found)["offer", "lost"].leads == 1
    assert found.leads == 1


def test_one_stage() -> None:
    found = history_map(log("demo 1, won", "demo 3, lost", stages=("demo",)))
    assert [stage.stage for stage in found.stages] == ["demo"]
    assert found.stages[0].conversion == 0.5
    assert found.stages[0].median_days == 2.0


def test_200_stages() -> None:
    names = tuple(f"s{n:03}" for n in range(200))
    straight = ", ".join(f"{name} 0.1" for name in names) + ", won"
    found = history_map(log(straight, straight, stages=names))
    assert len(found.stages) == 200
    assert len(found.moves) == 201
    assert {move.kind for move in found.moves} == {"start", "forward", "won"}
    assert found.variants[0].path == names


def test_open_leads_only() -> None:
    found = history_map(log("demo", "demo 1, offer"))
    assert (found.won, found.ended, found.open) == (0, 0, 2)
    assert stages(found)["offer"].conversion is None
    assert stages(found)["offer"].median_days is None
    assert found.variants == ()
    assert found.median_days_to_win is None


def test_no_wins() -> None:
    found = history_map(log("demo 1, lost", "demo 2, parked"))
    assert found.outcomes == ("lost", "parked")
    assert stages(found)["demo"].conversion == 0.0
    assert moves(found)["demo", "parked"].kind == "ended"
    assert (stages(found)["demo"].won, stages(found)["demo"].lost) == (0, 2)


def test_no_leads_at_all() -> None:
    found = history_map(log())
    assert (found.leads, found.moves, found.variants) == (0, (), ())
    assert [stage.entered for stage in found.stages] == [0, 0, 0]


def test_leads_without_a_dated_stage_are_named_and_left_out() -> None:
    found = history_map(log("demo 1, won", ""))
    assert found.leads == 1
    assert "1 deal has no dated stage" in found.warnings[0]


def test_without_recorded_losses_nobody_knows_how_many_went_on() -> None:
    found = history_map(log("demo 1, won", "demo", losses_recorded=False))
    assert stages(found)["demo"].conversion is None
    assert found.variants[0].win_rate is None
    assert "no losses" in found.warnings[0]


def test_times_are_those_that_began_after_exits_were_recorded() -> None:
    """Mutant: all visits, of which the early ones are in the data because they were long.

    Not so the days of wins: of those that closed on a day all are recorded, the slow ones too. Mutant: only
    deals that began after it (4 days), which leaves out whoever had no time to be slow.
    """
    history = log(
        "demo 90, won",
        "demo 4, won",
        "demo 6, lost",
        created=(0, 50, 50),
        observed_from=START.replace(day=11),
    )
    found = history_map(history)
    assert stages(found)["demo"].median_days == 5.0
    assert moves(found)["demo", "won"].n == 2
    assert moves(found)["demo", "won"].median_days == 4.0
    assert found.median_days_to_win == 47.0
    assert found.variants[0].median_days == 6.0
    assert "2026-01-11" in found.warnings[0]


def test_stages_that_the_history_does_not_order_come_by_their_place_on_paths() -> None:
    history = log("a 1, b 1, c 1, won", "a 1, c 1, lost", stages=())
    assert [stage.stage for stage in history_map(history).stages] == ["a", "b", "c"]


def test_the_span_is_from_the_first_lead_to_the_last_day_known() -> None:
    found = history_map(log("demo 1, won", created=(3,)))
    assert found.start is not None
    assert found.start.isoformat() == "2026-01-04"
    assert (found.end, found.as_of) == ((AS_OF.date().replace(day=10),) * 2)


def test_rare_moves_are_hidden_and_counted() -> None:
    """Of 100 demos 97 go on, 2 are lost and 1 skips a stage; the way into lost is the only one and stays."""
    straight = ["demo 1, offer 1, contract 1, won"] * 97
    history = log(*straight, "demo 1, lost", "demo 1, lost", "demo 1, contract 1, won")
    found = history_map(history, min_share=0.03)
    assert ("demo", "lost") in moves(found)
    assert ("demo", "contract") not in moves(found)
    assert (found.hidden.moves, found.hidden.leads, found.hidden.min_share) == (1, 1, 0.03)
    assert history_map(history, min_share=0.01).hidden.moves == 0
    assert stages(found)["demo"].conversion == pytest.approx(0.98)  # nothing is left out of the stages


def test_all_ways_to_win_are_kept() -> None:
    """Mutant: the 1 of 100 demos that wins at once left out, so that the wins do not add up."""
    straight = ["demo 1, offer 1, won"] * 99
    found = history_map(log(*straight, "demo 1, won"), min_share=0.02)
    assert sum(move.n or 0 for move in found.moves if move.kind == "won") == found.won == 100


def test_a_way_on_is_kept_before_a_way_back() -> None:
    """Offer is mostly entered from contract, on its way back; it must still be reached from the start."""
    direct = ["demo 1, contract 1, offer 1, contract 1, won"] * 50
    found = history_map(log(*direct, "demo 1, offer 1, contract 1, won"), min_share=0.1)
    assert ("demo", "offer") in moves(found)
    assert moves(found)["contract", "offer"].kind == "back"
