"""Which leads of a history are looked at."""

from __future__ import annotations

import pytest

from funnelsim.processmap.selection import Selected, Selection, SelectionError, select

from .logs import log

HISTORY = log(
    *["demo 1, won"] * 5,
    owners=("Ana", "Bo", "Chi", None, "ana"),
    sources=("Inbound", "Partner", None, "Inbound", "Partner"),
    created=(0, 20, 40, 60, 80),
)
TEAMS = {"Ana": "North", "ana": "North", "Bo": "South"}


def deals(found: Selected) -> list[str]:
    assert found.history.visits["deal"].to_list() == found.history.deals["deal"].to_list()
    return found.history.deals["deal"].to_list()


@pytest.mark.parametrize(
    ("selection", "expected", "filters"),
    [
        (Selection(), ["L0", "L1", "L2", "L3", "L4"], {}),
        (Selection(source=("INBOUND",)), ["L0", "L3"], {"source": "Inbound"}),
        (Selection(source=("inbound", "unknown")), ["L0", "L2", "L3"], {"source": "Inbound, unknown"}),
        (Selection(rep=("Ana",)), ["L0"], {"rep": "Ana"}),  # as written, where that occurs
        (Selection(rep=("ANA",)), ["L0", "L4"], {"rep": "Ana, ana"}),
        (Selection(rep=("unknown",)), ["L3"], {"rep": "unknown"}),
        (Selection(team=("north",), team_of=TEAMS), ["L0", "L4"], {"team": "North"}),
        (Selection(period="2026-01"), ["L0", "L1"], {"period": "2026-01"}),
        (
            Selection(period="2026Q1", source=("Partner",)),
            ["L1", "L4"],
            {"source": "Partner", "period": "2026Q1"},
        ),
    ],
)
def test_leads_that_fit_all_of_what_is_given(
    selection: Selection, expected: list[str], filters: dict[str, str]
) -> None:
    """The first of January and the day after its last are the ends. Mutants: any instead of all, closed."""
    found = select(HISTORY, selection)
    assert deals(found) == expected
    assert found.filters == filters


def test_reps_whose_team_is_unknown_are_named() -> None:
    found = select(HISTORY, Selection(team=("South",), team_of=TEAMS))
    assert deals(found) == ["L1"]
    assert found.notes == ("1 deal of reps whose team is not in the file of reps (Chi) left out",)


def test_all_problems_at_once_with_the_allowed_values() -> None:
    asked = Selection(source=("inbond",), rep=("Dee",), team=("x",), segment=("s",), period="2026X")
    with pytest.raises(SelectionError) as caught:
        select(HISTORY, asked)
    said = str(caught.value)
    assert 'no source "inbond"; the history has Inbound, Partner, unknown; did you mean "Inbound"?' in said
    assert "--team: the history does not say" in said
    assert "--segment: the history knows no segment of any lead" in said
    assert 'unknown period "2026X"' in said
    assert "5 problems" in said


def test_nothing_left_is_an_error() -> None:
    with pytest.raises(SelectionError, match="no deal fits period 2031; deals were created 2026-01-01 to"):
        select(HISTORY, Selection(period="2031"))
    with pytest.raises(SelectionError, match="no deal fits source Inbound, rep Bo"):
        select(HISTORY, Selection(source=("Inbound",), rep=("Bo",)))
