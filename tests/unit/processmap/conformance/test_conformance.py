"""A history against a model: planted deviations of known numbers."""

from __future__ import annotations

import dataclasses
import datetime as dt
import itertools
import random

import pytest

from funnelsim.documents.map_conformance import Conformance
from funnelsim.documents.process_map import START
from funnelsim.fitting.funnel import fit_funnel
from funnelsim.history.files.events import History
from funnelsim.processmap.conformance.conformance import conformance_of, conformance_warnings, with_meant
from funnelsim.processmap.conformance.matching import visits_in_model
from funnelsim.processmap.of_history import history_map

from ..logs import AS_OF, STAGES, log
from ..logs import START as FIRST_DAY
from .meant import STRAIGHT, meant

CLEAN = "demo 1, offer 2, contract 3, won"


def moves(found: Conformance) -> dict[tuple[str, str], tuple[int, int, tuple[str, ...]]]:
    return {(one.origin, one.to): (one.n, one.leads, one.skips) for one in found.moves}


def test_leads_that_follow_the_map_are_all_of_them() -> None:
    found = conformance_of(log(CLEAN, "demo 2, lost", "demo 1, offer"), meant(*STRAIGHT))
    assert (found.leads, found.followed, found.followed_share) == (3, 3, 1.0)
    assert (found.moves, found.skipped, found.new_stages, found.unused) == ((), (), (), ())


def test_planted_deviations_are_counted_exactly() -> None:
    """Mutants: moves counted as leads, a skip over stages that another way avoids, entries left out."""
    leads = (
        *[CLEAN] * 4,
        *["demo 1, contract 3, won"] * 3,  # skips the offer
        "offer 2, demo 1, offer 1, demo 2, lost",  # enters late, goes back twice
        "demo 1, contract",  # open, skips the offer
        "demo 1, won",  # skips offer and contract
    )
    amounts = (*[10.0] * 4, 5.0, 6.0, None, 7.0, 30.0, 1.0)
    owners = (*["Ana"] * 4, *["Bo"] * 3, "Ana", "Bo", None)
    found = conformance_of(log(*leads, amounts=amounts, owners=owners), meant(*STRAIGHT))
    assert moves(found) == {
        ("demo", "contract"): (4, 4, ("offer",)),
        ("offer", "demo"): (2, 1, ()),
        (START, "offer"): (1, 1, ("demo",)),
        ("demo", "won"): (1, 1, ("offer", "contract")),
    }
    assert (found.followed, found.unknown.leads, found.unknown.open) == (4, 6, 1)
    assert (found.unknown.money, found.unknown.open_money) == (5 + 6 + 7 + 30 + 1, 30)
    assert found.unknown.deals == ("L8", "L7", "L5", "L4", "L9", "L6")  # open, then by amount, unknown last
    assert {one.stage: one.leads for one in found.skipped} == {"offer": 5, "contract": 1, "demo": 1}
    assert (found.skipping.leads, found.skipping.share) == (6, 0.6)
    reps = {one.key: (one.of, one.leads) for one in found.splits if one.kind == "rep"}
    assert reps == {"Bo": (4, 4), "Ana": (5, 1)}


def test_a_stage_is_skipped_only_if_every_way_goes_through_it() -> None:
    """From demo to contract the model goes through the offer or through a trial: neither is skipped."""
    model = meant(
        "new > demo", "demo > offer", "demo > trial", "offer > contract", "trial > contract", "contract > won"
    )
    stages = ("demo", "offer", "trial", "contract")
    found = conformance_of(log("demo 1, contract 1, won", "demo 1, won", stages=stages), model)
    assert moves(found) == {("demo", "contract"): (1, 1, ()), ("demo", "won"): (1, 1, ("contract",))}


def test_leaving_unexpectedly_skips_nothing() -> None:
    """A model that loses only at the end: a loss before is unknown, but skips no step to the win."""
    model = meant("new > demo", "demo > offer", "offer > contract", "contract > won", "contract > lost")
    found = conformance_of(log("demo 1, lost"), model)
    assert moves(found) == {("demo", "lost"): (1, 1, ())}


def test_stages_match_by_key_and_by_name_whatever_their_case() -> None:
    model = meant(
        "new > DEMO",
        "DEMO > s2",
        "s2 > final_contract",
        "final_contract > won",
        stages={"s2": {"name": "OFFER"}, "final_contract": {"name": "Contract"}},
    )
    found = conformance_of(log(CLEAN), model)
    assert found.stages == {"demo": "DEMO", "offer": "s2", "contract": "final_contract"}
    assert found.followed == 1


def test_stages_that_one_side_lacks_are_named() -> None:
    model = meant("new > demo", "demo > trial", "trial > won", "demo > won")
    history = log("demo 1, offer 2, won", "demo 1, won", "demo 1, offer", amounts=(1.0, 2.0, 4.0))
    found = conformance_of(history, model)
    assert [(one.stage, one.leads, one.money, one.open_money) for one in found.new_stages] == [
        ("offer", 2, 5.0, 4.0)
    ]
    assert found.unused == ("trial",)


