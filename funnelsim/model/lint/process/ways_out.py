"""Steps that nobody takes, and stages that have no answer to a "no"."""

from __future__ import annotations

from collections.abc import Iterator

from funnelsim.model.lint.process.finding import Finding, Rule, stage_name
from funnelsim.model.parts import Exit, Model, No

UNUSED = Rule(
    id="unused-step",
    one="is a step nobody takes",
    many="steps are taken by nobody",
    mend="take it out of the map, or give it leads",
    texts=False,
)
NO_WAY_FOR_NO = Rule(
    id="no-way-for-no",
    one='has no way for a "no"',
    many='stages have no way for a "no"',
    mend='give an exit to lost, to an earlier stage (no = "later") or to never (no = "never")',
)
CIRCLE = Rule(
    id="circle-of-parents",
    one="is a part of itself",
    many="stages are parts of themselves",
    mend="a sub-stage names the stage or group that it belongs to; take out the parent of one of them",
)
RULES = (UNUSED, NO_WAY_FOR_NO, CIRCLE)


def unused_steps(model: Model) -> Iterator[Finding]:
    reached = _reached(model)
    for key, stage in model.stages.items():
        path, name = f"stages.{key}", stage_name(model, key)
        if model.sources and key not in reached:
            detail = "no lead enters it: no source starts here and no exit leads to it"
            yield Finding(rule=UNUSED, path=path, name=name, detail=detail)
        waiting_costs = any(e.wait_half_life is not None for e in stage.exits.values())
        for exit_name, e in stage.exits.items():
            if e.p == 0 and not (exit_name == stage.lost_exit and waiting_costs):
                to = f"{name} to {stage_name(model, e.to)}"
                detail = "has p = 0 and is never taken"
                yield Finding(rule=UNUSED, path=f"{path}.exits.{exit_name}", name=to, detail=detail)


def _reached(model: Model) -> set[str]:
    """Stages where leads start or come: from a source, an exit with a chance, or giving up."""
    waiting = [key for s in model.sources.values() if s.rate > 0 for key, p in s.enters.items() if p > 0]
    if not waiting:  # no leads at all is reported as such
        return set(model.stages)
    reached: set[str] = set()
    while waiting:
        key = waiting.pop()
        if key in model.stages and key not in reached:
            reached.add(key)
            stage = model.stages[key]
            waiting += [e.to for e in stage.exits.values() if e.p > 0]
            waiting += [stage.abandons_to] if stage.abandons_to else []
    return reached


def no_answer_to_no(model: Model) -> Iterator[Finding]:
    """Until the deal is booked; a client who has signed is past saying no."""
    for key in _before_booking(model):
        stage = model.stages[key]
        answered = any(no_leads_to(model, key, e) for e in stage.exits.values())
        if not answered and stage.abandons_to is None:
            yield Finding(rule=NO_WAY_FOR_NO, path=f"stages.{key}", name=stage_name(model, key))


def _before_booking(model: Model) -> list[str]:
    keys, books_at = list(model.stages), model.goal.books_at
    return keys[: keys.index(books_at)] if books_at in keys else keys


def no_leads_to(model: Model, key: str, e: Exit) -> No | None:
    """What a "no" that takes this exit of a stage leads to; None if the exit is a "yes".

    Where the exit does not say: an outcome that books nothing is the end (``now``), an earlier stage
    another attempt (``later``), and ``never`` is ``never``. A client who has signed goes from stage to stage
    without a no.
    """
    if e.no is not None:
        return e.no
    if e.to == "never":
        return "never"
    if e.to in model.stages:
        before, order = _before_booking(model), list(model.stages)
        return "later" if key in before and order.index(e.to) < order.index(key) else None
    good = {"won", model.goal.books_at, model.goal.credits_at}
    return None if e.to in good else "now"


def circles(model: Model) -> Iterator[Finding]:
    for key, stage in model.stages.items():
        above, seen = stage.parent, {key}
        while above in model.stages and above not in seen:
            seen.add(above)
            above = model.stages[above].parent
        if above == key:
            yield Finding(rule=CIRCLE, path=f"stages.{key}.parent", name=stage_name(model, key))
