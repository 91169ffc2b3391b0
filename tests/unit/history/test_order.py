"""Funnel order read from paths."""

from __future__ import annotations

import datetime as dt

import polars as pl

from funnelsim.history.cleaning.order import infer_order


def transitions(*paths: str) -> pl.DataFrame:
    start = dt.datetime(2025, 1, 1)
    return pl.DataFrame(
        [
            {"deal": f"{number}", "key": key, "at": start + dt.timedelta(days=place)}
            for number, path in enumerate(paths)
            for place, key in enumerate(path)
        ]
    )


def test_loops_and_skips_do_not_disturb_the_order() -> None:
    paths = ["abcd"] * 5 + ["ad"] * 20 + ["abab"] * 3 + ["acbd"] + ["bcd"] * 2
    assert infer_order(transitions(*paths), ["d", "b", "a", "c"]) == ["a", "b", "c", "d"]


def test_a_late_stage_in_which_most_deals_begin_stays_late() -> None:
    """Most deals have no stage but c, so its mean position is near 0: a rule by means puts it before b."""
    paths = ["abc"] * 10 + ["c"] * 200
    assert infer_order(transitions(*paths), ["c", "b", "a"]) == ["a", "b", "c"]


def test_stages_that_never_meet_keep_the_order_given() -> None:
    assert infer_order(transitions("a", "b"), ["b", "a"]) == ["b", "a"]


def test_entries_at_one_instant_say_nothing_about_the_order() -> None:
    """Catches the mutant that takes the order of the rows of one instant for an order in time."""
    backward = pl.concat([transitions("ab")] + [_at_once(f"D{number}", "ba") for number in range(10)])
    assert infer_order(backward, ["b", "a"]) == ["a", "b"]


def _at_once(deal: str, path: str) -> pl.DataFrame:
    when = dt.datetime(2025, 1, 1)
    return pl.DataFrame([{"deal": deal, "key": key, "at": when} for key in path])
