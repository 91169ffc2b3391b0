"""The world as known on a date."""

from __future__ import annotations

import dataclasses
import datetime as dt
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from funnelsim.core.errors import HistoryError
from funnelsim.history.cleaning.as_of import cut, parse_as_of
from funnelsim.history.files.as_of_dates import as_of_text
from funnelsim.history.files.events import History
from funnelsim.history.imports import import_history
from tests.unit.history.exports import assert_consistent, day, deal, stays, write


def test_a_date_means_the_end_of_that_day() -> None:
    """Catches the mutant that forgets what happened on the day itself."""
    assert parse_as_of("2017-09-30") == dt.datetime(2017, 10, 1)
    assert parse_as_of("2017-09-30T12:30") == dt.datetime(2017, 9, 30, 12, 30)
    assert as_of_text(parse_as_of("2017-09-30")) == "30 Sep 2017"
    assert as_of_text(dt.datetime(2017, 9, 30, 12, 30)) == "30 Sep 2017 12:30"


@pytest.mark.parametrize(
    "text", ["soon", "2017-13-01", "05/03/2017", "2017-09-30T12:00+02:00", "9999-12-31", ""]
)
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(HistoryError, match="as-of"):
        parse_as_of(text)


@pytest.fixture
def history(tmp_path: Path) -> History:
    entries = write(
        tmp_path, "events.csv", "deal,stage,entered",
        "A,Lead,2025-01-05", "A,Demo,2025-01-15", "A,Won,2025-02-01", "B,Lead,2025-01-20",
        "B,Lost,2025-03-01", "C,Lead,2025-02-10",
    )  # fmt: skip
    facts = write(
        tmp_path, "deals.csv", "deal,created,amount,list_price", "A,2025-01-05,90,100", "B,2025-01-20,,50",
        "C,2025-02-10,,70",
    )  # fmt: skip
    return import_history([entries, facts], "events")


def test_later_stays_and_deals_are_gone_and_the_rest_is_open(history: History) -> None:
    known = cut(history, day("2025-02-01"))
    assert stays(known, "A") == [("lead", 1, "01-05", "01-15", "demo"), ("demo", 1, "01-15", None, None)]
    assert set(known.deals["deal"]) == {"A", "B"}
    assert deal(known, "A")["outcome"] is None
    assert deal(known, "A")["amount"] is None, "what a deal was won at is not known before it is won"
    assert deal(known, "A")["listed_amount"] == 100.0
    assert known.meta.as_of == day("2025-02-01")
    assert_consistent(known)


def test_what_closed_before_stays_closed(history: History) -> None:
    known = cut(history, day("2025-02-02"))
    assert deal(known, "A")["outcome"] == "won"
    assert deal(known, "A")["amount"] == 90.0
    assert deal(known, "B")["outcome"] is None


def test_cutting_where_the_history_ends_changes_nothing(history: History) -> None:
    same = cut(history, history.meta.as_of)
    assert same.visits.equals(history.visits)
    assert same.deals.equals(history.deals)


def test_listed_amounts_of_the_export_day_are_forgotten(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "d.csv",
        "id,created,closed,outcome,amount",
        "1,2025-01-05,2025-03-01,won,100",
        "2,2025-01-05,,open,70",
    )
    history = import_history([path], "deals")
    assert deal(history, "2")["listed_amount"] == 70.0
    assert cut(history, day("2025-02-01")).deals["listed_amount"].null_count() == 2


def test_a_cut_outside_the_history_is_refused(history: History) -> None:
    with pytest.raises(HistoryError, match="the history ends on 1 Mar 2025, before 4 Apr 2025"):
        cut(history, day("2025-04-05"))
    with pytest.raises(HistoryError, match="there is no data before 31 Dec 2024"):
        cut(history, day("2025-01-01"))


@pytest.mark.parametrize("later", [0, 20])
def test_an_inferred_stage_order_is_learnt_from_what_was_known(tmp_path: Path, later: int) -> None:
    """Later deals go from offer to demo: planted, they must not turn the order of before, cut or imported.

    Catches the mutant of `cut` that keeps the order of the whole history, and that of the import which infers
    the order before it forgets what came after the as-of date.
    """
    rows = [f"E{n},Demo,2025-01-0{n}" for n in range(1, 6)] + [
        f"E{n},Offer,2025-01-1{n}" for n in range(1, 6)
    ]
    rows += [f"L{n},Offer,2025-03-01" for n in range(later)] + [f"L{n},Demo,2025-03-05" for n in range(later)]
    path = write(tmp_path, "events.csv", "deal,stage,entered", *rows)
    whole = import_history([path], "events")
    assert list(whole.meta.stages) == (["offer", "demo"] if later else ["demo", "offer"])
    until = day("2025-01-16")
    assert list(import_history([path], "events", as_of=until).meta.stages) == ["demo", "offer"]
    assert list(cut(whole, until).meta.stages) == ["demo", "offer"]


LABELS = ["Lead", "Demo", "Offer", "Won", "Lost", "Churned"]
MOVES = st.lists(
    st.tuples(st.sampled_from("ABCD"), st.sampled_from(LABELS), st.integers(1, 28)),
    min_size=1,
    max_size=25,
    unique_by=lambda move: (move[0], move[2]),
)


@settings(max_examples=25)
@given(
    transitions=MOVES,
    ends=st.dictionaries(st.sampled_from("ABCD"), st.sampled_from(["Won", "Lost"])),
    when=st.integers(2, 31),
)
def test_cutting_a_history_is_importing_as_of_that_date(
    tmp_path: Path, transitions: list[tuple[str, str, int]], ends: dict[str, str], when: int
) -> None:
    """Outcomes included that were taken back later. Mutant: `cut` forgets `History.retracted`."""
    rows = [f"{key},{stage},2025-01-{on:02}" for key, stage, on in transitions]
    rows += [
        f"{key},{label},2025-01-29"
        for key, label in ends.items()
        if any(move[0] == key for move in transitions)
    ]
    assume(any(stage not in ("Won", "Lost", "Churned") for _, stage, _ in transitions))
    path = write(tmp_path, "events.csv", "deal,stage,entered", *rows)
    as_of = dt.datetime(2025, 1, 1) + dt.timedelta(days=when - 1)
    whole = import_history([path], "events")
    if as_of > whole.meta.as_of or as_of <= whole.visits["entered"].min():  # type: ignore[operator]
        return
    early = import_history([path], "events", as_of=as_of)
    known = cut(whole, as_of)
    assert known.visits.equals(early.visits)
    assert known.deals.equals(early.deals)
    assert dataclasses.replace(known.meta, audit={}) == dataclasses.replace(early.meta, audit={})
    assert_consistent(known)
