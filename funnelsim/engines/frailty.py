"""Frailty: one draw for each lead ties the dwells of its visits; who was slow before is slow again.

Each lead has a standard normal factor z. Where the dwells of a stage have a loading r on it, the dwell's
uniform u is replaced by Phi(x) with the score

    x = r z + sqrt(1 - r^2) Phi^-1(u)

(a Gaussian copula with one factor: Vasicek 2002, The distribution of loan portfolio value, Risk 15(12),
160-162; Joe 2014, Dependence Modeling with Copulas, section 3.10). Exits are drawn without it, so each law of
a dwell stays what the file says, also among those who come to a stage late, and scores of dwells in stages
with loadings r and s are correlated by r s. Who leaves for one target by several exits has one dwell: the
mixture of their laws (`joined_exits`).

An open lead's factor is normal with the mean and sd that its completed visits leave. Its present score is
then normal with mean r mean and variance r^2 sd^2 + 1 - r^2 before the age is known, and beyond the score of
the age after that; given the score drawn, the factor is normal again (so nothing here is an approximation).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from funnelsim.core.compiled import at, kernel
from funnelsim.core.draws import LEAD_STAGE, Purpose, keyed_block
from funnelsim.distributions.mixture import Mixture
from funnelsim.distributions.parametric import Constant
from funnelsim.distributions.table import quantile_at_survival, quantile_of_word
from funnelsim.engines.instants import pick, uniform, visit_words
from funnelsim.engines.plan import NO_TABLE, Frailty, Pipeline, Stages
from funnelsim.engines.plantables import Tables
from funnelsim.engines.shocks import normal_table
from funnelsim.model.parts import Exit, Stage

_FRAILTY = int(Purpose.FRAILTY)
#: Cells of the table of Phi, a unit; errors are below 1e-9.
_CELLS = 256.0
#: Beyond this score only the last word is left.
_FARTHEST = 6.5
_WORDS = 2.0**32

Floats = NDArray[np.float64]


class Present(NamedTuple):
    """The score of each open lead's present dwell before its age is known, shape (L,) each.

    Attributes
    ----------
    loading : ndarray
        Of its present dwell; 0 where that is not tied.
    waits : ndarray of bool
        Whether the dwell has yet to begin.
    mean, sd : ndarray
        Of the lead's factor, by its completed visits.
    """

    loading: Floats
    waits: NDArray[np.bool_]
    mean: Floats
    sd: Floats

    @property
    def aged(self) -> NDArray[np.bool_]:
        """Whether the dwell is tied and has begun."""
        return np.asarray((self.loading != 0) & ~self.waits)

    @property
    def fresh(self) -> NDArray[np.bool_]:
        """Whether the dwell is tied and has yet to begin."""
        return np.asarray((self.loading != 0) & self.waits)

    @property
    def centre(self) -> Floats:
        return self.loading * self.mean

    @property
    def spread(self) -> Floats:
        return np.asarray(np.sqrt(self.loading**2 * self.sd**2 + 1 - self.loading**2))

    @property
    def pull(self) -> Floats:
        """Change of the factor for a change of the score."""
        return self.loading * self.sd**2 / self.spread**2

    @property
    def left_sd(self) -> Floats:
        """Of the factor given the score."""
        return self.sd * np.sqrt(1 - self.loading**2) / self.spread

    def given_age(self, who: NDArray[np.int64], survival: Floats) -> Floats:
        """Chance that the dwells of some leads last longer than their ages, given their past.

        Parameters
        ----------
        who : int array, shape (n,)
        survival : ndarray, shape (n,)
            The same chance by the law of the dwell alone.
        """
        aged, centre, spread = self.aged[who], self.centre[who], self.spread[who]
        return np.where(aged, ndtr((centre + ndtri(survival)) / spread), survival)


@lru_cache(maxsize=1)
def phi_table() -> Floats:
    """Parabolas of Phi(-x) for x from 0 on: coefficients of 1, d and d^2 with d from a cell's left end."""
    width = 1 / _CELLS
    left = np.arange(int(_FARTHEST * _CELLS)) * width
    low, middle, high = (ndtr(-(left + share * width)) for share in (0.0, 0.5, 1.0))
    bend = 2 * (low + high - 2 * middle)
    return np.column_stack([low, (high - low - bend) / width, bend / width**2])


@kernel
def phi_below(phi, x):  # type: ignore[no-untyped-def]
    """Phi(-x) for x of 0 or more."""
    if x >= _FARTHEST:
        return 0.0
    cell = at(x * _CELLS)
    d = x - np.float64(cell) / _CELLS
    return phi[cell, 0] + d * (phi[cell, 1] + d * phi[cell, 2])


@kernel
def word_of_score(phi, x):  # type: ignore[no-untyped-def]
    """The uint32 word that stands for Phi(x)."""
    near = np.uint32(min(phi_below(phi, abs(x)) * _WORDS, 2147483647.0))
    return near if x < 0.0 else near ^ np.uint32(0xFFFFFFFF)


