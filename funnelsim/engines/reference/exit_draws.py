"""Which exit a visit takes, and when, in the reference engine."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from funnelsim.distributions.lookup import quantile_given_survival, quantile_of_word
from funnelsim.engines.kernels import instants
from funnelsim.engines.kernels import working_time as working
from funnelsim.engines.kernels.shocks import factor_at, month_factors
from funnelsim.engines.plan import NEVER, NO_SHOCK, Plan
from funnelsim.engines.reference.reference_state import Lead, Visit
from funnelsim.engines.reference.rows import Rows


class ExitDraws:
    """Exits and times of leaving of one replication."""

    def __init__(self, plan: Plan, rows: Rows, k0: np.uint32, k1: np.uint32) -> None:
        self.plan, self.rows = plan, rows
        self.k0, self.k1 = k0, k1
        self.odds = np.ones(plan.shocks.number.size)
        if plan.shocks.odds != NO_SHOCK:
            month_factors(plan.shocks, plan.tables, plan.shocks.odds, k0, k1, self.odds)

    def leave(self, lead: Lead, visit: Visit, resuming: bool) -> tuple[int, float]:
        """Target and time of leaving; the visit is completed if that is within the horizon."""
        plan, stage = self.plan, visit.stage
        words = self.words(lead, visit)
        if visit.abandoned:
            visit.left, visit.exit = (
                visit.begins,
                int(plan.work.abandon_exit[self.rows.row(lead, stage, visit.entered)]),
            )
            return int(plan.exits.target[visit.exit]), visit.left
        chosen, found_exit = self.draw_exit(lead, visit, words[0], resuming)
        place = int(plan.exits.target[chosen])
        removed_from = float(plan.stages.removed_from[stage])
        now = max(visit.begins, 0.0) if resuming else visit.begins
        removed = now >= removed_from
        dwells = resuming and not plan.pipeline.waits[lead.open_index]
        since = float(plan.pipeline.since[lead.open_index]) if dwells else visit.begins
        left = now
        if not removed:
            left = self.left_at(chosen, since, words[1], found_exit, now)
        if not removed and left > removed_from:
            left, removed = removed_from, True
        if removed:
            row = self.rows.row(lead, stage, left)
            if place == stage:
                chosen, _, _ = self.pick_exit(row, words[0], self.odds_of(visit, resuming))
                place = int(plan.exits.target[chosen])
            elif place == NEVER:
                place = plan.lost
        if removed and place == plan.lost and plan.stages.recovered[stage] > 0:
            goes_on, where, _, _ = instants.recover_words(
                np.uint64(lead.id), plan.stages.hash[stage], visit.number, self.k0, self.k1
            )
            if instants.uniform(goes_on) < plan.stages.recovered[stage]:
                first, last = self.rows.exits_of(row)
                chosen = instants.pick_forward(
                    plan.exits.p, plan.exits.forward, first, last, instants.uniform(where)
                )
                place = int(plan.exits.target[chosen])
        if left < plan.horizon.end:
            visit.left, visit.exit = left, chosen
        return place, left

    def words(self, lead: Lead, visit: Visit) -> Any:
        """Random words of a visit: exit, dwell, effort of the first task, patience."""
        stage_hash = self.plan.stages.hash[visit.stage]
        return instants.visit_words(np.uint64(lead.id), stage_hash, visit.number, self.k0, self.k1)

    def draw_exit(self, lead: Lead, visit: Visit, word: np.uint32, resuming: bool) -> tuple[int, int]:
        """The exit, and its index among exits of open leads (-1 for a new dwell)."""
        plan, pipeline, n = self.plan, self.plan.pipeline, lead.open_index
        if resuming and not pipeline.waits[n]:
            first, last = pipeline.exit_first[n], pipeline.exit_first[n + 1]
            k = instants.pick(pipeline.upto, first, last, instants.uniform(word))
            return int(pipeline.exit[k]), int(k)
        row = self.rows.row(lead, visit.stage, visit.entered)
        chosen, before, chance = self.pick_exit(row, word, self.odds_of(visit, resuming))
        if visit.waited >= 0 and self.waiting_costs(chosen, before, chance, word, visit.waited):
            chosen = int(plan.work.lost_exit[row])
        return chosen, -1

    def waiting_costs(
        self, chosen: int, before: float, chance: float, word: np.uint32, waited: float
    ) -> bool:
        drawn = self.plan.exits.half_life[chosen], chance, before, instants.uniform(word)
        return bool(working.waiting_costs(self.plan.tables, self.plan.unit_exponential, *drawn, waited))

    def left_at(self, chosen: int, since: float, word: np.uint32, found_exit: int, now: float) -> float:
        """Time of leaving; for an open lead in its dwell (`found_exit`), conditional on its age."""
        plan = self.plan
        if plan.exits.target[chosen] == NEVER:
            return math.inf
        table = plan.exits.table[chosen]
        if found_exit >= 0 and plan.pipeline.survival[found_exit] < 1.0:
            dwell = quantile_given_survival(*plan.tables, table, word, plan.pipeline.survival[found_exit])
        else:
            dwell = quantile_of_word(*plan.tables, table, word)
        return max(float(instants.leave_instant(*plan.clocks, plan.exits.clock[chosen], since, dwell)), now)

    def pick_exit(self, row: int, word: np.uint32, odds: float | None) -> tuple[int, float, float]:
        """An exit of a row, the cumulative probability of those before it, and its own."""
        exits, (first, last) = self.plan.exits, self.rows.exits_of(row)
        u = instants.uniform(word)
        if odds is not None:
            chosen, before, chance = instants.pick_at_odds(exits.p, exits.forward, first, last, u, odds)
            return int(chosen), float(before), float(chance)
        chosen = int(instants.pick(exits.upto, first, last, u))
        return chosen, float(exits.upto[chosen - 1]) if chosen > first else 0.0, float(exits.p[chosen])

    def odds_of(self, visit: Visit, resuming: bool) -> float | None:
        """The factor on the odds in the month of a visit; None before the run or without shocks."""
        if resuming or self.plan.shocks.odds == NO_SHOCK:
            return None
        return float(factor_at(self.plan.shocks, self.odds, self.plan.horizon.begin, visit.entered))
