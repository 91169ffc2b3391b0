"""Labels in no known words whose deals have ended: asked about beside what is known of won and lost."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from funnelsim.core.errors import HistoryError
from funnelsim.history.cleaning.as_of import parse_as_of
from funnelsim.history.files.events import History
from funnelsim.history.imports import import_history
from funnelsim.history.values.outcome_words import hinted_outcome
from tests.unit.history.exports import assert_consistent, check_names, deals, events, mapping, write

HEADER = "deal_id,created,closed,stage,amount"
ENDED = [
    f"{n},2025-01-{n:02d},2025-0{2 + n % 5}-{n:02d},{'Closed Won' if n % 3 else 'Closed Lost'},10"
    for n in range(1, 13)
]
ASKS = "   # move labels that mean won here"


def doubts(history: History, name: str = "labels_like_outcomes") -> list[dict[str, Any]]:
    return [item for item in history.meta.audit["checks"] if item["check"] == name]


def counts(history: History) -> dict[str, int]:
    assert_consistent(history)
    return {key: number for key, number in history.meta.audit["deals"].items() if key != "all"}


@pytest.mark.parametrize("label", ["Renewed", "Contract signed", "100 - Order", "Beauftragt", "Duplicate"])
@pytest.mark.parametrize("expected", ["", "2025-09-01"])
def test_closed_deals_at_an_unknown_label_are_asked_about(tmp_path: Path, label: str, expected: str) -> None:
    """Catches money that stays open because the export has fewer open deals than such ends."""
    rows = (
        *ENDED,
        *(f"{n},2025-02-01,2025-04-{n:02d},{label},100" for n in range(20, 26)),
        *(f"{n},2025-02-01,{expected},Proposal,7" for n in range(30, 34)),
    )
    history = deals(tmp_path, HEADER, *rows)
    (doubt,) = doubts(history)
    assert f'"{label}" 6.' in doubt["text"]
    assert doubt["mapping"] == ["[outcomes]", f"won = []{ASKS}", f'lost = "{label}"']
    rules = mapping(tmp_path, f'[outcomes]\nwon = "{label}"\n')
    settled = deals(tmp_path, HEADER, *rows, mapping=rules)
    assert counts(settled) == {"won": 14, "lost": 4, "open": 4}
    assert settled.meta.audit["amounts"]["won_sum"] == 680
    assert not doubts(settled)


def test_two_such_labels_are_both_asked_about(tmp_path: Path) -> None:
    history = deals(
        tmp_path,
        HEADER,
        *ENDED,
        *(f"{n},2025-02-01,2025-04-{n:02d},Live,1" for n in range(20, 26)),
        *(f"{n},2025-02-01,2025-03-{n - 10:02d},Spurious,1" for n in range(30, 40)),
        *(f"{n},2025-02-01,2025-09-01,Proposal,1" for n in range(50, 54)),
    )
    assert '"Live" 6, "Spurious" 10.' in doubts(history)[0]["text"]


def test_overdue_deals_at_every_stage_are_no_question(tmp_path: Path) -> None:
    history = deals(
        tmp_path,
        HEADER,
        *ENDED,
        *(f"{n},2025-02-01,2025-0{3 + n % 2 * 6}-10,Demo,1" for n in range(20, 30)),
        *(f"{n},2025-02-01,2025-03-10,Proposal,1" for n in range(30, 33)),
        *(f"{n},2025-02-01,2025-09-10,Negotiation,1" for n in range(40, 45)),
    )
    assert not doubts(history)


@pytest.mark.parametrize("until", [None, "2026-01-01"])
def test_expected_dates_are_no_past_ones_whatever_the_as_of_date(tmp_path: Path, until: str | None) -> None:
    rows = (f"{n},2025-02-01,2025-09-{n:02d},Proposal,1" for n in range(13, 29))
    as_of = parse_as_of(until) if until else None
    assert not doubts(deals(tmp_path, HEADER, *ENDED, *rows, "50,2025-03-01,,Demo,1", as_of=as_of))


def test_a_status_with_one_unknown_word_is_asked_about(tmp_path: Path) -> None:
    history = deals(
        tmp_path,
        HEADER.replace("stage", "Status"),
        *(row.replace("Closed ", "") for row in ENDED),
        *(f"{n},2025-02-01,2025-04-{n:02d},Renewed,1" for n in range(20, 26)),
        *(f"{n},2025-02-01,,Open,1" for n in range(30, 34)),
    )
    (doubt,) = doubts(history)
    assert '"Renewed" 6.' in doubt["text"]
    assert doubt["mapping"] == ["[outcomes]", f"won = []{ASKS}", 'lost = "Renewed"']


def test_an_outcome_of_its_own_is_offered_as_won_too(tmp_path: Path) -> None:
    history = deals(
        tmp_path,
        "deal_id,created,closed,stage,Status",
        *("1,2025-01-03,2025-02-13,Demo,Won", "2,2025-01-05,2025-02-20,Demo,Renewed"),
        "3,2025-01-09,,Demo,Open",
    )
    (doubt,) = doubts(history, "other_outcomes")
    assert doubt["mapping"] == ["[outcomes]", f"won = []{ASKS}", 'lost = "Renewed"']


@pytest.mark.parametrize(("chance", "key"), [(100, "won"), (0, "lost")])
def test_a_chance_of_all_or_none_beside_a_past_closing_date_says_which(
    tmp_path: Path, chance: int, key: str
) -> None:
    rows = (
        *(f"{row},{100 if 'Won' in row else 0}" for row in ENDED),
        f"20,2025-02-01,2025-04-01,Handed over,1,{chance}",
        *(f"{n},2025-02-01,2025-0{4 + n % 2 * 5}-01,Proposal,1,40" for n in range(30, 34)),
    )
    (doubt,) = doubts(deals(tmp_path, HEADER + ",Probability (%)", *rows))
    assert doubt["mapping"] == ["[outcomes]", f'{key} = "Handed over"']


def test_a_chance_that_nobody_fills_in_is_no_evidence(tmp_path: Path) -> None:
    rows = (*ENDED, *(f"{n},2025-02-01,2025-0{4 + n % 2 * 5}-01,Proposal,1" for n in range(30, 34)))
    rows = (*rows, "40,2025-02-01,2025-04-01,Demo,1")
    assert not doubts(deals(tmp_path, HEADER + ",Probability", *(f"{row},0" for row in rows)))


def test_events_that_never_go_on_are_asked_about(tmp_path: Path) -> None:
    rows = [f"{n},Proposal,2025-01-{n:02d}" for n in range(1, 22)]
    rows += [f"{n},{'Won' if n % 2 else 'Lost'},2025-06-{n:02d}" for n in range(1, 12)]
    rows += [f"{n},Renewed,2025-06-{n:02d}" for n in range(12, 18)]
    (doubt,) = doubts(events(tmp_path, *rows))
    assert '"Renewed" 6.' in doubt["text"], "four deals are still at Proposal, which others have left"
    assert doubt["mapping"] == ["[outcomes]", f"won = []{ASKS}", 'lost = "Renewed"']
    gone_on = [*rows, "12,Won,2025-06-28"]
    assert not doubts(events(tmp_path, *gone_on))


def test_events_of_open_stages_that_the_deals_table_ends_are_no_question(tmp_path: Path) -> None:
    """Catches the last stage of a log without closings, which every closed deal seems to stop at."""
    log = [
        f"{n},{stage},2025-0{month}-{n:02d}"
        for n in range(1, 22)
        for month, stage in ((1, "Demo"), (2, "Offer"))
    ]
    table = [f"{n},2025-01-01,2025-03-{n:02d},{'Won' if n % 2 else 'Lost'},1" for n in range(1, 22)]
    files = [
        write(tmp_path, "events.csv", "deal,stage,entered_at", *log),
        write(tmp_path, "deals.csv", "deal,created,closed,stage,amount", *table),
    ]
    history = import_history(files)
    assert counts(history) == {"won": 11, "lost": 10, "open": 0}
    assert not doubts(history)


CLOSED_ONLY = "deal_id,created,closed,stage,IsClosed"


def test_a_flag_for_closed_alone_asks_which_labels_are_won(tmp_path: Path) -> None:
    """Catches deals that the CRM says are closed, read as open while "the flags decide"."""
    rows = (
        *(f"{n},2025-01-01,2025-02-{n:02d},Signed,true" for n in range(1, 5)),
        *(f"{n},2025-01-01,2025-02-{n:02d},Gone,true" for n in range(5, 8)),
        *(f"{n},2025-01-01,2025-02-{n:02d},Proposal,false" for n in range(8, 10)),
    )
    with pytest.raises(
        HistoryError, match=r'flagged as closed have the label "Signed" 4, "Gone" 3, which'
    ) as caught:
        deals(tmp_path, CLOSED_ONLY, *rows)
    assert 'lost = ["Signed", "Gone"]' in str(caught.value), "and not the open stage"
    rules = mapping(tmp_path, '[outcomes]\nwon = "Signed"\nlost = "Gone"\n')
    assert counts(deals(tmp_path, CLOSED_ONLY, *rows, mapping=rules)) == {"won": 4, "lost": 3, "open": 2}


def test_a_flag_for_closed_alone_decides_nothing_that_it_does_not_say(tmp_path: Path) -> None:
    history = deals(
        tmp_path,
        CLOSED_ONLY,
        *("1,2025-01-01,2025-02-01,Won,true", "2,2025-01-01,2025-02-01,Lost,true"),
        *("3,2025-01-01,2025-02-01,Offer,true", "4,2025-01-01,,Offer,false", "5,2025-01-01,,Offer,false"),
    )
    (told,) = doubts(history, "open_label_closed_flag")
    assert "the label decides" in told["text"]
    assert counts(history) == {"won": 1, "lost": 1, "open": 3}


def test_a_status_of_numbers_is_named_where_nothing_else_says_how_deals_ended(tmp_path: Path) -> None:
    """Catches the stage of lost deals offered as the outcome, beside a column that has it."""
    header = "ID,Value,Status,Stage,Created,Closed"
    rows = (
        *(
            f"{n},10,{1 + n % 2},{'Offer' if n % 3 else 'Demo'},2025-01-01,2025-02-{n:02d}"
            for n in range(1, 10)
        ),
        *(f"{n},10,0,Offer,2025-01-01," for n in range(10, 13)),
    )
    history = deals(tmp_path, header, *rows)
    (asked,) = doubts(history, "unread_status")
    assert 'column "Status" may: "2" 5, "1" 4, "0" 3' in asked["text"]
    assert "labels_like_outcomes" not in check_names(history)
    assert "nothing_closed" in check_names(history)
    text = "\n".join(asked["mapping"]).replace("[]", '"1"').replace('["2", "1"]', '"2"')
    settled = deals(tmp_path, header, *rows, mapping=mapping(tmp_path, text))
    assert counts(settled) == {"won": 4, "lost": 5, "open": 3}


def test_where_nothing_is_known_stages_that_deals_leave_are_not_offered(tmp_path: Path) -> None:
    """HubSpot's numbers of stages: the dates of entry show which of them deals go on from."""
    header = (
        "id,dealstage,createdate,closedate,hs_v2_date_entered_10,hs_v2_date_entered_91,hs_v2_date_entered_92"
    )
    rows = (
        *(f"{n},91,2025-01-01,2025-02-{n:02d},2025-01-01,2025-02-{n:02d}," for n in range(1, 5)),
        *(f"{n},92,2025-01-01,2025-02-{n:02d},2025-01-01,,2025-02-{n:02d}" for n in range(5, 8)),
        "8,10,2025-01-01,2025-09-01,2025-01-01,,",
    )
    (doubt,) = doubts(deals(tmp_path, header, *rows))
    assert doubt["mapping"] == [
        "[outcomes]",
        'won = []   # add those that mean won: "91", "92"',
        'lost = []   # add those that mean lost: "91", "92"',
    ]


