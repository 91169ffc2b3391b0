"""The paragraph that a page begins with: likely result, gap to quota, chance, and the deals that decide."""

from __future__ import annotations

from typing import Any

import pytest

from funnelsim.documents.forecast import ForecastDocument
from funnelsim.documents.validate import read_as
from funnelsim.report.words.answer_words import (
    answer_paragraph,
    dead_deals_words,
    deciding_deals,
    gap_words,
    swing,
)
from tests.unit.report import made_up


def document(**period: Any) -> ForecastDocument:
    return read_as(ForecastDocument, made_up.forecast_document(**period), "forecast")


def with_deals(*deals: dict[str, Any], sd: float = 100.0, **period: Any) -> ForecastDocument:
    raw = made_up.forecast_document(**period)
    raw["deals"] = list(deals)
    raw["periods"][0]["bookings"]["sd"] = sd
    return read_as(ForecastDocument, raw, "forecast")


def deal(lead: str, amount: float | None, p: float, **more: Any) -> dict[str, Any]:
    return {"lead": lead, "stage": "demo", "amount": amount, "p_in_period": p, **more}


@pytest.mark.parametrize(
    ("likely", "words"),
    [
        (1_435_803, "USD 64 thousand short of the quota of USD 1.5 million"),
        (1_628_000, "USD 130 thousand above the quota of USD 1.5 million"),
        (1_496_000, "about the quota of USD 1.5 million"),
        (0.0, "USD 1.5 million short of the quota of USD 1.5 million"),
    ],
)
def test_the_gap_is_stated(likely: float, words: str) -> None:
    """Mutants: quota less likely as a sign; the gap of the mean; three digits of a difference."""
    assert gap_words(likely, 1_500_000, "USD") == words


def test_the_paragraph_of_a_usual_forecast() -> None:
    text = " ".join(answer_paragraph(document()))
    assert text.startswith("Likely USD 1.08 million in 2026Q1 (8 of 10 futures: USD ")
    assert "USD 120 thousand short of the quota of USD 1.2 million, chance of reaching it 25 %." in text


def test_the_quota_counts_what_is_credited() -> None:
    """Mutant: the gap between bookings and a quota that they do not count towards."""
    text = answer_paragraph(document(credited_later=True))[0]
    assert "of that USD 463 thousand counts towards quota, USD 740 thousand short of the quota" in text


def test_without_a_quota_and_without_deals() -> None:
    raw = made_up.forecast_document(quota=None)
    raw["deals"] = []
    said = answer_paragraph(read_as(ForecastDocument, raw, "forecast"))
    assert len(said) == 1
    assert said[0].endswith("No quota is set.")


def test_deals_decide_by_amount_and_open_outcome() -> None:
    """Standard deviation of amount x win: by hand 50, 30 and 40. Mutant: by expected amount (b first)."""
    found = with_deals(deal("a", 100, 0.5), deal("b", 100, 0.9), deal("c", 100, 0.2), deal("d", 100, 0.0))
    assert [one.lead for one in deciding_deals(found)] == ["a", "c", "b"]
    assert [swing(one) for one in deciding_deals(found)] == pytest.approx([50, 40, 30])


@pytest.mark.parametrize(
    ("sd", "words"),
    [
        # The variance of both is 2500 + 1600 = 4100.
        (100.0, "These two deals decide it: Acme (USD 100, chance 50 %), c (USD 100, chance 20 %)."),
        (200.0, "These two deals matter most: Acme"),
        (1000.0, "No single deal decides it"),
    ],
)
def test_what_deals_decide_depends_on_the_rest(sd: float, words: str) -> None:
    """Of thousands of small deals no five decide anything. Mutant: always decide."""
    found = with_deals(deal("a", 100, 0.5, account="Acme", name="X"), deal("c", 100, 0.2), sd=sd)
    assert any(words in text for text in answer_paragraph(found))


def test_dead_deals_are_named_by_account_then_name_then_id() -> None:
    dead = {"flags": ["older than any that went on"]}
    found = with_deals(
        deal("1", 10_000, 0.1, account="Acme", **dead),
        deal("2", 30_000, 0.1, name="Renewal <b>", **dead),
        deal("3", None, 0.1, **dead),
        deal("4", 99_000, 0.1),
    )
    words = dead_deals_words(found)
    assert "3 open deals have been in their stage longer" in words
    assert "listed at USD 40 thousand: Renewal <b>, Acme, 3." in words
    assert dead_deals_words(with_deals(deal("4", 99_000, 0.1))) == ""
