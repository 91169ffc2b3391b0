"""The playbook's numbers, hand-counted, its departments, and what it says of the review."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any

import pytest

from funnelsim.documents.playbook import PlaybookDocument
from funnelsim.model.files.model_files import funnel_of
from funnelsim.processmap.playbook.build import playbook
from funnelsim.report.words.playbook_words import care

from ..model.made_up_map import spoilt

TODAY = dt.date(2026, 6, 1)


def made(changes: dict[str, Any] | None = None) -> PlaybookDocument:
    return playbook(funnel_of(spoilt(changes)), today=TODAY)


def test_visits_shares_and_times_are_those_of_the_model() -> None:
    """Mutants: a share of all exits but the loss, a mean without weights, a median for a mean."""
    document = made()
    demo, offer = document.cards
    assert document.wins_per_100 == pytest.approx(30 / 0.95)
    assert (demo.visits_per_100, offer.visits_per_100) == pytest.approx((100 / 0.95, 60 / 0.95))
    assert offer.mean_days == pytest.approx(0.5 * 10 + 0.5 * 5)
    assert (demo.onwards, offer.onwards) == pytest.approx((0.6, 0.5))
    won = offer.branches[0]
    assert (won.to, won.kind, won.no) == ("won", "won", "")
    assert (won.median_days, won.p90_days) == pytest.approx((10 * math.log(2), 10 * math.log(10)))
    assert [(b.to, b.kind, b.no) for b in offer.branches[1:]] == [
        ("demo", "back", "later"),
        ("lost", "no", "now"),
    ]


def test_exits_to_one_place_are_one_branch_with_the_quantiles_of_the_mixture() -> None:
    """Half exponential of mean 2, half of mean 20: F(t) = 1 - (e^(-t/2) + e^(-t/20)) / 2, checked at the
    quantile."""
    exits = {
        "won": {"p": 0.3, "after": "exponential(mean=2d)"},
        "won_late": {"to": "won", "p": 0.3, "after": "exponential(mean=20d)"},
        "lost": {"p": 0.4},
    }
    won, lost = made({"stages.offer.exits": exits}).cards[1].branches
    assert won.share == pytest.approx(0.6)
    for days, level in ((won.median_days, 0.5), (won.p90_days, 0.9)):
        assert days is not None
        assert 1 - (math.exp(-days / 2) + math.exp(-days / 20)) / 2 == pytest.approx(level, abs=1e-6)
    assert (lost.median_days, lost.p90_days) == (5, 5)


def test_departments_have_their_stages_and_hand_overs() -> None:
    sales, desk = made().departments
    assert (sales.name, sales.stages, desk.name, desk.stages) == ("Sales", ("demo",), "Deal desk", ("offer",))
    assert [(m.origin, m.to) for m in sales.gives] == [("demo", "offer")]
    assert [(m.origin, m.to, m.giver) for m in sales.takes] == [("offer", "demo", "Deal desk")]
    assert sales.gives == desk.takes
    assert sales.gives[0].done == ("The offer is with the person who pays",)


def test_stages_without_a_department_come_last() -> None:
    first, second = made({"stages.demo.department": ""}).departments
    assert (first.name, second.name, second.stages) == ("Deal desk", "", ("demo",))


@pytest.mark.parametrize(
    ("every", "due", "overdue", "words"),
    [
        ("121d", dt.date(2026, 6, 1), None, "next review on 1 June 2026."),
        ("120d", dt.date(2026, 5, 31), 1, "the next review was due on 31 May 2026, 1 day ago."),
        ("9999999d", None, None, "Reviewed on 31 January 2026."),
    ],
)
def test_an_overdue_review_is_said(every: str, due: dt.date | None, overdue: int | None, words: str) -> None:
    """31 January and 121 days are 1 June; mutant: due on the day counts as overdue."""
    document = made({"process.reviewed": dt.date(2026, 1, 31), "process.review_every": every})
    assert (document.review_due, document.overdue_days) == (due, overdue)
    assert care(document).endswith(words)


def test_a_model_without_sources_or_with_leads_that_never_leave_has_a_playbook() -> None:
    document = made({"stages.demo.exits": {"offer": {"p": 0.6}, "never": {"p": 0.4}}})
    never = document.cards[0].branches[1]
    assert (never.to, never.no, never.median_days, never.share) == ("never", "never", None, 0.4)


def test_the_document_is_read_back_from_its_json() -> None:
    document = made({"stages.demo.parent": "offer"})
    assert PlaybookDocument.model_validate(document.as_json()) == document
    assert document.cards[1].sub_stages == ("demo",)
