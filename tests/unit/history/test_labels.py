"""What the words of an export mean."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from funnelsim.history.labels import is_key, known_outcome, label_book, same_label, slug


@pytest.mark.parametrize(
    ("label", "key"),
    [
        ("Negotiation/Review", "negotiation_review"),
        ("  Proposal / Price Quote ", "proposal_price_quote"),
        ("Vérification", "verification"),
        ("2nd call", "s_2nd_call"),
    ],
)
def test_keys_are_small_letters_digits_and_underscores(label: str, key: str) -> None:
    assert slug(label) == key


@given(st.text())
def test_a_slug_is_empty_or_a_key(label: str) -> None:
    assert slug(label) == "" or is_key(slug(label))


@pytest.mark.parametrize("label", ["Closed Won", "closed-won", "CLOSEDWON", "Won", " closed  won "])
def test_won_is_known_in_its_spellings(label: str) -> None:
    assert known_outcome(label) == "won"


@pytest.mark.parametrize("label", ["Wonderful", "Not won yet", "Lost and found", "Proposal"])
def test_words_that_only_contain_won_or_lost_are_no_outcomes(label: str) -> None:
    assert known_outcome(label) is None


def test_a_book_with_stages_does_not_invent_more() -> None:
    """Catches the mutant that turns each unknown label into a stage although a mapping lists the stages."""
    book = label_book({"demo": ("Demo", ("Product demo",))}, {"no_show": ("No-Show",)}, ("Test",))
    read = book.read(pl.Series(["demo", "PRODUCT  DEMO", "No show", "Lost", "test", "Demmo", None]))
    assert read["label_kind"].to_list() == [
        "stage",
        "stage",
        "outcome",
        "outcome",
        "ignore",
        "unmapped",
        None,
    ]
    assert read["label_key"].to_list() == ["demo", "demo", "no_show", "lost", "", "", None]
    assert book.unmapped == {"Demmo": 1}


def test_without_a_mapping_labels_are_stages_in_order_of_appearance() -> None:
    book = label_book({}, {}, ())
    book.read(pl.Series(["Lead", "Demo", "demo", "Won"]))
    assert book.stages == {"lead": "Lead", "demo": "Demo"}


def test_an_outcome_column_knows_open_and_words_of_its_own() -> None:
    book = label_book({}, {}, ())
    read = book.read(pl.Series(["won", "Open", "No decision"]), outcome_column=True)
    assert read["label_kind"].to_list() == ["outcome", "open", "outcome"]
    assert read["label_key"].to_list() == ["won", "", "no_decision"]


def test_same_label_ignores_case_spaces_and_dashes() -> None:
    assert same_label("Closed – Won") == same_label("closed_won") == "closed won"


def test_a_key_depends_on_its_label_alone() -> None:
    """Labels without a Latin letter too. Mutant: a number in order of appearance."""
    keys = []
    for labels in (["見積もり", "提案"], ["提案", "見積もり"]):
        book = label_book({}, {}, ())
        read = book.read(pl.Series(labels))
        keys.append(dict(zip(labels, read["label_key"].to_list(), strict=True)))
    assert keys[0] == keys[1]
    assert len(set(keys[0].values())) == 2
    assert all(is_key(key) for key in keys[0].values())
