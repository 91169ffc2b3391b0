"""The guarantee, and why the spreadsheet differs, in words."""

from __future__ import annotations

from collections.abc import Iterator

from funnelsim.experiments.known_plan import REACHED
from funnelsim.experiments.staffing.bottom_up import BottomUp, closeness
from funnelsim.experiments.staffing.decision import Guarantee
from funnelsim.experiments.staffing.wanted import OF_BOUND, Wanted

#: What the confidence of the choice leaves out: the errors of the plans hold it.
_GIVEN_DRAWS = (
    "; this holds for the mean over the model's parameter draws, taken as given: whether the parameters are "
    "right is in the errors of the figures, not in this confidence"
)


def guarantee_text(one: Guarantee, wanted: Wanted, currency: str) -> str:
    """What is promised about the choice, and for which parameters."""
    return _promise(one, wanted, currency) + (_GIVEN_DRAWS if one.given_draws else "")


def _promise(one: Guarantee, wanted: Wanted, currency: str) -> str:
    sure = f"{one.confidence:.0%}".replace("%", " %")
    if not one.complete:
        more = f"; --replications {_rounded_up(one.futures_needed)} would be enough"
        return (
            f"{one.candidates} plans compared over {one.futures:,} futures each at most, too few to tell the "
            f"closest apart with {sure} confidence{more}"
        )
    if wanted.profit:
        return (
            f"with {sure} confidence no other of the {one.candidates} plans compared is more profitable by "
            f"more than {currency} {one.indifference['profit']:,.0f}".replace("  ", " ")
        )
    parts = []
    for requirement in wanted.requirements:
        low = requirement.bound - requirement.indifference
        high = requirement.bound + requirement.indifference
        if requirement.name == REACHED:
            text = f"the chosen plan has a chance of at least {100 * low:.3g} %"
            if one.cheaper:
                text += f", and the cheaper ones compared have less than {100 * high:.3g} %"
            parts.append(text)
    if wanted.levels:
        off = 100 * OF_BOUND
        text = f"the chosen plan misses no service level by more than {off:.2g} % of its bound"
        if one.cheaper:
            text += f", and each cheaper one compared misses one or is within {off:.2g} % of it"
        parts.append(text)
    return f"with {sure} confidence " + "; ".join(parts)


def _rounded_up(futures: int) -> int:
    step: int = 10 ** max(len(str(futures)) - 2, 0)
    return -(-futures // step) * step


def spreadsheet_reasons(found: BottomUp) -> Iterator[str]:
    """Why the spreadsheet's plan is not the simulated one."""
    sheet, outcomes = found.spreadsheet, found.outcomes
    if sheet is None or sheet.plan is None:
        return
    chosen = found.plans.get(found.chosen or "")
    if chosen is not None and outcomes.hiring.yearly(sheet.plan) == outcomes.hiring.yearly(chosen):
        yield "the same people as here"
        return
    model = outcomes.hiring.model
    if outcomes.wanted.quota is None:
        if closeness(outcomes, sheet.plan) < 0:
            yield (
                "it counts hours, not waiting: leads do not come evenly, so reps who are nearly always busy "
                "make them wait"
            )
        return
    chance = outcomes.of(sheet.plan).mean(REACHED)
    binding = found.binding_role
    if binding is not None and binding != sheet.role:
        yield f"it cannot see that {model.roles[binding].name or binding} is the bottleneck"
    if chance < (outcomes.wanted.confidence or 0.0):
        yield "it plans for the average: the quota is then missed in about half of all futures or more"
        credit = outcomes.of(sheet.plan).mean("quota_credit")
        if sheet.result is not None and credit < 0.98 * sheet.result:
            yield (
                "it lets every rep sell at the full rate: here leads, waiting and the length of the cycle "
                f"leave {100 * credit / sheet.result:.0f} % of its result"
            )
    else:
        yield "it takes today's results for a rep's limit: more leads could be worked by the same people"
