"""Sentences that count: noun and verb agree with the number."""

from __future__ import annotations

import pytest

from funnelsim.core.nouns import counted, verb


@pytest.mark.parametrize(
    ("number", "noun", "done", "said"),
    [
        (1, "open deal", "have", "1 open deal has"),
        (0, "row", "are", "0 rows are"),
        (1_204, "opportunity", "stand", "1,204 opportunities stand"),
        (1, "win", "were", "1 win was"),
        (1, "closing", "differ", "1 closing differs"),
    ],
)
def test_noun_and_verb_agree_with_the_number(number: int, noun: str, done: str, said: str) -> None:
    assert f"{counted(number, noun)} {verb(number, done)}" == said
