"""Recent wins, fast wins, noes and outliers of histories of known structure."""

from __future__ import annotations

import dataclasses
import datetime as dt
import random

import polars as pl
import pytest

from funnelsim.documents.map_insights import Insights
from funnelsim.history.files.events import RETRACTED_SCHEMA, WORK_SCHEMA, History
from funnelsim.processmap.insights.insights import insights_of
from funnelsim.processmap.insights.noes import noes_before_yes
from funnelsim.processmap.insights.parked import parked_stages
from funnelsim.processmap.journeys import journeys_of

from ..logs import STAGES, START, log

FULL, SHORT = "demo 4, offer 4, contract 4, won", "demo 1, contract 2, won"


@pytest.mark.parametrize(
    "leads", [(), ("demo",), ("demo 1, lost",), (FULL,), ("",), ("demo",) * 30, (FULL,) * 40]
)
@pytest.mark.parametrize("only", [True, False])
def test_small_histories_say_nothing_and_do_not_fail(leads: tuple[str, ...], only: bool) -> None:
    found = insights_of(log(*leads), only_last_won=only)
    assert Insights.model_validate(found.as_json()) == found
    assert found.last_wins is not None
    assert found.last_wins.wins.n == leads.count(FULL)
    if not only:
        assert found.fast_wins is not None
        assert found.fast_wins.traits == ()
        assert found.precedents is not None
        assert found.precedents.found == ()
        assert found.outliers == ()


def test_the_last_wins_are_those_that_closed_last() -> None:
    """Mutants: by creation, the first instead of the last, ties in any order."""
    leads, created = (FULL, SHORT, SHORT, "demo 1, lost", FULL), (0, 40, 20, 90, 31)
    found = insights_of(
        log(*leads, created=created, amounts=(1.0, 2.0, 3.0, 9.0, None)), last_won=2
    ).last_wins
    assert found is not None
    assert [one.deal for one in found.deals] == ["L1", "L4"]  # both closed on day 43
    assert (found.wins.n, found.before.n, found.wins.total) == (2, 2, 2.0)
    assert found.wins.days.value == (3 + 12) / 2
    first = found.deals[0]
    assert (first.path, first.without, first.days) == (("demo", "contract"), ("offer",), 3.0)
    paths = {one.path: (one.n, one.share, one.before, one.before_share) for one in found.paths}
    assert paths == {("demo", "contract"): (1, 0.5, 1, 0.5), STAGES: (1, 0.5, 1, 0.5)}


def test_a_change_in_the_last_wins_is_found() -> None:
    """20 wins that skip the offer after 60 that do not; repeats as before."""
    leads = [FULL] * 60 + [SHORT] * 20
    found = insights_of(log(*leads, created=(*range(60), *range(75, 95))), last_won=20).last_wins
    assert found is not None
    clear = [
        (one.kind, one.key, one.n, one.of, one.other_n, one.other_of) for one in found.steps if one.clear
    ]
    assert clear == [("without", "offer", 20, 20, 0, 60)]


def test_times_before_are_those_of_a_history_that_is_old_enough() -> None:
    """The first to close in a young history are the fast ones. Mutant: all wins before."""
    slow = "demo 30, offer 30, contract 20, won"
    leads = ["demo 1, won"] * 15 + [slow] * 15 + ["demo 5, won"] * 15
    created = (*range(15), *range(15), *range(80, 95))
    found = insights_of(log(*leads, created=created), last_won=15).last_wins
    assert found is not None
    assert found.before.n == 30
    assert found.before.days.value == 80.0


