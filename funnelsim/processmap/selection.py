"""Some of the leads of a history: of a segment, a source, a rep or a team, or created in a period."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from funnelsim.core.calendar.time import parse_period
from funnelsim.core.errors import InputError, Problem, did_you_mean
from funnelsim.core.nouns import UNKNOWN, counted, listed, plural_noun
from funnelsim.history.files.events import History

#: Values that an error names.
_LISTED = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which leads of a history are looked at; those that fit all of what is given.

    Attributes
    ----------
    segment, source, rep, team : sequence of str
        Any of these values; capitals do not matter. ``unknown`` chooses leads without a value.
    period : str
        Leads that were created in it: ``2026Q1``, ``2026-03``, ``2026``.
    team_of : mapping of str to str, or None
        Team by rep, from a file of reps.
    teams_read : str
        Which columns of the file were taken, where their names leave doubt.
    """

    segment: Sequence[str] = ()
    source: Sequence[str] = ()
    rep: Sequence[str] = ()
    team: Sequence[str] = ()
    period: str = ""
    team_of: Mapping[str, str] | None = None
    teams_read: str = ""

    def in_words(self) -> dict[str, str]:
        """What was given: option to value."""
        names = ("segment", "source", "rep", "team")
        given = {name: ", ".join(getattr(self, name)) for name in names if getattr(self, name)}
        return given | ({"period": self.period} if self.period else {})


class SelectionError(InputError):
    """A value occurs nowhere in the history, or nothing is left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selected:
    """The history of the selected leads.

    Attributes
    ----------
    history : History
    filters : dict of str to str
        Option to the values as the history spells them.
    notes : tuple of str
        What was left out and is easily overlooked.
    """

    history: History
    filters: dict[str, str]
    notes: tuple[str, ...] = ()


def select(history: History, selection: Selection) -> Selected:
    """The history of some leads.

    Raises
    ------
    SelectionError
        If a value does not occur, or no lead fits; lists all problems.
    """
    if not selection.in_words():
        return Selected(history=history, filters={})
    deals, notes = history.deals, tuple[str, ...]()
    if selection.team and selection.team_of is not None:
        deals = deals.with_columns(_team(selection.team_of))
        read = [selection.teams_read] if selection.teams_read else []
        notes = (*read, *_without_team(deals, history.meta.noun))
    problems: list[Problem] = []
    filters: dict[str, str] = {}
    keep = pl.lit(True)
    for option, column in _COLUMNS.items():
        asked = getattr(selection, option)
        if asked and column not in deals.columns:
            problems.append(Problem(path="--team", message=_NO_TEAMS))
        elif asked:
            values, wrong = _values(deals[column], asked, option)
            problems += wrong
            filters[option] = ", ".join(value or UNKNOWN for value in values)
            known = [value for value in values if value is not None]
            keep &= pl.col(column).is_in(known).fill_null(None in values)
    if selection.period:
        try:
            period = parse_period(selection.period)
        except ValueError as error:
            problems.append(Problem(path="--period", message=str(error)))
        else:
            filters["period"] = period.label
            keep &= pl.col("created").is_between(_instant(period.start), _instant(period.end), closed="left")
    if problems:
        raise SelectionError("map", problems)
    chosen = deals.filter(keep)
    if not chosen.height:
        raise SelectionError("map", [_nothing_left(deals, filters, history.meta.noun)])
    return Selected(history=_of_deals(history, chosen["deal"]), filters=filters, notes=notes)


_NO_TEAMS = (
    "the history does not say who is in which team; give --reps reps.csv, a file with columns name and "
    "team, or such as sales_agent and manager"
)
#: Option -> column of the deals.
_COLUMNS = {"segment": "segment", "source": "source", "rep": "owner", "team": "team"}


def _values(column: pl.Series, asked: Sequence[str], option: str) -> tuple[list[str | None], list[Problem]]:
    """The values as the history spells them, and what does not occur in it."""
    occurring = column.drop_nulls().unique().sort().to_list()
    found: list[str | None] = []
    problems = []
    for text in asked:
        same = [value for value in occurring if value == text] or [
            value for value in occurring if value.casefold() == text.strip().casefold()
        ]
        found += same
        if text.strip().casefold() == UNKNOWN and column.null_count():
            found.append(None)
        elif not same:
            some_unknown = [UNKNOWN] if column.null_count() and occurring else []
            problems.append(no_such(option, text, [*occurring, *some_unknown], "the history"))
    return found, problems


def no_such(option: str, text: str, allowed: Sequence[str], has: str) -> Problem:
    """The problem of a value that does not occur, with those that do.

    Parameters
    ----------
    option : str
        What was asked for: ``segment``, ``source``, ``rep`` or ``team``.
    text : str
        The value as it was typed.
    allowed : sequence of str
        Values that occur.
    has : str
        What would have them: ``the history``, ``the model``.
    """
    if not allowed:
        return Problem(path=f"--{option}", message=f"{has} knows no {option} of any lead")
    message = f'there is no {option} "{text}"; {has} has {listed(allowed, _LISTED)}'
    return Problem(path=f"--{option}", message=message, hint=did_you_mean(text.strip(), allowed))


def _team(team_of: Mapping[str, str]) -> pl.Expr:
    named = {rep: team for rep, team in team_of.items() if team}
    return pl.col("owner").replace_strict(named, default=None, return_dtype=pl.String).alias("team")


def _without_team(deals: pl.DataFrame, noun: str) -> Iterator[str]:
    """Owners of deals whose team the file does not say."""
    left_out = deals.filter(pl.col("owner").is_not_null() & pl.col("team").is_null())
    if left_out.height:
        names = left_out["owner"].unique().sort().to_list()
        number = counted(left_out.height, noun)
        yield f"{number} of reps whose team is not in the file of reps ({listed(names, 3)}) left out"


def _nothing_left(deals: pl.DataFrame, filters: Mapping[str, str], noun: str) -> Problem:
    given = ", ".join(f"{option} {value}" for option, value in filters.items())
    days = deals["created"].drop_nulls().dt.strftime("%Y-%m-%d").sort()
    known = "period" in filters and len(days)
    created = f"; {plural_noun(noun)} were created {days[0]} to {days[-1]}" if known else ""
    return Problem(path="", message=f"no {noun} fits {given}{created}")


def _of_deals(history: History, kept: pl.Series) -> History:
    def only(frame: pl.DataFrame) -> pl.DataFrame:
        return frame.filter(pl.col("deal").is_in(kept.implode())) if frame.height else frame

    return dataclasses.replace(
        history,
        visits=only(history.visits),
        deals=only(history.deals),
        plans=only(history.plans),
        retracted=only(history.retracted),
        work=only(history.work),
    )


def _instant(day: dt.date) -> dt.datetime:
    return dt.datetime(day.year, day.month, day.day)
