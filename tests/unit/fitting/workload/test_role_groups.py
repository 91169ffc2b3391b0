"""Roles: reps who do the same tasks, or who are said to."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl

from funnelsim.fitting.workload.role_groups import group_reps, linked
from funnelsim.history.files.events import WORK_SCHEMA


def tasks(*told: tuple[str | None, str, int, str | None]) -> pl.DataFrame:
    """Rep, stage, number of tasks, role."""
    at = dt.datetime(2024, 1, 1)
    rows = [("d", stage, at, at, rep, role) for rep, stage, number, role in told for _ in range(number)]
    return pl.DataFrame(rows, schema=WORK_SCHEMA, orient="row")


def test_reps_who_do_the_same_are_a_role_named_by_what_their_names_share() -> None:
    """Catches the mutant that links reps with any task in common: the officers then join the clerks."""
    work = tasks(
        ("Clerk-01", "check", 90, None),
        ("Clerk-01", "file", 10, None),
        ("Clerk-02", "check", 70, None),
        ("Clerk-02", "file", 30, None),
        ("Loan Officer-1", "assess", 50, None),
        ("Loan Officer-1", "check", 10, None),
        ("Loan Officer-2", "assess", 40, None),
        ("Zoe", "sign", 5, None),
        (None, "check", 7, None),
    )
    assert group_reps(work).rows() == [
        ("Clerk-01", "clerk", "Clerk"),
        ("Clerk-02", "clerk", "Clerk"),
        ("Loan Officer-1", "loan_officer", "Loan Officer"),
        ("Loan Officer-2", "loan_officer", "Loan Officer"),
        ("Zoe", "sign_team", "Sign team"),
    ]


def test_roles_that_the_export_names_stand_and_nobody_is_left_out() -> None:
    work = tasks(
        ("Ana", "check", 3, "Back office"),
        ("Ana", "check", 1, "Front"),
        ("Bob", "check", 2, "Front"),
        ("Cy", "check", 1, None),
    )
    assert group_reps(work).rows() == [
        ("Ana", "back_office", "Back office"),
        ("Bob", "front", "Front"),
        ("Cy", "other", "other"),
    ]


def test_links_pass_on_at_a_cosine_of_a_half() -> None:
    """60 degrees apart are linked, 61 are not; the first and the third are linked by the second."""
    angles = np.deg2rad([0, 29, 89])
    assert linked(np.column_stack([np.cos(angles), np.sin(angles)])).tolist() == [0, 0, 0]
    angles = np.deg2rad([0, 61])
    assert linked(np.column_stack([np.cos(angles), np.sin(angles)])).tolist() == [0, 1]


def test_names_that_share_nothing_give_each_role_a_key_of_its_own() -> None:
    work = tasks(("7", "sign", 3, None), ("8", "Sign", 2, None))
    assert group_reps(work)["group"].to_list() == ["sign_team", "sign_team_2"]
