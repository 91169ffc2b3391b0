"""Read and check a file of overrides: all its problems at once."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from funnelsim.core.calendar.dates import as_date
from funnelsim.core.errors import FunnelSimError, InputError, Problem
from funnelsim.forecasting.overrides.columns import CHANGES, Line, Lines, read_lines
from funnelsim.forecasting.overrides.deals_named import KnownDeals
from funnelsim.forecasting.overrides.override import Override
from funnelsim.history.files.events import History
from funnelsim.history.values.outcome_words import NO_WORDS, YES_WORDS
from funnelsim.history.values.typed_amounts import is_in, parse_money
from funnelsim.history.values.words import folded
from funnelsim.metrics.booked import credit_factors
from funnelsim.model.files.model_files import Funnel
from funnelsim.model.parts import Model

_Value = TypeVar("_Value")


def read_overrides(path: Path | str, funnel: Funnel, history: History | None = None) -> tuple[Override, ...]:
    """The overrides in a file, in the order of its rows.

    Parameters
    ----------
    path : Path or str
        A table with the columns ``deal`` and any of ``probability close amount exclude reason who``, or the
        list that ``forecast --deals`` writes, filled in.
    funnel : Funnel
        Its pipeline has the deals that can be overridden.
    history : History, optional
        Tells what became of deals that are no longer open.

    Raises
    ------
    InputError
        With all problems: unknown deals, deals no longer open or named twice, closing dates before the
        model's start, probabilities outside 0 to 1, negative amounts, lines that change nothing.
    """
    refuse_other_credits(funnel.model)
    lines = read_lines(Path(path))
    reader = _Reader(lines, funnel.model, KnownDeals.of(funnel, history))
    overrides = tuple(found for line in lines.lines if (found := reader.read(line)) is not None)
    if reader.problems:
        raise InputError(lines.file, reader.problems)
    if not overrides:
        names = ", ".join(CHANGES)
        raise InputError(lines.file, [Problem(path="", message=f"changes no deal; fill in {names}")])
    return overrides


def overrides_of(
    given: Path | str | Sequence[Override], funnel: Funnel, history: History | None
) -> tuple[Override, ...]:
    """Overrides from a file, or as they are given in Python.

    Raises
    ------
    InputError
        As for `read_overrides`.
    """
    if isinstance(given, str | Path):
        return read_overrides(given, funnel, history)
    if not given:
        return ()
    refuse_other_credits(funnel.model)
    deals = KnownDeals.of(funnel, history)
    problems, seen = [], set()
    for one in given:
        if one.deal not in deals.listed:
            message, hint = deals.why_not(one.deal)
            problems.append(Problem(path=one.deal, message=message, hint=hint))
        found = [*_wrong_values(one, funnel.model), *(["is given twice"] if one.deal in seen else [])]
        problems += [Problem(path=one.deal, message=message) for message in found]
        seen.add(one.deal)
    if problems:
        raise InputError("overrides", problems)
    return tuple(given)


def _wrong_values(one: Override, model: Model) -> list[str]:
    """What cannot be meant in an override that was made in Python."""
    given = (one.probability, one.close, one.amount)
    wrong = []
    if one.exclude == any(value is not None for value in given):
        wrong.append("must be excluded, or given a probability, close or amount")
    if one.probability is not None and not 0 <= one.probability <= 1:
        wrong.append(f"probability {one.probability:g} is not between 0 and 1")
    if one.amount is not None and not 0 <= one.amount < math.inf:
        wrong.append(f"amount {one.amount:g} is not an amount of 0 or more")
    if one.close is not None and one.close < model.start:
        wrong.append(f"closes on {one.close}, before the model's start on {model.start}")
    return wrong


def refuse_other_credits(model: Model) -> None:
    """Raise an error if a deal books or counts towards quota more than once, or not at the same time.

    Raises
    ------
    FunnelSimError
    """
    targets = credit_factors(model)["target"].to_list()
    if targets != [model.goal.books_at]:
        raise FunnelSimError(
            f"overrides need deals that count once, when they are won; this model counts them at "
            f"{', '.join(targets)}, and an override does not say when they would get there"
        )


@dataclass
class _Reader:
    """Reads line by line and gathers the problems."""

    lines: Lines
    model: Model
    deals: KnownDeals
    problems: list[Problem] = field(default_factory=list)
    row_of: dict[str, str] = field(default_factory=dict)

    def read(self, line: Line) -> Override | None:
        cells, found = line.cells, len(self.problems)
        if self.lines.is_deal_list and not self._is_filled_in(line):
            return None
        deal = self._deal(line)
        probability = self._checked(line, "probability", _probability)
        close = self._checked(line, "close", self._close)
        amount = self._checked(line, "amount", self._amount)
        exclude = self._checked(line, "exclude", _flag) or False
        if amount is not None and self.lines.is_deal_list and deal and self._is_listed(deal, amount):
            amount = None
        changes = [name for name in CHANGES if cells.get(name)]
        if len(self.problems) == found and not (exclude or set(changes) - {"exclude"}):
            self._problem(line, "", f"changes nothing; give one of {', '.join(CHANGES)}")
        if exclude and (probability, close, amount) != (None, None, None):
            self._problem(line, "", "is excluded, so nothing else can be given for it")
        if len(self.problems) > found or deal is None:
            return None
        return Override(
            deal=deal,
            probability=probability,
            close=close,
            amount=amount,
            exclude=exclude,
            reason=cells.get("reason", ""),
            who=cells.get("who", ""),
        )

    def _is_filled_in(self, line: Line) -> bool:
        """Whether a line of the list of open deals says more than the list did."""
        cells = line.cells
        if any(cells.get(name) for name in ("probability", "close", "exclude")):
            return True
        try:
            amount = parse_money(cells["amount"]).amount if cells.get("amount") else None
        except ValueError:
            return True
        deal = cells.get("deal", "")
        return amount is not None and self.deals.id_of(deal) is not None and not self._is_listed(deal, amount)

    def _is_listed(self, deal: str, amount: float) -> bool:
        listed = self.deals.listed.get(self.deals.id_of(deal) or "")
        return listed is not None and abs(listed - amount) < 0.006  # the list has whole cents

    def _deal(self, line: Line) -> str | None:
        written = line.cells.get("deal", "")
        if not written:
            self._problem(line, "deal", "is empty; every line names a deal by its id")
            return None
        deal = self.deals.id_of(written)
        if deal is None:
            message, hint = self.deals.why_not(written)
            self._problem(line, "deal", message, hint)
            return None
        if deal in self.row_of:
            self._problem(line, "deal", f'"{written}" is in {self.row_of[deal]} too; keep one line for each')
            return None
        self.row_of[deal] = line.place
        return deal

    def _checked(self, line: Line, name: str, read: Callable[[str], _Value]) -> _Value | None:
        text = line.cells.get(name, "")
        try:
            return read(text) if text else None
        except ValueError as error:
            self._problem(line, name, str(error))
            return None

    def _close(self, text: str) -> dt.date:
        close = as_date(text)
        if close < self.model.start:
            as_of = self.model.start - dt.timedelta(days=1)
            raise ValueError(f"{close} is not after the forecast date {as_of}; an open deal closes later")
        return close

    def _amount(self, text: str) -> float:
        money = parse_money(text)
        if not is_in(money, self.model.currency):
            raise ValueError(f'"{text}" is in {money.currency}, but the model is in {self.model.currency}')
        return money.amount

    def _problem(self, line: Line, column: str, message: str, hint: str = "") -> None:
        place = f"{line.place}, column {column}" if column else line.place
        self.problems.append(Problem(path=place, message=message, hint=hint))


def _probability(text: str) -> float:
    """``0.6``, ``0,6`` or ``60 %``."""
    percent = text.endswith("%")
    try:
        value = float(text.removesuffix("%").strip().replace(",", "."))
    except ValueError:
        raise ValueError(f'"{text}" is not a probability; write 0.6 or 60 %') from None
    share = value / 100 if percent else value
    if not (0 <= share <= 1 and math.isfinite(share)):
        fix = f"; write {value:g} % if that is meant" if 1 < value <= 100 and not percent else ""
        raise ValueError(f'"{text}" is not between 0 and 1{fix}')
    return share


def _flag(text: str) -> bool:
    word = folded(text)
    if word in YES_WORDS | NO_WORDS:
        return word in YES_WORDS
    raise ValueError(f'"{text}" is neither yes nor no')
