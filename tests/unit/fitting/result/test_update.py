"""Names that a fit gives, and knows again."""

from __future__ import annotations

from funnelsim.fitting.result.update import clock_keys


def test_clocks_of_two_ways_never_share_a_name() -> None:
    """``a_b`` to ``c`` and ``a`` to ``b_c``: one of the rhythms was lost."""
    assert clock_keys([("a", "b_c"), ("a_b", "c"), ("a", "b_c"), ("demo", "won")]) == {
        ("a", "b_c"): "a_b_c",
        ("a_b", "c"): "a_b_c_2",
        ("demo", "won"): "demo_won",
    }
