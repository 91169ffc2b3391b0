"""The group that each deal belongs to: its rep, team, segment, source or product."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, get_args

import polars as pl

from funnelsim.core.errors import InputError, Problem
from funnelsim.core.nouns import UNKNOWN, plural_noun
from funnelsim.model.parts import Model, Segment, Source

if TYPE_CHECKING:
    from funnelsim.fitting.productivity.reps_file import RepRow

GroupBy = Literal["owner", "team", "segment", "source", "product"]
GROUPS_BY: tuple[GroupBy, ...] = get_args(GroupBy)
#: Where the deals of reps without a team belong.
NO_TEAM = "no team"
#: The source of all deals where an export has none.
_ONLY_SOURCE = "all"
_WORDS = {"owner": "an owner", "team": "a team", "segment": "a segment", "source": "a source"}


def group_names(
    deals: pl.DataFrame, by: GroupBy, model: Model, reps: Sequence[RepRow] = (), *, option: str = "--by"
) -> pl.Series:
    """The name of the group of each deal.

    Parameters
    ----------
    deals : DataFrame
        ``owner``, ``segment``, ``source``, and if known ``team`` and ``product``.
    by : {"owner", "team", "segment", "source", "product"}
    model : Model
        For the names of sources and segments that are given as keys.
    reps : sequence of RepRow, optional
        The teams of the owners; default: the column ``team``.
    option : str, default "--by"
        What an error names.

    Raises
    ------
    InputError
        If no deal has such a field, or teams are asked for and unknown.
    """
    column = _column(by, reps)
    if column not in _known(deals):
        raise _no_such_field(deals, by, column, model, option)
    values = deals[column]
    if column != by:
        teams = {row.name: row.team for row in reps if row.team}
        return values.replace_strict(teams, default=NO_TEAM, return_dtype=pl.String)
    if by == "team":
        return values.fill_null(NO_TEAM)
    return values.replace(display_names(model, by)).fill_null(UNKNOWN)


def display_names(model: Model, by: GroupBy) -> dict[str, str]:
    """Key to the name on screen of sources or segments; two keys with one name stay two groups."""
    parts: dict[str, dict[str, Source] | dict[str, Segment]]
    parts = {"source": model.sources, "segment": model.segments}
    names = {key: part.name for key, part in parts.get(by, {}).items() if part.name}
    return {key: name for key, name in names.items() if list(names.values()).count(name) == 1}


def in_order(names: Sequence[str]) -> list[str]:
    """The different names, those that stand for none last."""
    return sorted(set(names), key=lambda name: (name in (UNKNOWN, NO_TEAM), name))


def _column(by: GroupBy, reps: Sequence[RepRow]) -> str:
    """The column that says the group; of a team, the owner where a file of reps is given."""
    return "owner" if by == "team" and any(row.team for row in reps) else by


def _known(deals: pl.DataFrame) -> list[str]:
    """The columns that say something: an import without sources puts all deals into one."""
    filled = [name for name in deals.columns if name in GROUPS_BY and deals[name].is_not_null().any()]
    return [name for name in filled if name != "source" or deals[name].unique().to_list() != [_ONLY_SOURCE]]


def _no_such_field(deals: pl.DataFrame, by: GroupBy, column: str, model: Model, option: str) -> InputError:
    known = [name for name in GROUPS_BY if name in _known(deals)]
    if by == "team" and column == "team" and "owner" in known:
        message = "which rep is in which team is not known"
        hint = "give --reps reps.csv with the columns name and team"
        return InputError(option, [Problem(path=by, message=message, hint=hint)])
    noun = model.noun
    what = _WORDS.get(column, f"a {column}")
    hint = f"the {plural_noun(noun)} can be split by {' or '.join(known)}" if known else ""
    return InputError(option, [Problem(path=by, message=f"no {noun} has {what}", hint=hint)])