@pytest.mark.parametrize(
    ("label", "outcome"),
    [
        ("Projekt gewonnen (Vertrieb)", "won"),
        ("2025 / deal perdu / prix", "lost"),
        ("A deal that was cancelled by us", "lost"),
        ("Gewonnen oder verloren, Ende", ""),
        ("Proposal", ""),
    ],
)
def test_words_inside_a_label_say_where_it_is_offered(label: str, outcome: str) -> None:
    assert hinted_outcome(label) == outcome


def test_labels_are_offered_by_the_words_inside_them(tmp_path: Path) -> None:
    rows = (
        "1,2025-01-03,2025-02-13,Projekt endlich gewonnen im Vertrieb,1",
        "2,2025-01-03,2025-02-13,Projekt leider verloren im Vertrieb,1",
        "3,2025-01-03,,Demo,1",
    )
    (doubt,) = doubts(deals(tmp_path, HEADER, *rows))
    assert doubt["mapping"] == [
        "[outcomes]",
        'won = "Projekt endlich gewonnen im Vertrieb"',
        'lost = "Projekt leider verloren im Vertrieb"',
    ]


def test_closed_and_won_are_read_in_every_language_before_a_pipeline(tmp_path: Path) -> None:
    history = deals(
        tmp_path,
        HEADER,
        "1,2025-01-03,2025-02-13,Abgeschlossen und gewonnen (Vertrieb),5",
        "2,2025-01-03,2025-02-14,Abgeschlossen und verloren (Vertrieb),1",
        "3,2025-01-03,2025-06-14,Termin vereinbart (Vertrieb),1",
    )
    assert counts(history) == {"won": 1, "lost": 1, "open": 1}
    assert not doubts(history)
