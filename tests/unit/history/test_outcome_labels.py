"""Labels that read like outcomes: read as what they say and named at the top, or asked about."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from funnelsim.core.errors import HistoryError
from funnelsim.history.files.events import History
from funnelsim.history.values.outcome_words import WordReading, read_words
from tests.unit.history.exports import assert_consistent, check_names, deal, deals, events, mapping, table

DEALS = "deal_id,created,closed,stage,amount"
STATUS = "deal_id,created,closed,outcome,amount"


def check(history: History, name: str) -> dict[str, Any]:
    return next(item for item in history.meta.audit["checks"] if item["check"] == name)


def counts(history: History) -> dict[str, int]:
    assert_consistent(history)
    return {key: number for key, number in history.meta.audit["deals"].items() if key != "all"}


@pytest.mark.parametrize(
    ("label", "outcome"),
    [
        ("Closed Lost - Price", "lost"),
        ("Closed-Lost to Competition", "lost"),
        ("Closed Won (Renewal)", "won"),
        ("Lost: no budget", "lost"),
        ("Won - upsell", "won"),
        ("lost_competitor", "lost"),
        ("6 - Closed Won", "won"),
        ("Deal Lost!", "lost"),
        ("Closed Lost - No Decision", "lost"),
        ("Geschlossen und gewonnen", "won"),
        ("Verloren (Preis)", "lost"),
        ("Fermé - Gagné", "won"),
        ("Perdu", "lost"),
        ("Ganado", "won"),
        ("Cerrada perdida", "lost"),
        ("Vinto", "won"),
        ("Fechado e perdido", "lost"),
        ("受注", "won"),
        ("失注（価格）", "lost"),
        ("Успешно реализовано", "won"),
        ("Закрыто и не реализовано", "lost"),
        ("Ｗｏｎ　（ｕｐｓｅｌｌ）", "won"),
    ],
)
def test_labels_that_begin_or_end_with_an_outcome_are_sure(label: str, outcome: str) -> None:
    reading = read_words(label)
    assert reading is not None
    assert (reading.outcome, reading.strength) == (outcome, "sure")


@pytest.mark.parametrize(
    "label",
    ["Contract Lost Luggage", "Wonderful", "Won't fix", "Not won yet", "受注見込み", "Closing", "Demo"],
)
def test_labels_that_only_contain_such_a_word_say_nothing(label: str) -> None:
    assert read_words(label) is None


@pytest.mark.parametrize("label", ["Nicht gewonnen", "Not Won", "Non vinta", "No ganado", "pas gagné"])
def test_what_is_not_won_is_lost(label: str) -> None:
    assert read_words(label) == WordReading(outcome="lost", strength="likely")


def test_not_lost_is_no_outcome_that_is_known() -> None:
    reading = read_words("Not lost")
    assert reading is not None
    assert reading.strength == "unsure"


@pytest.mark.parametrize(
    ("label", "strength"),
    [
        ("Disqualified", "likely"),
        ("No decision", "likely"),
        ("Lost luggage", "likely"),
        ("Verbally won", "unsure"),
        ("Won?", "unsure"),
        ("Closed - not won", "end"),
        ("Won/Lost", "end"),
        ("Closed", "end"),
    ],
)
def test_other_labels_need_what_the_deals_do(label: str, strength: str) -> None:
    reading = read_words(label)
    assert reading is not None
    assert reading.strength == strength


def test_outcomes_with_a_reason_are_counted_and_named_at_the_top(tmp_path: Path) -> None:
    rows = (
        "1,2025-01-03,2025-02-13,Closed Won,1000",
        "2,2025-01-05,2025-02-20,Closed Lost - Price,1500",
        "3,2025-01-07,2025-02-21,Closed Lost,950",
        "4,2025-01-09,2025-02-25,Closed Lost - Price,2000",
        "5,2025-01-11,2025-06-30,Proposal,700",
        "6,2025-01-12,2025-02-26,Closed Won (Renewal),800",
    )
    history = deals(tmp_path, DEALS, *rows)
    assert counts(history) == {"won": 2, "lost": 3, "open": 1}
    assert history.meta.audit["amounts"]["won_sum"] == 1800
    found = check(history, "labels_read_as_outcomes")
    assert history.meta.audit["checks"][0] == found, "at the top"
    assert found["mapping"] == ["[outcomes]", 'lost = "Closed Lost - Price"', 'won = "Closed Won (Renewal)"']
    again = deals(tmp_path, DEALS, *rows, mapping=mapping(tmp_path, "\n".join(found["mapping"])))
    assert counts(again) == counts(history)
    assert "labels_read_as_outcomes" not in check_names(again), "the lines settle it"


def test_a_mapping_makes_a_stage_of_a_label_that_reads_like_an_outcome(tmp_path: Path) -> None:
    rows = ("1,Lead,2025-01-03", "1,Lost - recovery call,2025-01-05", "1,Won,2025-01-09", "2,Lead,2025-01-04")
    rules = mapping(tmp_path, 'not_outcomes = "Lost - recovery call"\n')
    history = events(tmp_path, *rows, mapping=rules)
    assert list(history.meta.stages.values()) == ["Lead", "Lost - recovery call"]
    assert "labels_read_as_outcomes" not in check_names(history)


def test_words_for_an_end_are_lost_where_no_deal_goes_on(tmp_path: Path) -> None:
    history = events(
        tmp_path,
        "1,Lead,2025-01-03", "1,Demo,2025-01-05", "1,Closed Won,2025-01-15",
        "2,Lead,2025-01-03", "2,Disqualified,2025-01-06",
        "3,Lead,2025-01-03", "3,Lost contact,2025-01-05", "3,Demo,2025-01-08",
    )  # fmt: skip
    assert counts(history) == {"won": 1, "lost": 1, "open": 1}
    assert '"Disqualified" 1 as lost' in check(history, "labels_read_as_outcomes")["text"]
    assert '"Lost contact" 1' in check(history, "labels_like_outcomes")["text"], "deals go on from there"


def test_such_words_with_a_closing_date_are_lost(tmp_path: Path) -> None:
    history = deals(
        tmp_path,
        DEALS,
        "1,2025-01-03,2025-02-13,Closed Won,1",
        "2,2025-01-03,2025-02-14,Abandoned,1",
        "3,2025-01-03,,Dead end street,1",
    )
    assert counts(history) == {"won": 1, "lost": 1, "open": 1}


def test_closed_without_more_is_asked_about(tmp_path: Path) -> None:
    rows = ("1,2025-01-03,2025-02-13,Closed,1", "2,2025-01-03,,Open,1", "3,2025-01-05,2025-02-19,Closed,1")
    with pytest.raises(HistoryError, match=r'"Closed" 2.*does not show whether they were won') as caught:
        deals(tmp_path, DEALS, *rows)
    assert '    lost = "Closed"' in str(caught.value)
    history = deals(tmp_path, DEALS, *rows, mapping=mapping(tmp_path, '[outcomes]\nwon = "Closed"\n'))
    assert counts(history) == {"won": 2, "open": 1}


def test_a_stage_whose_deals_are_all_closed_is_named(tmp_path: Path) -> None:
    history = deals(
        tmp_path,
        DEALS,
        *(f"{number},2025-01-03,2025-02-{number:02d},Deal ended,1" for number in range(10, 16)),
        *(f"{number},2025-01-03,,Proposal,1" for number in range(20, 30)),
        "40,2025-01-03,2025-02-20,Won,1",
    )
    assert '"Deal ended" 6' in check(history, "labels_like_outcomes")["text"]


def test_outcomes_of_another_language_are_read_and_named(tmp_path: Path) -> None:
    history = deals(
        tmp_path,
        STATUS,
        "1,2025-01-03,2025-02-13,Gewonnen,1000",
        "2,2025-01-05,2025-02-20,Verloren,500",
        "3,2025-01-07,2025-02-22,Gewonnen,800",
        "4,2025-01-09,,Offen,900",
    )
    assert counts(history) == {"won": 2, "lost": 1, "open": 1}, "Offen is no outcome"
    assert check(history, "labels_read_as_outcomes")["mapping"] == [
        "[outcomes]",
        'won = "Gewonnen"',
        'lost = "Verloren"',
    ]


def test_true_and_false_are_asked_about_unless_the_column_is_called_won(tmp_path: Path) -> None:
    rows = ("1,2025-01-03,2025-02-13,TRUE,1", "2,2025-01-05,2025-02-20,FALSE,1", "3,2025-01-09,,FALSE,1")
    with pytest.raises(HistoryError, match="does that mean won and lost") as caught:
        deals(tmp_path, STATUS, *rows)
    assert '    won = "TRUE"' in str(caught.value)
    history = deals(tmp_path, STATUS.replace("outcome", "Won?"), *rows)
    assert counts(history) == {"won": 1, "lost": 1, "open": 1}
    assert "closed_by_date" in check_names(history)
    named = mapping(
        tmp_path, '[deals]\ndeal="deal_id"\ncreated="created"\nclosed="closed"\noutcome="is_won"\n'
    )
    history = deals(tmp_path, STATUS.replace("outcome", "is_won"), *rows, mapping=named)
    assert counts(history) == {"won": 1, "lost": 1, "open": 1}
    assert "closed_by_date" in check_names(history)


def test_outcomes_in_unknown_words_are_asked_about(tmp_path: Path) -> None:
    rows = (
        "1,2025-01-03,2025-02-13,Edukas,1",
        "2,2025-01-05,2025-02-20,Kaotatud,1",
        "3,2025-01-09,,Avatud,1",
    )
    with pytest.raises(
        HistoryError, match='nothing shows whether "Edukas" 1, "Kaotatud" 1 in column outcome'
    ):
        deals(tmp_path, STATUS, *rows)
    rules = mapping(tmp_path, '[outcomes]\nwon = "Edukas"\nlost = "Kaotatud"\n')
    assert counts(deals(tmp_path, STATUS, *rows, mapping=rules)) == {"won": 1, "lost": 1, "open": 1}


def test_an_outcome_of_its_own_is_named(tmp_path: Path) -> None:
    history = deals(
        tmp_path,
        STATUS,
        "1,2025-01-03,2025-02-13,Won,1",
        "2,2025-01-05,2025-02-20,Zombie,1",
        "3,2025-01-09,,In discussion,1",
    )
    assert counts(history) == {"won": 1, "zombie": 1, "open": 1}
    assert '"Zombie" 1' in check(history, "other_outcomes")["text"]
    assert '"In discussion" 1' in check(history, "labels_like_outcomes")["text"]


def test_a_status_beside_a_stage_says_how_deals_ended(tmp_path: Path) -> None:
    history = deals(
        tmp_path,
        "id,created,Status,Stage,closed",
        "1,2025-01-03,Gagné,Proposition,2025-02-13",
        "2,2025-01-05,Perdu,Démo,2025-02-20",
        "3,2025-01-09,Ouvert,Proposition,",
    )
    assert counts(history) == {"won": 1, "lost": 1, "open": 1}


def test_won_time_and_lost_time_close_deals_and_the_status_decides(tmp_path: Path) -> None:
    """Lost once and won in the end; open again; won, with a loss that the status does not know."""
    history = deals(
        tmp_path,
        "ID,Created,Status,Won time,Lost time,Value",
        "1,2025-01-03,Won,2025-02-13,,1000",
        "2,2025-01-05,Lost,,2025-02-10,500",
        "3,2025-01-15,Open,,2025-02-01,700",
        "4,2025-01-15,Won,2025-02-05,2025-01-20,70",
        "5,2025-01-15,Won,2025-02-05,2025-02-09,7",
    )
    assert counts(history) == {"won": 3, "lost": 1, "open": 1}
    assert history.meta.audit["amounts"]["won_sum"] == 1077
    assert deal(history, "5")["closed"].day == 5
    assert history.meta.audit["counts"]["dated_outcomes_differ"] == 2


def test_deals_that_end_without_a_date_are_named_at_the_top(tmp_path: Path) -> None:
    history = deals(
        tmp_path,
        "id,created,outcome,signature",
        "1,2025-01-03,Won,2025-02-13",
        "2,2025-01-05,Lost,2025-02-20",
        "3,2025-01-07,Open,",
    )
    assert check(history, "closed_left_out")["text"] == (
        "2 deals are left out (1 won): closed, but no closing date (such as 1, 2). If another column has the "
        "date, name it in a mapping: closed under [deals]"
    )


def test_no_win_is_named_at_the_top(tmp_path: Path) -> None:
    history = deals(tmp_path, STATUS, "1,2025-01-03,2025-02-13,lost,1", "2,2025-01-03,,open,1")
    assert "nothing_won" in check_names(history)


@pytest.mark.parametrize(
    "won", ["Closed Won\u200b", "\ufeffClosed Won", "Closed\u00a0Won", "Closed Won 🎉", "Clo\u00adsed Won"]
)
def test_what_nobody_sees_and_emoji_do_not_make_another_label(tmp_path: Path, won: str) -> None:
    history = events(
        tmp_path, "1,Demo,2025-01-03", f"1,{won},2025-01-20", "2,Demo,2025-01-04", "2,Closed Lost,2025-02-20"
    )
    assert counts(history) == {"won": 1, "lost": 1, "open": 0}
    assert history.meta.stages == {"demo": "Demo"}


def test_a_label_of_nothing_visible_is_missing(tmp_path: Path) -> None:
    history = events(tmp_path, "1,Demo,2025-01-03", "1,\u200b,2025-01-05", "1,Won,2025-01-20")
    assert table(history, "events")["set_aside"] == {"no stage": 1}
    assert counts(history) == {"won": 1, "open": 0}


def test_labels_that_differ_in_emoji_are_one_stage_and_named(tmp_path: Path) -> None:
    rows = (
        "1,Demo ⏳,2025-01-03",
        "1,Demo ✅,2025-01-10",
        "1,Closed Won 🎉,2025-01-20",
        "2,Demo ⏳,2025-01-04",
    )
    history = events(tmp_path, *rows)
    assert history.meta.stages == {"demo": "Demo"}
    found = check(history, "labels_by_emoji")
    apart = events(tmp_path, *rows, mapping=mapping(tmp_path, "\n".join(found["mapping"])))
    assert list(apart.meta.stages.values()) == ["Demo 1", "Demo 2"]


def test_labels_that_differ_in_a_sign_are_two_stages_and_named(tmp_path: Path) -> None:
    rows = (
        "1,Café,2025-01-03",
        "1,Cafe,2025-01-05",
        "1,A/B,2025-01-06",
        "1,A B,2025-01-07",
        "1,Won,2025-01-09",
    )
    history = events(tmp_path, *rows)
    assert sorted(history.meta.stages.values()) == ["A B", "A/B", "Cafe", "Café"]
    found = check(history, "labels_alike")
    merged = events(tmp_path, *rows, mapping=mapping(tmp_path, "\n".join(found["mapping"])))
    assert sorted(merged.meta.stages.values()) == ["A/B", "Café"]


def test_a_label_for_each_deal_is_named(tmp_path: Path) -> None:
    rows = [
        f"{n},{label},2025-01-{day:02d}"
        for n in range(80)
        for day, label in ((1, f"Ticket {n}"), (5, f"Note {n}"), (9, "Won"))
    ]
    found = check(events(tmp_path, *rows), "too_many_labels")
    assert found["count"] == 160
    assert "2 without their numbers" in found["text"]
    few = events(tmp_path, *rows, mapping=mapping(tmp_path, "\n".join(found["mapping"])))
    assert len(few.meta.stages) == 3


@pytest.mark.parametrize("won", ["Vendida", "Vendido", "Vinta", "Venduta", "Vendue"])
@pytest.mark.parametrize("lost", ["Perdida", "Perdido", "Persa", "Perdue"])
def test_sold_is_won_in_romance_languages(tmp_path: Path, won: str, lost: str) -> None:
    history = deals(
        tmp_path,
        "id,created,closed,stage",
        f"1,2025-01-01,2025-01-21,{won}",
        f"2,2025-01-02,2025-01-22,{lost}",
        "3,2025-01-02,,Demo",
    )
    found = history.meta.audit["deals"]
    assert (found["won"], found["lost"], found["open"]) == (1, 1, 1)
