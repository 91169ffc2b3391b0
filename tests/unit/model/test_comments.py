"""Comments of a model file go where their key goes."""

from __future__ import annotations

import tomllib

import pytest

from funnelsim.model.files.comments import with_comments

OLD = '''\
# The sales funnel of Acme.
# Ask Ana before you change it.

format = 1
name = "Acme" # shown on top

[goal] # the board, 12 January
# Without renewals.
quota = 1_000_000   # per quarter

[sources."web site"]
rate = "3 per day"
enters = { demo = 1.0 } # all of them

  # Discovery was dropped in May.
[stages.demo]
entry = """
A need is known. # not a comment
"""
exit = 'price # is told' # a comment
exits = { offer = { p = 0.5 }, lost = { p = 0.5 } }
tags = [
    "a", # first
    "b # b",
    # nothing more
]

[stages.gone.exits]
# The old offer.
won = { p = 1.0 } # always

# The end.
'''
NEW = """\
format = 1
name = "Acme"

[goal]
quota = 1000000

[sources."web site"]
enters = "demo"
rate = "4 per day"

[stages.demo]
entry = "A need is known. # not a comment"
exit = "price # is told"
tags = ["a", "b # b"]
[stages.demo.exits]
offer = { p = 0.6 }
lost = { p = 0.4 }
"""
EXPECTED = """\
# The sales funnel of Acme.
# Ask Ana before you change it.
# The old offer.
# always
format = 1
name = "Acme"  # shown on top

[goal]  # the board, 12 January
# Without renewals.
quota = 1000000  # per quarter

[sources."web site"]
enters = "demo"  # all of them
rate = "4 per day"

# Discovery was dropped in May.
[stages.demo]
entry = "A need is known. # not a comment"
exit = "price # is told"  # a comment
# first
# nothing more
tags = ["a", "b # b"]
[stages.demo.exits]
offer = { p = 0.6 }
lost = { p = 0.4 }
# The end.
"""


def test_comments_go_where_their_key_goes() -> None:
    """Above, beside, inside a list, of what is gone, at both ends; ``#`` in texts is none.

    Mutants: comments by line number; those of vanished keys dropped; a ``#`` inside quotes taken for one.
    """
    assert with_comments(OLD, NEW) == EXPECTED
    assert tomllib.loads(EXPECTED) == tomllib.loads(NEW)


def test_it_is_stable() -> None:
    assert with_comments(EXPECTED, NEW) == EXPECTED


@pytest.mark.parametrize("old", ["", "# only this\n", "format = 1\n", "\r\n# dos\r\nformat = 1\r\n"])
def test_a_short_file_keeps_its_comments(old: str) -> None:
    found = with_comments(old, NEW)
    assert tomllib.loads(found) == tomllib.loads(NEW)
    assert ("# only this" in found, "# dos" in found) == ("# only this" in old, "# dos" in old)
    assert "\r" not in found


def test_without_comments_nothing_changes() -> None:
    assert with_comments(NEW, NEW) == NEW
