"""Lists that are cut, and the nearest of allowed words."""

from __future__ import annotations

from funnelsim.core.errors import did_you_mean
from funnelsim.core.nouns import listed


def test_the_first_words_and_how_many_follow() -> None:
    """Mutant: the number of all words."""
    assert listed(["a", "b", "c"], 3) == "a, b, c"
    assert listed(["a", "b", "c"], 2) == "a, b and 1 more"
    assert listed(["a"], 2, of=1_235) == "a and 1,234 more"
    assert listed([], 2) == ""


def test_capitals_do_not_matter_for_the_nearest_word() -> None:
    assert did_you_mean("DUSTIN BRINKMAN", ["Ana", "Dustin Brinkmann"]) == 'did you mean "Dustin Brinkmann"?'
    assert did_you_mean("xyz", ["Ana"]) == ""
    assert did_you_mean("demo", ["Demo", "demo"]) == 'did you mean "demo"?'
