"""Leads by segment, source, owner, team or product."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import polars as pl

from funnelsim.core.arrays import Ints
from funnelsim.fitting.productivity.reps_file import RepRow
from funnelsim.metrics.groups.names import GROUPS_BY, GroupBy, group_names, in_order
from funnelsim.metrics.kpi.records import Records

#: ``rep`` is another word for owner.
Split = GroupBy | Literal["rep"]


def group_of_leads(records: Records, split: Split, reps: Sequence[RepRow]) -> tuple[list[str], Ints]:
    """The names of the groups, and the group of each lead; a lead belongs to one group.

    Raises
    ------
    InputError
        If the leads have no such field, or teams are asked for without reps.
    """
    by: GroupBy = "owner" if split == "rep" else split
    values = group_names(records.leads, by, records.model, reps)
    found = in_order(values.to_list())
    codes = values.replace_strict(found, list(range(len(found))), return_dtype=pl.Int64)
    return found, np.asarray(codes.to_numpy(), np.int64)


def can_split(records: Records) -> tuple[GroupBy, ...]:
    """Fields of which at least two values occur."""
    return tuple(name for name in GROUPS_BY if records.leads[name].drop_nulls().n_unique() > 1)
