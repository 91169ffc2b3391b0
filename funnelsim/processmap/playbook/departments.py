"""Departments: their stages, and who gives leads to whom."""

from __future__ import annotations

from collections.abc import Sequence

from funnelsim.documents.playbook import Card, Department, HandOver


def departments_of(cards: Sequence[Card]) -> tuple[Department, ...]:
    """In funnel order of their first stage; stages without a department come last."""
    home = {card.stage: card.department.strip() for card in cards}
    names = sorted(dict.fromkeys(home.values()), key=lambda name: not name)
    by_key = {card.stage: card for card in cards}
    moves = [
        HandOver(
            origin=card.stage,
            to=branch.to,
            giver=home[card.stage],
            taker=home[branch.to],
            share=branch.share,
            done=card.checklist,
            entry=by_key[branch.to].entry,
        )
        for card in cards
        for branch in card.branches
        if branch.to in home and home[branch.to] != home[card.stage] and branch.kind != "gives_up"
    ]
    return tuple(
        Department(
            name=name,
            stages=tuple(key for key, at in home.items() if at == name),
            gives=tuple(move for move in moves if move.giver == name),
            takes=tuple(move for move in moves if move.taker == name),
        )
        for name in names
    )