@kernel
def tied_word(frailty, tables, row, found, lead, open_place, word, k0, k1):  # type: ignore[no-untyped-def]
    """The word of a dwell in a row of the plan's stages; the word itself where it is not tied.

    Where an open lead was `found` in its dwell, that is drawn by `aged_dwell`.
    """
    loading = frailty.loading[row]
    if loading == 0.0 or (found and not frailty.fresh[open_place]):
        return word
    z = factor_of(frailty, tables, lead, open_place, k0, k1)
    own = quantile_of_word(tables.headers, tables.cells, frailty.normal, word)
    return word_of_score(frailty.phi, loading * z + frailty.rest[row] * own)


@kernel
def factor_of(frailty, tables, lead, open_place, k0, k1):  # type: ignore[no-untyped-def]
    """The factor of a lead: of an open one, given its past and how it leaves its present stage."""
    word = keyed_block(lead, LEAD_STAGE, 0, _FRAILTY, 0, k0, k1)[0]
    z = quantile_of_word(tables.headers, tables.cells, frailty.normal, word)
    if open_place < 0:
        return z
    if not frailty.aged[open_place]:
        return frailty.mean[open_place] + frailty.sd[open_place] * z
    stage_hash, visit = frailty.present_hash[open_place], frailty.present_visit[open_place]
    word_exit, word_dwell, _, _ = visit_words(lead, stage_hash, visit, k0, k1)
    first, last = frailty.exit_first[open_place], frailty.exit_first[open_place + 1]
    k = pick(frailty.upto, first, last, uniform(word_exit))
    x = aged_score(frailty, tables, open_place, k, word_dwell)
    past = frailty.mean[open_place] + frailty.pull[open_place] * (x - frailty.centre[open_place])
    return past + frailty.left_sd[open_place] * z


@kernel
def aged_score(frailty, tables, open_place, k, word):  # type: ignore[no-untyped-def]
    """The score of an open lead's present dwell, beyond that of its age, for exit `k` of the pipeline."""
    left = frailty.survival[k] * ((4294967295.5 - np.float64(word)) / 4294967296.0)
    own = quantile_at_survival(tables.headers, tables.cells, frailty.normal, left)
    return frailty.centre[open_place] + frailty.spread[open_place] * own


@kernel
def aged_dwell(frailty, tables, table, open_place, k, word):  # type: ignore[no-untyped-def]
    """The present dwell of an open lead whose dwell is tied, by the law of a table."""
    x = aged_score(frailty, tables, open_place, k, word)
    beyond = phi_below(frailty.phi, abs(x))
    return quantile_at_survival(tables.headers, tables.cells, table, beyond if x >= 0.0 else 1.0 - beyond)


def joined_exits(stage: Stage, kept: Mapping[str, Exit]) -> dict[str, Exit]:
    """Exits to one target as one whose dwell has the mixture of their laws.

    Exits that waiting costs another chance, or that run on another clock, stay apart; those that take no time
    run on any clock. The exit keeps the name of the first, or that of those who waited too long.
    """
    groups: dict[tuple[object, ...], list[str]] = {}
    at_once = {name for name, e in kept.items() if _takes_no_time(e.after or stage.after)}
    for name in sorted(kept, key=lambda name: name in at_once):
        e = kept[name]
        clock = e.clock or stage.clock
        key: tuple[object, ...] = (e.to, e.wait_half_life, clock)
        if name in at_once:
            key = next((other for other in groups if other[:2] == key[:2]), key)
        groups.setdefault(key, []).append(name)
    order = {name: place for place, name in enumerate(kept)}
    found = {}
    for names in sorted(groups.values(), key=lambda names: min(order[name] for name in names)):
        name = stage.lost_exit if stage.lost_exit in names else min(names, key=lambda n: order[n])
        assert name is not None
        found[name] = _joined(stage, [kept[n] for n in names])
    return found


def _takes_no_time(law: object) -> bool:
    return isinstance(law, Constant) and law.mean() == 0


def _joined(stage: Stage, exits: list[Exit]) -> Exit:
    """The first of some exits to one target, with the chance and the laws of all."""
    laws = [(e.p, e.after or stage.after) for e in exits]
    known = [(p, law) for p, law in laws if law is not None]
    if len({law for _, law in known}) < 2:
        after = known[0][1] if known else None
    else:
        after = Mixture("duration", tuple(p for p, _ in known), tuple(law for _, law in known))
    return exits[0].model_copy(update={"p": sum(e.p for e in exits), "after": after})


def frailty_of(
    loading: Floats,
    present: Present,
    present_visit: NDArray[np.uint32],
    stages: Stages,
    pipeline: Pipeline,
    tables: Tables,
) -> Frailty:
    """The frailty of a plan.

    Parameters
    ----------
    loading : ndarray, shape (rows,)
        Of each row of the plan, planned exits included.
    present : Present
        Of the open leads.
    present_visit : uint32 array, shape (L,)
        Number of the visit in which each was found.
    """
    return Frailty(
        normal=tables.add_all([normal_table()]) if loading.any() else NO_TABLE,
        phi=phi_table(),
        loading=loading,
        rest=np.sqrt(1 - loading**2),
        aged=present.aged,
        fresh=present.fresh,
        mean=present.mean,
        sd=present.sd,
        centre=present.centre,
        spread=present.spread,
        pull=present.pull,
        left_sd=present.left_sd,
        present_hash=stages.hash[pipeline.stage],
        present_visit=present_visit,
        exit_first=pipeline.exit_first,
        upto=pipeline.upto,
        survival=pipeline.survival,
    )