def test_a_planted_trait_of_fast_wins_is_found_with_its_numbers() -> None:
    """Of 40 fast wins 30 are from the web, of 120 slow ones 30; reps are dealt out evenly."""
    leads, sources, owners = [], [], []
    for n in range(160):
        fast = n < 40
        leads.append(f"demo {1 + n / 1000 if fast else 9 + n / 1000}, won")
        sources.append("web" if n % 4 < (3 if fast else 1) else "event")
        owners.append(("Ana", "Bo")[n // 4 % 2])
    found = insights_of(log(*leads, sources=tuple(sources), owners=tuple(owners))).fast_wins
    assert found is not None
    assert (found.n, found.others, found.left_out) == (40, 120, 0)
    clear = {
        (one.kind, one.key): (one.n, one.of, one.other_n, one.other_of) for one in found.traits if one.clear
    }
    assert clear == {("source", "web"): (30, 40, 30, 120), ("source", "event"): (10, 40, 90, 120)}
    web = next(one for one in found.traits if one.key == "web")
    assert web.ratio.value == pytest.approx(3.0)


def test_young_deals_are_not_taken_for_fast_ones() -> None:
    """A source that is new can only have fast wins yet. Mutant: all wins compared."""
    leads = [f"demo {1 + n % 40}, won" for n in range(120)] + ["demo 2, won"] * 40
    created = (*(n % 50 for n in range(120)), *(90 + n % 8 for n in range(40)))
    sources = ("web",) * 120 + ("new",) * 40
    found = insights_of(log(*leads, created=created, sources=sources)).fast_wins
    assert found is not None
    assert found.left_out == 40
    assert [one for one in found.traits if one.clear] == []


def with_retracted(history: History, *rows: tuple[str, str, int, int]) -> History:
    day = [
        (deal, what, START + dt.timedelta(days=a), START + dt.timedelta(days=b)) for deal, what, a, b in rows
    ]
    return dataclasses.replace(history, retracted=pl.DataFrame(day, schema=RETRACTED_SCHEMA, orient="row"))


def test_noes_are_moves_back_parkings_and_ends_that_did_not_last() -> None:
    """Mutants: a re-opening and its move back counted twice, leaving a parked stage counted, a win taken back
    counted, lost deals counted."""
    stages = ("demo", "offer", "nurture")
    leads = (
        "demo 1, offer 1, won",  # none
        "demo 1, offer 1, demo 1, offer 1, won",  # back: 1
        "demo 1, nurture 5, demo 1, offer 1, won",  # parked: 1, leaving it is none
        "demo 1, offer 5, demo 1, offer 2, won",  # lost on day 3, went on in demo on day 6: 1
        "demo 1, offer 9, won",  # lost on day 3, went on in the offer: 1
        "demo 1, offer 9, won",  # a win that was taken back is no no
        "demo 1, offer 1, demo 1, offer 1, lost",
        "offer 1, demo 1, offer 1, demo 1, offer 1, demo 1, nurture 1, offer 1, demo 1, won",  # 5
    )
    history = with_retracted(
        log(*leads, stages=stages, amounts=(1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0)),
        ("L3", "lost", 3, 6),
        ("L4", "lost", 3, 5),
        ("L5", "won", 3, 5),
    )
    found = noes_before_yes(journeys_of(history))
    rows = {one.noes: (one.n, one.amount, one.or_more) for one in found.counts}
    assert rows == {0: (2, 33.0, False), 1: (4, 30.0, False), 4: (1, 128.0, True)}
    assert (found.wins, found.back, found.parked, found.reopened) == (7, 2, 2, 2)
    assert found.parked_stages == ("Nurture",)
    assert found.counts[0].share.value == pytest.approx(2 / 7)


@pytest.mark.parametrize("seed", range(5))
def test_noes_are_those_of_plain_python(seed: int) -> None:
    draw = random.Random(seed)
    stages = ("demo", "on_hold", "offer")
    leads = []
    for _ in range(60):
        steps = [f"{draw.choice(stages)} {draw.randint(0, 3)}" for _ in range(draw.randint(1, 7))]
        leads.append(", ".join([*steps, draw.choice(("won", "lost"))]))
    expected: dict[int, int] = {}
    for lead in leads:
        *steps, end = lead.split(", ")
        path, noes = [step.split()[0] for step in steps], 0
        for before, now in zip([None, *path], path, strict=False):
            back = before not in (None, "on_hold") and stages.index(now) < stages.index(before or "")
            noes += now == "on_hold" or back
        if end == "won":
            expected[min(noes, 4)] = expected.get(min(noes, 4), 0) + 1
    found = noes_before_yes(journeys_of(log(*leads, stages=stages)))
    assert {one.noes: one.n for one in found.counts} == expected


def test_parked_stages_are_known_by_whole_words() -> None:
    names = {"a": "On hold", "b": "Nurturing", "later_stage": "X", "park": "Parkside visit", "d": "Threshold"}
    assert parked_stages(names) == ("a", "b", "later_stage")


def test_planted_outliers_are_found_with_their_reasons() -> None:
    """40 wins of about 10 days, one of each kind of outlier; nothing else stands out."""
    usual = [f"demo {4 + n / 100}, offer {6 + n / 100}, won" for n in range(40)]
    back = ["demo 1, offer 1, demo 1, lost"] * 25
    planted = (
        "demo",  # open for 100 days
        "demo 1, won",  # fast and large
        "demo 4, offer 60, won",  # silent
        "demo 1, offer 1, demo 1, offer 1, demo 1, lost",  # loops
        "demo 1, offer 40, demo 1, lost",  # returned after 40 days
    )
    amounts = (*[1.0] * 65, 5.0, 90.0, 3.0, None, 4.0)
    found = insights_of(log(*usual, *back, *planted, amounts=amounts)).outliers
    kinds = {one.deal: [(reason.kind, reason.value, reason.stage) for reason in one.reasons] for one in found}
    assert kinds["L65"] == [("open_long", 100.0, "")]
    assert kinds["L66"] == [("fast_large", 1.0, "")]
    assert kinds["L67"] == [("silence", 60.0, "offer")]
    assert kinds["L68"] == [("loops", 3.0, "demo")]
    assert kinds["L69"] == [("returned", 40.0, "demo")]
    assert [one.deal for one in found] == ["L66", "L65", "L69", "L67", "L68"]  # by amount, unknown last


def test_work_on_a_deal_breaks_its_silence() -> None:
    """Mutant: only moves are looked at."""
    leads = [f"demo {4 + n / 100}, won" for n in range(40)] + ["demo 60, won"]
    history = log(*leads)
    assert [one.deal for one in insights_of(history).outliers] == ["L40"]
    tasks = [("L40", "demo", START + dt.timedelta(days=day), None, None, None) for day in range(0, 60, 3)]
    busy = dataclasses.replace(history, work=pl.DataFrame(tasks, schema=WORK_SCHEMA, orient="row"))
    assert insights_of(busy).outliers == ()


def test_at_most_ten_deals_are_worth_reading() -> None:
    leads = ["demo 1, won"] * 400 + ["demo"] * 50
    assert len(insights_of(log(*leads)).outliers) == 10
