"""Bridge from one forecast of a period to the next: every bar sums exactly, with the deals behind it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from funnelsim import __version__
from funnelsim.documents.bridge import (
    KINDS,
    PIPELINE_KINDS,
    BridgeDeal,
    BridgeDocument,
    BridgeEnd,
    BridgeStep,
    PipelineBridge,
    PipelineStep,
)
from funnelsim.documents.forecast import ForecastDocument, ForecastPeriod
from funnelsim.documents.shared import Provenance, Summary
from funnelsim.forecasting.bridge.comparable import Named, check_comparable
from funnelsim.forecasting.bridge.deals import GONE, LOST, WON, DealState, Part, by_overrides, changes, states
from funnelsim.forecasting.bridge.groups import bridge_groups, check_groups
from funnelsim.forecasting.bridge.refit import OldModel, old_model_on_new_data
from funnelsim.history.files.events import History

#: Units of one in the currency, and of one deal.
CENTS, PARTS_OF_A_DEAL = 100, 10_000

NO_OLD_MODEL = (
    "the model was changed between the two forecasts, and what that alone changed is not known: it is in the "
    "other steps; keep forecasts with --store to have it apart"
)


@dataclass(frozen=True, slots=True)
class _Means:
    """A forecast in units: its total, its deals, and what is left for leads that are still to come.

    `unlisted` is what overrides add that no deal has: a deal has the chance that was stated, the wins of the
    period those that were simulated.
    """

    total: int
    deals: Mapping[str, DealState]
    unlisted: int = 0

    @property
    def rest(self) -> int:
        return self.total - self.unlisted - sum(state.total for state in self.deals.values())


def bridge(
    before: Named,
    after: Named,
    *,
    old_model: Callable[[], OldModel | None] = lambda: None,
    history: History | None = None,
    by: str = "",
) -> BridgeDocument:
    """What changed from one forecast of a period to the next.

    Each deal adds its bookings to the mean if it was won in the period, else its expected bookings. The
    change of a deal has the kind of what happened to it; a change of its amount is split off, and so is
    what overrides by people add: nothing happened to these deals. What no deal adds is the part of leads
    that are still to come, and of later bookings by clients.

    Parameters
    ----------
    before, after : tuple of str and ForecastDocument
        Each with its id or file. Both list their deals.
    old_model : callable, optional
        Gives the model of the first forecast with the open deals of the second, called only if the
        parameters differ. Then the effect of the new fit is separated.
    history : History, optional
        Tells deals that were lost from those won in another period or deleted.
    by : str, optional
        Refuse forecasts that were not made ``by`` this; what both were made by is in the document anyway.

    Raises
    ------
    DocumentError
        If they are of different companies, periods, units or currencies.
    """
    check_comparable(before, after)
    if by:
        check_groups(before, after, by)
    (_, first), (_, second) = before, after
    period = second.periods[0]
    per_one = PARTS_OF_A_DEAL if period.without_money else CENTS
    old, new = _means(first, per_one), _means(second, per_one)
    middle, model_change = new, "none"
    known = first.provenance.parameters_sha256  # not in documents of earlier versions
    if not known or known != second.provenance.parameters_sha256:
        model_change = "unknown"
        found = old_model()
        made = old_model_on_new_data(found, second) if found is not None else None
        if made is not None:
            middle, model_change = _middle(made, second, per_one), "separated"
    ended = _ended(old.deals, new.deals, history)
    parts = [
        *changes(old.deals, middle.deals, ended),
        *_by_model(middle, new),
        *by_overrides(old.deals, new.deals, ended),
    ]
    groups = tuple(bridge_groups(first, second, (old.deals, new.deals), parts, per_one))
    rests = {
        "overrides": new.unlisted - old.unlisted,
        "still_to_come": middle.rest - old.rest,
        "model": new.rest - middle.rest,
    }
    return BridgeDocument(
        format=1,
        command="bridge",
        provenance=Provenance(version=__version__),
        name=second.name,
        noun=second.noun,
        currency=second.currency,
        amount_is=second.amount_is,
        stage_names={**first.stage_names, **second.stage_names},
        as_of=second.as_of,
        period=period.period,
        start=period.start,
        end=period.end,
        metric="deals_won" if period.without_money else "bookings",
        from_=_end(before, old.total / per_one),
        to=_end(after, new.total / per_one),
        steps=tuple(_step(kind, parts, rests.get(kind, 0), per_one) for kind in KINDS),
        **({} if period.without_money else {"pipeline": _pipeline(old.deals, new.deals, ended)}),
        **({"by": second.by, "groups": groups} if groups else {}),
        model_change=model_change,
        simulation_error=_error(first.periods[0], period),
        warnings=tuple(_warnings(first, second, model_change)),
    )


def _means(document: ForecastDocument, per_one: int) -> _Means:
    period = document.periods[0]
    mean, deals, unlisted = _summary(period).mean or 0.0, states(document, per_one), 0
    alone = period.without_overrides
    if period.without_money and alone is not None and alone.wins is not None:
        by_people = round((mean - (alone.wins.mean or 0.0)) * per_one)
        unlisted = by_people - sum(state.overridden for state in deals.values())
    return _Means(round(mean * per_one), deals, unlisted)


def _middle(made: ForecastDocument, after: ForecastDocument, per_one: int) -> _Means:
    """The forecast of the old model; what is booked comes from the second forecast."""
    booked = after.model_copy(update={"deals": made.deals, "overrides": ()})
    period = after.periods[0]
    if period.without_money:
        already = float(period.counts.booked_deals or 0)
    else:
        already = period.bookings_parts.booked or 0.0
    mean = (_summary(made.periods[0]).mean or 0.0) + already
    named = {deal.lead: deal.account for deal in after.deals}  # made without the history, which has accounts
    deals = {
        key: replace(state, account=state.account or named.get(key))
        for key, state in states(booked, per_one).items()
    }
    return _Means(round(mean * per_one), deals)


def _summary(period: ForecastPeriod) -> Summary:
    return period.wins if period.without_money and period.wins is not None else period.bookings


def _by_model(middle: _Means, new: _Means) -> Iterator[Part]:
    for key, state in new.deals.items():
        known = middle.deals.get(key)
        yield Part("model", known, state, state.units - (known.units if known is not None else 0))


def _ended(
    before: Mapping[str, DealState], after: Mapping[str, DealState], history: History | None
) -> dict[str, str]:
    """How deals ended that are not in the second forecast; empty without a history."""
    if history is None:
        return {}
    outcomes = dict(history.deals.select("deal", "outcome").iter_rows())
    return {
        key: GONE if key not in outcomes else WON if outcomes[key] == "won" else LOST
        for key in before
        if key not in after
    }


def _step(kind: str, parts: list[Part], rest: int, per_one: int) -> BridgeStep:
    own = [one for one in parts if one.kind == kind and (one.units or kind == WON)]
    own.sort(key=lambda one: -abs(one.units))
    return BridgeStep(
        kind=kind,
        amount=(sum(one.units for one in own) + rest) / per_one,
        deals=tuple(_deal(one, per_one) for one in own),
    )


def _deal(part: Part, per_one: int) -> BridgeDeal:
    about = part.after or part.before
    assert about is not None
    return BridgeDeal(
        deal=about.deal,
        name=about.name,
        account=about.account,
        owner=about.owner,
        from_=0.0 if part.before is None else part.before.total / per_one,
        to=0.0 if part.after is None else part.after.total / per_one,
        difference=part.units / per_one,
        was="" if part.before is None else part.before.stage,
        now="" if part.after is None else part.after.stage,
    )


def _pipeline(
    before: Mapping[str, DealState], after: Mapping[str, DealState], ended: Mapping[str, str]
) -> PipelineBridge:
    """Listed amounts of open deals, in cents until the end."""
    old, new = ({k: s for k, s in one.items() if not s.booked} for one in (before, after))

    def cents(state: DealState | None) -> int:
        return 0 if state is None or state.listed is None else round(state.listed * CENTS)

    moves: dict[str, list[int]] = {kind: [] for kind in PIPELINE_KINDS}
    for key, state in new.items():
        if key not in old:
            moves["new"].append(cents(state))
        elif difference := cents(state) - cents(old[key]):
            moves["amount_up" if difference > 0 else "amount_down"].append(difference)
    for key, state in old.items():
        if key not in new:
            moves[WON if key in after or ended.get(key) == WON else LOST].append(-cents(state))
    return PipelineBridge(
        from_=sum(map(cents, old.values())) / CENTS,
        from_deals=len(old),
        to=sum(map(cents, new.values())) / CENTS,
        to_deals=len(new),
        steps=tuple(
            PipelineStep(kind=kind, amount=sum(found) / CENTS, deals=len(found))
            for kind, found in moves.items()
        ),
    )


def _end(named: Named, mean: float) -> BridgeEnd:
    name, document = named
    period = document.periods[0]
    return BridgeEnd(
        id=name, as_of=document.as_of, period=period.period, mean=mean, likely=_summary(period).p50
    )


def _error(before: ForecastPeriod, after: ForecastPeriod) -> float | None:
    errors = [
        summary.mc_error_given_draws if summary.mc_error_given_draws is not None else summary.mc_error
        for summary in (_summary(before), _summary(after))
    ]
    return None if None in errors else math.hypot(*(one or 0.0 for one in errors))


def _warnings(before: ForecastDocument, after: ForecastDocument, model_change: str) -> Iterator[str]:
    if model_change == "unknown":
        yield NO_OLD_MODEL
    old, new = before.provenance, after.provenance
    if (old.seed, old.replications) != (new.seed, new.replications):
        yield (
            "the two forecasts have different seeds or numbers of futures, so part of the change is "
            "simulation error"
        )
