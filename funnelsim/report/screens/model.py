"""A model in words."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from rich.console import Console
from rich.table import Table
from rich.text import Text

from funnelsim.core.nouns import plural_noun
from funnelsim.distributions.base import Distribution
from funnelsim.model.files.model_files import Funnel
from funnelsim.model.lint.process.ways_out import no_leads_to
from funnelsim.model.parts import Exit, Model, Source, Stage
from funnelsim.report.screens import layout
from funnelsim.report.screens.workforce import (
    campaign_words,
    role_words,
    spawn_words,
    stage_work_words,
    work_table,
)
from funnelsim.report.words.dates import date_words
from funnelsim.report.words.money import table_scale
from funnelsim.report.words.quantities import TimeUnit, count, plural, share, time_unit

#: What a "no" that takes an exit leads to.
_NO = {None: "", "now": "", "later": " (a no for now)", "never": " (a no for good)"}


def print_model(funnel: Funnel, console: Console) -> None:
    """Print goal, sources, stages with exits, and the files beside the model."""
    model = funnel.model
    console.print(Text(model.name or "A funnel", style="bold"))
    kind = ", ".join(part for part in (model.currency, model.amount_is) if part)
    starts = f"Starts on {date_words(model.start, short=True)}"
    console.print(f"{starts}. Amounts: {kind}." if kind else f"{starts}.")
    layout.paragraph(console, _goal(model))
    for key, source in model.sources.items():
        amount = f", worth {_worth(source.amount, model.currency)}" if source.amount else ""
        rate = f"{source.rate:.3g} {plural_noun(model.noun)} a day"
        layout.paragraph(console, f"{source.name or key}: {rate} into {_entered(model, source)}{amount}")
        for name, campaign in source.campaigns.items():
            layout.paragraph(console, campaign_words(model, name, campaign), indent=2)
    for key in model.roles:
        layout.paragraph(console, role_words(model, key))
    layout.blank(console)
    layout.show(console, _exits(model))
    layout.blank(console)
    if work := work_table(model):
        layout.show(console, work)
        layout.blank(console)
    for key, stage in model.stages.items():
        if stage.spawns is not None:
            generated = spawn_words(model, stage.spawns)
            layout.paragraph(console, f"Each entry into {_name(model, key)} generates {generated}")
    if funnel.draws is not None:
        console.print(f"{count(funnel.draws.height)} parameter draws for parameter uncertainty")
    if funnel.pipeline is not None:
        console.print(f"{plural(funnel.pipeline.height, f'open {model.noun}')} at the start")


def print_stage(model: Model, key: str, console: Console) -> None:
    """One stage with its texts, checklist and exits."""
    stage = model.stages[key]
    console.print(Text(stage.name or key, style="bold"))
    for label, text in (
        ("department", ", ".join(filter(None, [stage.department, *stage.involves]))),
        ("owner", stage.owner),
        ("phase", stage.phase),
        ("part of", _name(model, stage.parent) if stage.parent else ""),
        ("enters when", stage.entry),
        ("what happens", stage.activities),
        ("the buyer needs", stage.buyer_needs),
    ):
        if text:
            console.print(f"{label}: {text}")
    for words in stage_work_words(model, stage):
        layout.paragraph(console, words)
    for item in stage.checklist:
        console.print(f"  [ ] {item}", markup=False)
    unit = time_unit(_all_times(stage))
    for e in stage.exits.values():
        time = _time(stage, e, unit)
        no = _NO[no_leads_to(model, key, e)]
        console.print(f"-> {_name(model, e.to)} {share(e.p)}" + (f", {time}" if time else "") + no)
    planned = stage.planned
    if planned is not None:
        noun = plural_noun(model.noun)
        console.print(
            f"open {noun} with a planned close {plural(round(planned.before), 'day')} ahead follow the plan:"
        )
        for e in planned.exits.values():
            console.print(f"-> {_name(model, e.to)} {share(e.p)}")


def _exits(model: Model) -> Table:
    rows = []
    unit = time_unit(time for stage in model.stages.values() for time in _all_times(stage))

    def times(stage: Stage, e: Exit) -> tuple[str, str]:
        half, most = _times(stage, e) or (None, None)
        return ("", "") if half is None else (unit.words(half), unit.words(most))

    for key, stage in model.stages.items():
        name = _name(model, key)
        for target, together in groupby(stage.exits.items(), key=lambda named: named[1].to):
            named = list(together)
            exits = [e for _, e in named]
            p = share(sum(e.p for e in exits))
            rows.append(
                (name, _name(model, target), p, *(times(stage, exits[0]) if len(exits) == 1 else ("", "")))
            )
            if len(named) > 1:
                rows += [("", f"  part, {own}", share(e.p), *times(stage, e)) for own, e in named]
            name = ""
    heads = (
        ("stage", "left"),
        ("to", "left"),
        ("chance", "right"),
        ("median\ntime", "right"),
        ("90 %\nwithin", "right"),
    )
    return layout.table(heads, rows)


def _worth(distribution: Distribution, currency: str) -> str:
    """An amount in three figures, whatever its distribution."""
    mean, half, most = distribution.mean(), float(distribution.ppf(0.5)), float(distribution.ppf(0.9))
    scale = table_scale([mean, half, most], currency)
    if half == most == mean:
        return scale.words(mean)
    middle = f"median {scale.number(half)}, 90 % up to {scale.number(most)}"
    return f"{scale.words(mean)} on average ({middle})"


def _goal(model: Model) -> str:
    goal = model.goal
    quota = goal.quota
    stated = f"Quota {quota:,.0f} a {goal.period}. " if isinstance(quota, float | int) else ""
    credited = goal.credits_at or goal.books_at
    counted = "" if credited == goal.books_at else f" and count towards quota at {_name(model, credited)}"
    recognised = ""
    if goal.recognise is not None:
        spread = f"over {plural(goal.recognise.over, 'day')} from {_name(model, goal.recognise.start)}"
        recognised = f"; revenue is recognised {spread}"
    booked = "when won" if goal.books_at == "won" else f"at {_name(model, goal.books_at)}"
    return f"{stated}{plural_noun(model.noun).capitalize()} are booked {booked}{counted}{recognised}."


def _entered(model: Model, source: Source) -> str:
    """``Qualified``, or ``Qualified (41 %), Discovery (59 %)``."""
    if len(source.enters) == 1:
        return _name(model, next(iter(source.enters)))
    return ", ".join(f"{_name(model, stage)} ({share(p)})" for stage, p in source.enters.items())


def _name(model: Model, place: str) -> str:
    if place in model.stages:
        return model.stages[place].name or place.replace("_", " ")
    return "never leaves" if place == "never" else place.replace("_", " ")


def _time(stage: Stage, e: Exit, unit: TimeUnit) -> str:
    times = _times(stage, e)
    if times is None:
        return ""
    half, most = (unit.words(time) for time in times)
    return f"median {half}, 90 % within {most}" if any(times) else "at once"


def _all_times(stage: Stage) -> Iterator[float]:
    for e in stage.exits.values():
        yield from _times(stage, e) or ()


def _times(stage: Stage, e: Exit) -> tuple[float, float] | None:
    """Median and 90 % quantile of the days until this exit."""
    distribution = e.after or stage.after
    if e.to == "never" or distribution is None:
        return None
    return float(distribution.ppf(0.5)), float(distribution.ppf(0.9))