def test_a_stage_that_is_called_start_is_no_entry() -> None:
    """Mutant: one name for the entry and the stage, so that ``start > offer`` allows an entry at offer."""
    stages = ("start", "offer")
    model = meant("new > start", "start > offer", "offer > won")
    history = log("offer 1, won", "start 1, offer 1, won", stages=stages)
    assert moves(conformance_of(history, model)) == {(START, "offer"): (1, 1, ("start",))}
    found = {
        (m.origin, m.to): (m.kind, m.meant) for m in with_meant(history_map(history), history, model).moves
    }
    assert found == {
        (START, "offer"): ("start", False),
        (START, "start"): ("start", True),
        ("start", "offer"): ("forward", True),
        ("offer", "won"): ("won", True),
    }


def test_time_over_target_counts_visits_that_are_decided() -> None:
    """Mutants: open visits within the target counted, open ones over it left out, at least for more than."""
    model = meant(*STRAIGHT, stages={"demo": {"targets": {"dwell": 5.0}, "department": "Sales"}})
    leads = ("demo 4, lost", "demo 5, lost", "demo 6, lost", "demo 7, offer 50, lost", "demo", "demo")
    history = log(*leads, created=(0, 0, 0, 0, 97, 10), amounts=(1.0, 1.0, 1.0, 2.0, 4.0, 8.0))
    (late,) = conformance_of(history, model).late
    assert (late.stage, late.visits, late.over, late.undecided) == ("demo", 5, 3, 1)
    assert (late.over_share, late.median_days) == (0.6, 5.5)
    assert (late.leads, late.open, late.money, late.open_money) == (3, 1, 11.0, 8.0)
    assert late.deals == ("L5", "L3", "L2")
    (split,) = (one for one in conformance_of(history, model).splits if one.kind == "department")
    assert (split.key, split.of, split.late) == ("Sales", 6, 3)


def test_visits_begun_before_closings_were_recorded_are_listed_but_no_part_of_a_share() -> None:
    model = meant(*STRAIGHT, stages={"demo": {"targets": {"dwell": 5.0}}})
    begin = FIRST_DAY + dt.timedelta(days=20)
    history = log("demo 30, lost", "demo 4, lost", created=(0, 30), observed_from=begin)
    (late,) = conformance_of(history, model).late
    assert (late.visits, late.over, late.leads, late.deals) == (1, 0, 1, ("L0",))


def test_conversion_under_target_has_numbers_interval_and_money() -> None:
    model = meant(*STRAIGHT, stages={"demo": {"targets": {"conversion": 0.5}}})
    leads = (*["demo 1, lost"] * 80, *["demo 1, offer 1, lost"] * 20, "demo")
    history = log(*leads, amounts=(*[3.0] * 80, *[1.0] * 20, 9.0))
    (one,) = conformance_of(history, model).conversions
    assert (one.ended, one.went_on, one.conversion) == (100, 20, 0.2)
    assert (one.missing, one.missing_money, one.clear) == (30.0, 90.0, True)
    assert (one.open, one.leads, one.deals[0]) == (1, 81, "L100")
    assert one.low == pytest.approx(0.1425, abs=5e-4)  # Wilson
    assert one.high == pytest.approx(0.2734, abs=5e-4)


def test_a_conversion_that_chance_explains_is_not_clear() -> None:
    model = meant(*STRAIGHT, stages={"demo": {"targets": {"conversion": 0.5}}})
    leads = (*["demo 1, lost"] * 6, *["demo 1, offer 1, lost"] * 4)
    (one,) = conformance_of(log(*leads), model).conversions
    assert (one.missing, one.clear) == (1.0, False)


def test_without_targets_nothing_is_measured_and_that_is_known() -> None:
    found = conformance_of(log(CLEAN), meant(*STRAIGHT))
    assert (found.time_targets, found.conversion_targets, found.late, found.conversions) == (0, 0, (), ())


@pytest.mark.parametrize("leads", [(), ("demo",), ("demo 1, lost",), (CLEAN,), ("",)])
def test_small_histories(leads: tuple[str, ...]) -> None:
    history = log(*leads)
    targets = {"demo": {"targets": {"dwell": 5.0, "conversion": 0.5}}}
    found = conformance_of(history, meant(*STRAIGHT, stages=targets))
    visited = [lead for lead in leads if lead]
    assert (found.leads, found.followed) == (len(visited), len(visited))
    assert bool(conformance_warnings(found, "plan.toml")) == (not visited)


def test_a_history_and_a_model_without_a_common_stage_are_told_apart() -> None:
    found = conformance_of(log(CLEAN), meant("new > mql", "mql > won"))
    (warning,) = conformance_warnings(found, "plan.toml")
    assert "no stage of the history" in warning


def random_history(seed: int) -> History:
    draw = random.Random(seed)

    def lead() -> str:
        steps = [f"{draw.choice(STAGES)} {draw.randint(0, 9)}" for _ in range(draw.randint(1, 5))]
        return ", ".join([*steps, draw.choice(("won", "lost", "parked", draw.choice(STAGES)))])

    leads = [lead() for _ in range(draw.choice((1, 5, 80)))]
    owners = [draw.choice(("Ana", "Bo", None)) for _ in leads]
    amounts = [draw.choice((None, 1.0, 2.5)) for _ in leads]
    return log(*leads, owners=tuple(owners), amounts=tuple(amounts))


