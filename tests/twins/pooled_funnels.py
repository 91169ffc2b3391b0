"""Random funnels whose leads pass pools of reps one after another, so that they are moved stage by stage."""

from __future__ import annotations

import datetime as dt

from hypothesis import reject
from hypothesis import strategies as st

from funnelsim.core.errors import ChangeError
from funnelsim.model.changes.changes import SetValue
from funnelsim.model.files.model_files import Funnel
from funnelsim.model.parts import Model
from funnelsim.model.scenarios.change_checks import check_changes

from .funnels import START, Case, clock, pipeline, stage
from .working_funnels import CHANGE_DAYS, EFFORTS, calendar, demand, one_in, role

#: Where a task may take no time, reps are followed event by event.
TASKS = EFFORTS.filter(lambda effort: effort != "constant(0h)")


@st.composite
def pooled_case(draw: st.DrawFn) -> Case:
    """Some stages have a pool of their own; leads come back only to stages without one."""
    keys = [f"stage_{i}" for i in range(draw(st.integers(2, 5)))]
    segments = draw(st.sampled_from([[], ["smb", "enterprise"]]))
    clocks = {"tempo": draw(clock())} if one_in(draw, 3) else {}
    calendars = {f"office_{i}": draw(calendar()) for i in range(draw(st.integers(0, 2)))}
    staffed = [key for key in keys if one_in(draw, 2)] or [keys[-1]]
    pools = {key: f"pool_{key}" for key in staffed}
    roles = {pool: _pool(draw(role(list(calendars)))) for pool in pools.values()}
    if one_in(draw, 3):
        roles["idle"] = _pool(draw(role(list(calendars))))
    stages = {}
    for place, key in enumerate(keys):
        found = draw(stage(place, keys, list(clocks)))
        first = max((i for i, other in enumerate(keys[: place + 1]) if other in pools), default=-1)
        for one in found["exits"].values():  # type: ignore[attr-defined]
            if one["to"] in keys[: first + 1]:
                one["to"] = "lost"
        found.pop("planned", None)
        if key in pools:
            found["work"] = {"role": pools[key], "effort": draw(TASKS)}
        stages[key] = found
    document: dict[str, object] = {
        "name": "pools",
        "start": START,
        "goal": {"books_at": draw(st.sampled_from([keys[-1], "won"])), "period": "month"},
        "clocks": clocks,
        "calendars": calendars,
        "roles": roles,
        "sources": {
            f"source_{i}": draw(demand(keys, segments, list(calendars)))
            for i in range(draw(st.integers(1, 2)))
        },
        "segments": {key: {} for key in segments},
        "stages": stages,
    }
    if one_in(draw, 4):
        document["shocks"] = {"odds": {"sd": 0.5, "rho": 0.5}}
    model = Model.model_validate(document)
    open_leads = draw(pipeline(keys, segments, list(document["sources"])))  # type: ignore[call-overload]
    changes = []
    if one_in(draw, 3):
        day: dt.date | None = draw(CHANGE_DAYS)
        path = f"roles.{draw(st.sampled_from(sorted(roles)))}.headcount"
        changes.append(SetValue(path=path, to=draw(st.integers(0, 4)), start=day))
    if one_in(draw, 3):
        effort = f"stages.{draw(st.sampled_from(staffed))}.work.effort"
        changes.append(SetValue(path=effort, to=draw(TASKS), start=draw(CHANGE_DAYS)))
    try:
        check_changes(changes, model, "changes")
    except ChangeError:
        reject()
    warmup = 0 if open_leads is not None else draw(st.sampled_from([0, 15]))
    return Case(Funnel(model=model, pipeline=open_leads), tuple(changes), warmup)


def _pool(found: dict[str, object]) -> dict[str, object]:
    kept = {key: value for key, value in found.items() if key not in ("assignment", "open_deals_max")}
    return kept | {"discipline": "fifo"}
