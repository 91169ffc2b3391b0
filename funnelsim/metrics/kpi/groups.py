"""Leads by segment, source, rep or team."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import polars as pl

from funnelsim.core.arrays import Ints
from funnelsim.core.errors import InputError, Problem
from funnelsim.core.nouns import UNKNOWN
from funnelsim.fitting.productivity.reps_file import RepRow
from funnelsim.metrics.kpi.records import Records

Split = Literal["segment", "source", "rep", "team"]
_COLUMNS = {"segment": "segment", "source": "source", "rep": "owner", "team": "owner"}
NO_TEAM = "no team"


def group_of_leads(records: Records, split: Split, reps: Sequence[RepRow]) -> tuple[list[str], Ints]:
    """The names of the groups, and the group of each lead; a lead belongs to one group.

    Raises
    ------
    InputError
        If the leads have no such field, or teams are asked for without reps.
    """
    values = records.leads[_COLUMNS[split]]
    if not values.is_not_null().any():
        noun = records.model.noun
        message = f"no {noun} has {'an owner' if split in ('rep', 'team') else f'a {split}'}"
        known = [name for name, column in _COLUMNS.items() if records.leads[column].is_not_null().any()]
        hint = f"split by {' or '.join(n for n in known if n != 'team')}" if known else ""
        raise InputError("--split", [Problem(path=split, message=message, hint=hint)])
    if split == "team":
        teams = {row.name: row.team for row in reps if row.team}
        if not teams:
            message = "which rep is in which team is not known"
            hint = "give --reps reps.csv with the columns name and team"
            raise InputError("--split", [Problem(path="team", message=message, hint=hint)])
        values = values.replace_strict(teams, default=NO_TEAM, return_dtype=pl.String)
    else:
        names = {} if split == "rep" else _display_names(records, split)
        values = values.fill_null(UNKNOWN).replace(names)
    found = sorted(values.unique().to_list(), key=lambda name: (name in (UNKNOWN, NO_TEAM), name))
    codes = values.replace_strict(found, list(range(len(found))), return_dtype=pl.Int64)
    return found, np.asarray(codes.to_numpy(), np.int64)


def can_split(records: Records) -> tuple[str, ...]:
    """Fields of which at least two values occur; teams are not in the records."""
    fields = {name: column for name, column in _COLUMNS.items() if name != "team"}
    return tuple(n for n, column in fields.items() if records.leads[column].drop_nulls().n_unique() > 1)


def _display_names(records: Records, split: Split) -> dict[str, str]:
    model = records.model
    parts = model.sources if split == "source" else model.segments
    names = {key: part.name for key, part in parts.items() if part.name}
    # Two keys with one name stay two groups.
    return {key: name for key, name in names.items() if list(names.values()).count(name) == 1}