@pytest.mark.parametrize("seed", range(8))
def test_counts_are_those_of_plain_python(seed: int) -> None:
    """A second implementation, lead by lead."""
    history = random_history(seed)
    model = meant(*STRAIGHT, stages={"offer": {"targets": {"dwell": 4.0}}})
    allowed = {tuple(part.strip() for part in move.split(">")) for move in STRAIGHT}
    known = {row["deal"]: row for row in history.deals.to_dicts()}
    done: dict[str, list[tuple[str, str]]] = {}
    over: set[str] = set()
    for row in history.visits.to_dicts():
        if row["deal"] not in done:
            done[row["deal"]] = [("new", row["stage"])]
        if row["exit"] is not None:
            done[row["deal"]].append((row["stage"], row["exit"]))
        if row["stage"] == "offer" and (row["left"] or AS_OF) - row["entered"] > dt.timedelta(days=4):
            over.add(row["deal"])
    off = {deal for deal, made in done.items() if not set(made) <= allowed}
    found = conformance_of(history, model)
    assert (found.leads, found.unknown.leads) == (len(done), len(off))
    assert set(found.unknown.deals) == off
    everything = [move for made in done.values() for move in made if move not in allowed]
    assert {("new" if one.origin == START else one.origin, one.to): one.n for one in found.moves} == {
        move: everything.count(move) for move in everything
    }
    assert sum(one.leads for one in found.late) == len(over)
    for split in (one for one in found.splits if one.kind == "rep"):
        own = {deal for deal in done if known[deal]["owner"] == split.key}
        assert (split.of, split.leads, split.late) == (len(own), len(own & off), len(own & over))
    worth = [known[deal]["amount"] for deal in off if known[deal]["amount"] is not None]
    assert found.unknown.money == (pytest.approx(sum(worth)) if worth else None)


def test_a_model_fitted_to_a_history_conforms_to_it() -> None:
    """Whatever a lead did, the fit has an exit for it."""
    draw = random.Random(3)
    paths = (
        "demo 3, lost",
        "demo 2, offer 4, lost",
        "demo 5, offer 2, contract 9, won",
        "offer 2, demo 1, won",
    )
    leads = [*(draw.choice(paths) for _ in range(119)), "contract 3, demo 1, lost"]  # and a rare one
    history = log(*leads, created=tuple(draw.randint(0, 80) for _ in leads))
    history = dataclasses.replace(history, meta=dataclasses.replace(history.meta, outcomes=()))
    found = conformance_of(history, fit_funnel(history, draws=0).model)
    assert (found.leads, found.followed, found.moves, found.unused) == (120, 120, (), ())


def test_money_is_that_of_a_plain_recount_of_a_random_history() -> None:
    """An independent loop. Mutants: a lead counted once for each of its moves; won leads left out."""
    rng = random.Random(5)
    leads, amounts = [], []
    for _ in range(120):
        path = [rng.choice(["demo", "offer", "contract"]) for _ in range(rng.randint(1, 5))]
        end = rng.choice(["won", "lost", None])
        steps = [f"{stage} {rng.randint(1, 4)}" for stage in path[:-1]]
        leads.append(", ".join([*steps, f"{path[-1]} 1", end] if end else [*steps, path[-1]]))
        amounts.append(rng.choice([None, *(float(rng.randint(1, 900)) for _ in range(4))]))
    known = {("(start)", "demo"), *(tuple(part.strip() for part in move.split(">")) for move in STRAIGHT[1:])}
    off: dict[int, float | None] = {}
    open_money, by_move = 0.0, dict[tuple[str, str], set[int]]()
    for number, text in enumerate(leads):
        places = ["(start)", *(part.split()[0] for part in text.split(", "))]
        for move in itertools.pairwise(places):
            if move not in known:
                by_move.setdefault(move, set()).add(number)
                off[number] = amounts[number]
        if number in off and not text.endswith(("won", "lost")):
            open_money += amounts[number] or 0.0
    found = conformance_of(log(*leads, amounts=tuple(amounts)), meant(*STRAIGHT))
    assert found.unknown.leads == len(off)
    assert found.unknown.money == pytest.approx(sum(value or 0.0 for value in off.values()))
    assert found.unknown.open_money == pytest.approx(open_money)
    assert {(one.origin, one.to): one.money for one in found.moves} == {
        move: pytest.approx(sum(amounts[n] or 0.0 for n in of)) for move, of in by_move.items()
    }


def test_a_stage_of_another_spelling_is_no_contradiction_of_the_map() -> None:
    """The visits that check and playbook compare are called as the model calls them; mutant: not renamed."""
    history = log("Demo 1, OFFER 1, lost", stages=("Demo", "OFFER"))
    renamed = visits_in_model(history, meant(*STRAIGHT))
    assert renamed.select("stage", "exit").rows() == [("demo", "offer"), ("offer", "lost")]
