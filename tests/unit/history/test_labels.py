"""What the words of an export mean."""

from __future__ import annotations

from random import Random

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from funnelsim.history.values.labels import is_key, known_outcome, label_book, same_label, slug, stage_keys


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


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Café", "Cafe"),
        ("A/B", "A B"),
        ("C#", "C++"),
        ("A", "A-"),
        ("❶", "❷"),
        ("商談 A", "見積 A"),
        ("✅", "⏳"),
    ],
)
def test_labels_with_different_visible_text_never_share_a_key(one: str, other: str) -> None:
    assert same_label(one) != same_label(other)
    assert len(set(stage_keys([one, other]).values())) == 2


@pytest.mark.parametrize(
    "label",
    [
        "Demo ✅",
        "⏳ Demo",
        "De\u00admo",
        "\u200bDemo\ufe0f",
        "\u2066Demo\u2069",
        "demo\u00a0",
        "🔥 - Demo",
        "\x07Demo",
    ],
)
def test_what_nobody_sees_and_emoji_do_not_count(label: str) -> None:
    assert same_label(label) == same_label("Demo")


@given(st.lists(st.text(min_size=1, max_size=8), max_size=8), st.randoms())
def test_each_label_has_a_key_of_its_own_whatever_the_order(labels: list[str], random: Random) -> None:
    """Mutant: collisions are resolved by numbers in order of appearance."""
    plain = {same_label(label) for label in labels} - {""}
    keys = stage_keys(plain)
    assert len(set(keys.values())) == len(plain)
    assert all(is_key(key) for key in keys.values())
    shuffled = sorted(plain)
    random.shuffle(shuffled)
    assert stage_keys(shuffled) == keys
