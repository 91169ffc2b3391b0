"""What was learnt from the history, for the document: reps, ramp, attrition, and what it rests on."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator

import numpy as np
from scipy.special import gammaincinv

from funnelsim.core.arrays import Floats
from funnelsim.core.nouns import plural_noun
from funnelsim.documents.staff_reps import (
    LeadCheck,
    Learnt,
    LearntAttrition,
    LearntRamp,
    LearntRep,
    Range,
    YearlyChange,
)
from funnelsim.experiments.rep_months.leads import (
    growth_sentence,
    lead_sentence,
    lead_verdict,
    trend_sentence,
)
from funnelsim.experiments.rep_months.top_down import TopDown
from funnelsim.fitting.productivity.fit import FEWEST_NEW_REPS, Productivity
from funnelsim.fitting.productivity.lead_limit import Trend

_ENDS = (0.05, 0.95)
#: Chances of today's team that differ by more are pointed out.
_FAR_APART = 0.05
#: Words in the names of owners that are no people.
_NO_PERSON = ("team", "queue", "unassigned", "house account", "integration", "admin")


def learnt_record(found: TopDown) -> Learnt:
    """The record of what was learnt."""
    known = found.productivity
    return Learnt(
        counted_from=_date(known, known.counted_from),
        counted_to=known.as_of - dt.timedelta(days=1),
        wins_per_month=_range(known.draws.mean, float(known.point.mean[0])),
        bookings_per_month=found.spreadsheet.per_month if known.sizes is not None else None,
        spread=float(known.point.shape[0] ** -0.5),
        reps=tuple(_reps(known)),
        ramp=_ramp(found),
        attrition=_attrition(found),
        leads=LeadCheck(
            verdict=lead_verdict(known),
            leads_per_rep=_change(known.leads_trend),
            wins_per_rep=_change(known.wins_trend),
            reps=_change(known.team_trend),
        ),
        left_out=known.team.left_out,
        forecast_probability=found.forecast,
    )


def _date(known: Productivity, day: float) -> dt.date:
    return known.as_of + dt.timedelta(days=math.floor(day))


def _range(draws: Floats, best: float | None = None) -> Range:
    low, high = np.quantile(draws, _ENDS)
    return Range(mean=float(draws.mean()) if best is None else best, low=float(low), high=float(high))


def _reps(known: Productivity) -> Iterator[LearntRep]:
    shape, rate = known.rep_posterior()
    # One value per draw, at evenly spaced levels in random order, stands for what is open within a draw.
    u = (np.random.Generator(np.random.Philox(key=1)).permutation(len(shape)) + 0.5) / len(shape)
    exposure = known.exposure @ known.point.ramp[0]
    for k, rep in enumerate(known.reps):
        per_month = gammaincinv(shape[:, k], u) / rate[:, k]
        wins = float(known.wins[k].sum())
        yield LearntRep(
            name=rep.name,
            role=rep.role,
            team=rep.team,
            start=None if rep.start_day is None else _date(known, rep.start_day),
            end=None if rep.end_day is None else _date(known, rep.end_day - 1),
            share=rep.share,
            wins=int(wins),
            rep_months=float(known.exposure[k].sum()),
            counted_per_month=wins / exposure[k] if exposure[k] > 0 else None,
            per_month=_range(per_month, float((shape[:, k] / rate[:, k]).mean())),
            deal_size=None if known.sizes is None else known.sizes.mean * float(known.sizes.factor[k]),
        )


def _ramp(found: TopDown) -> LearntRamp:
    known = found.productivity
    ramp, best = known.draws.ramp, known.point.ramp[0]
    shown = int((best < 0.995).sum())
    return LearntRamp(
        source=known.ramp_source,
        new_reps=known.new_reps,
        months=tuple(_range(ramp[:, m], float(best[m])) for m in range(shown)),
        months_lost=_range((1 - ramp).sum(axis=1), float((1 - best).sum())),
    )


def _attrition(found: TopDown) -> LearntAttrition:
    known = found.productivity
    given = found.attrition
    if given is not None:
        yearly = Range(mean=given, low=given, high=given)
    else:
        yearly = _range(known.attrition_draws, known.attrition.expected)
    return LearntAttrition(
        source="history" if given is None else "given",
        departures=known.attrition.departures,
        rep_years=known.attrition.rep_years,
        rate=yearly,
        backfill_days=found.backfill_days,
    )


def _change(one: Trend | None) -> YearlyChange | None:
    if one is None:
        return None
    return YearlyChange(per_year=one.per_year, low=one.low, high=one.high, p_value=one.p_value)


def assumptions(found: TopDown) -> Iterator[str]:
    """What the answer rests on, in sentences."""
    known, team = found.productivity, found.productivity.team
    if lead_verdict(known) in ("no sign", "unknown"):
        yield lead_sentence(known, found.funnel.model.noun)
    if (sentence := growth_sentence(known, found.seats_in_plan, found.funnel.model.noun)) is not None:
        yield sentence
    nouns = plural_noun(found.funnel.model.noun)
    dates = f"who began or left is read from the activity on their {nouns}"
    if team.in_file:
        yield f"{team.in_file} reps are as the file of reps says; of other owners of {nouns}, {dates}."
    else:
        yield f"Reps are the owners of {nouns}; {dates} (--reps FILE gives their dates)."
    yield (
        f"Open {nouns} count for their rep's usual pace only; the forecast, which looks at them one by one, "
        f"gives today's team a chance of {_percent(found.forecast)}."
    )


def _percent(share: float) -> str:
    return "over 99 %" if share > 0.99 else "under 1 %" if share < 0.01 else f"{100 * share:.0f} %"


def warnings(found: TopDown) -> Iterator[str]:
    """What to know before using the plans."""
    known, team, noun = found.productivity, found.productivity.team, found.funnel.model.noun
    if lead_verdict(known) not in ("no sign", "unknown"):
        yield lead_sentence(known, noun)
    today = found.plans.today.probability
    if abs(today - found.forecast) > _FAR_APART:
        yield (
            f"the forecast of this period, which looks at open {plural_noun(noun)} one by one, gives today's "
            f"team a chance of {_percent(found.forecast)}, and reps' usual pace {_percent(today)}: of the "
            "plans here, trust the difference that hires make more than the level"
        )
    if known.ramp_source == "sales cycle":
        began = ("no rep", "only one rep", "only two reps")[min(known.new_reps, 2)]
        yield (
            f"{began} began within the history, and a ramp needs {FEWEST_NEW_REPS}: new reps are assumed to "
            f"win as soon as their first {plural_noun(noun)} can close, which is the best case; give --ramp "
            "0.25,0.5,0.75 or the starts of reps (--reps)"
        )
    if sentence := _close_call(found):
        yield sentence
    if sentence := trend_sentence(known):
        yield sentence
    names = [rep.name for rep in known.reps if any(word in rep.name.lower() for word in _NO_PERSON)]
    if names:
        yield (
            f'owners such as "{names[0]}" look like teams, not people: then one hire means one such team; '
            "import the people as owners, or list the reps (--reps)"
        )
    yield from _starts_after_wins(found)
    if len(known.reps) == 1:
        yield (
            f"all wins are those of one rep, {known.reps[0].name}: how far reps differ cannot be learnt from "
            "one, so a new hire may do much better or worse than the ranges here say"
        )
    if team.left_out:
        shown = ", ".join(team.left_out[:5]) + (" ..." if len(team.left_out) > 5 else "")
        few = f"few {plural_noun(noun)}"
        yield f"not counted as reps, because they own {few}: {shown} (--reps FILE can add them)"
    if team.unowned_wins:
        yield (
            f"{team.unowned_wins} won {plural_noun(noun)} have no owner, so the team looks less productive "
            "than it is"
        )
    yield from found.measured.warnings


def _starts_after_wins(found: TopDown) -> Iterator[str]:
    """Reps whose first day, as a file of reps gives it, is after deals that they have won."""
    team, as_of = found.productivity.team, found.productivity.as_of
    for rep in team.reps:
        days = team.win_days.get(rep.name, ())
        early = sum(day < rep.first_day for day in days)
        if early:
            start = as_of + dt.timedelta(days=math.floor(rep.first_day))
            yield (
                f"{rep.name} is given to start on {start}, but has won {early} of {len(days)} "
                f"{plural_noun(found.funnel.model.noun)} before; these do not count: check the start in the "
                "file of reps"
            )


def _close_call(found: TopDown) -> str | None:
    """Say so where the futures are too few to tell the chosen plan from the next cheaper one."""
    chosen, cheaper = found.plans.chosen, found.plans.cheaper or found.plans.today
    for one in (chosen, cheaper):
        if one is not None and abs(one.probability - found.confidence) < 2 * one.mc_error:
            return (
                f"a close call: {found.replications:,} futures give the chance of a plan to within "
                f"{200 * one.mc_error:.1f} points; --replications {4 * found.replications} halves that"
            )
    return None
