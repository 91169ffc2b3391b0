"""What each deal adds to the mean of a forecast, and why that changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from funnelsim.documents.forecast import ForecastDocument

WON, LOST, GONE = "won", "lost", "not in the CRM"


@dataclass(frozen=True, slots=True, kw_only=True)
class DealState:
    """A deal in one forecast.

    Attributes
    ----------
    units : int
        What it adds to the mean of the period, in cents (or ten-thousandths of a deal), without overrides.
    overridden : int
        What overrides by people add to that.
    stage : str
        Of an open deal; ``won`` where it is booked in the period.
    listed : float or None
        Amount of an open deal in the CRM.
    chance : float
        To be won in the period, without overrides.
    """

    deal: str
    name: str | None
    account: str | None
    owner: str | None
    group: str | None
    units: int
    overridden: int = 0
    stage: str
    booked: bool = False
    listed: float | None = None
    chance: float = 0.0

    @property
    def total(self) -> int:
        return self.units + self.overridden

    @property
    def amount(self) -> float | None:
        """What it would bring if won, in units: as listed, else what the forecast implies."""
        if self.chance <= 0:
            return None
        return self.units / self.chance


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the change of one deal."""

    kind: str
    before: DealState | None
    after: DealState | None
    units: int


def states(document: ForecastDocument, units_per_one: int) -> dict[str, DealState]:
    """The deals of a forecast, open ones and those booked in the period, by id.

    What a deal adds is what it has booked, else its expected bookings; where nothing has an amount, 1 or its
    chance to be won. Of an overridden deal that is by the model, and what the override adds is apart.
    """
    in_deals = document.periods[0].without_money
    said = {one.deal: one for one in document.overrides}
    result: dict[str, DealState] = {}
    for deal in document.deals:
        value = (deal.p_in_period or 0.0) if in_deals else deal.expected
        total, chance = round(value * units_per_one), deal.p_in_period or 0.0
        units, override = total, said.get(deal.lead)
        if override is not None:
            chance = override.p_without
            units = round((chance if in_deals else override.expected_without) * units_per_one)
        result[deal.lead] = DealState(
            deal=deal.lead,
            name=deal.name,
            account=deal.account,
            owner=deal.owner,
            group=deal.group,
            units=units,
            overridden=total - units,
            stage=deal.stage,
            listed=deal.amount,
            chance=chance,
        )
    for won in document.booked_deals:
        units = round((1.0 if in_deals else won.bookings) * units_per_one)
        known = result.get(won.deal)
        if known is not None:  # a client that goes on: what it may book again counts as well
            result[won.deal] = replace(known, units=known.units + units, stage=WON, booked=True)
            continue
        result[won.deal] = DealState(
            deal=won.deal,
            name=won.name,
            account=won.account,
            owner=won.owner,
            group=won.group,
            units=units,
            stage=WON,
            booked=True,
        )
    return result


def changes(
    before: Mapping[str, DealState], after: Mapping[str, DealState], ended: Mapping[str, str]
) -> Iterator[Part]:
    """Why each deal adds another amount than before; the parts of a deal sum to its change exactly.

    Parameters
    ----------
    ended : mapping of str to str
        ``won``, ``lost`` or ``not in the CRM`` of deals that are in neither list any more; ``lost`` where
        unknown.
    """
    for key in dict.fromkeys([*before, *after]):
        old, new = before.get(key), after.get(key)
        if new is None:
            assert old is not None
            outcome = ended.get(key, LOST)
            gone = _gone(old, outcome)
            yield Part(WON if outcome == WON else LOST, old, gone, -old.units)
        elif old is None:
            yield Part("new", None, new, new.units)
        elif new.booked or old.booked:
            kind = WON if not old.booked else "moved"
            if new.booked and old.booked:
                kind = "amount_up" if new.units > old.units else "amount_down"
            yield Part(kind, old, new, new.units - old.units)
        else:
            yield from _still_open(old, new)


def by_overrides(
    before: Mapping[str, DealState], after: Mapping[str, DealState], ended: Mapping[str, str]
) -> Iterator[Part]:
    """What overrides by people add now, less what they added before, deal by deal."""
    for key in dict.fromkeys([*before, *after]):
        old, new = before.get(key), after.get(key)
        if new is None:
            assert old is not None
            new = _gone(old, ended.get(key, LOST))
        yield Part("overrides", old, new, new.overridden - (0 if old is None else old.overridden))


def _gone(old: DealState, outcome: str) -> DealState:
    return replace(old, units=0, overridden=0, stage=outcome)


def _still_open(old: DealState, new: DealState) -> Iterator[Part]:
    """Another amount at the chance of today, and another chance at the amount of before."""
    change = new.units - old.units
    by_amount = 0
    if (old.listed, new.listed) != (None, None) and old.listed != new.listed:
        amount = _amount_before(old, new)
        if amount is not None:
            by_amount = round(new.units * (1 - amount))
    if by_amount:
        yield Part("amount_up" if by_amount > 0 else "amount_down", old, new, by_amount)
    rest = change - by_amount
    if old.stage != new.stage:
        yield Part("moved", old, new, rest)
    elif rest:
        yield Part("pulled_in" if rest > 0 else "slipped", old, new, rest)


def _amount_before(old: DealState, new: DealState) -> float | None:
    """The amount of before as a share of that of today; None if one of them is not known.

    A deal that had no amount in the CRM was expected at the amount of others like it.
    """
    if old.listed and new.listed:
        return old.listed / new.listed
    if old.amount is None or not new.amount:
        return None
    return old.amount / new.amount
