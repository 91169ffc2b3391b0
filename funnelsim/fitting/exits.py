"""How leads leave one stage: by which exit, and after how long.

Exits compete; an open visit is one that has not left yet, never a loss. Families are chosen exit by exit
by the small-sample Akaike criterion (AICc) of the whole stage, until no change lowers it. Where no family
follows an exit (deals that close in a week or after a quarter, little between) it is split into two or
three exits to the same target, each with a law of its own.

References
----------
Hurvich, C. M. and Tsai, C.-L. (1989). Regression and time series model selection in small samples.
Biometrika 76, 297-307. Maller, R. A. and Zhou, X. (1996). Survival Analysis with Long-Term Survivors
(when follow-up is long enough to tell that some never leave).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from funnelsim.distributions import Distribution
from funnelsim.distributions.fit_families import FIT_FAMILIES
from funnelsim.fitting.likelihood import Floats, Layout, Likelihood
from funnelsim.fitting.maximise import Maximum, maximise
from funnelsim.fitting.observed import StageSample
from funnelsim.fitting.priors import ORDINARY, RARE, RARE_BELOW, Prior, prior_around

#: A claim that some never leave must lower AICc by so much ...
NEVER_GAIN = 3.0
#: ... and so many open visits must be older than this quantile of those who do leave.
NEVER_VISITS, NEVER_QUANTILE = 5, 0.95
#: A smaller share than this is not worth the assumption.
NEVER_SHARE = 0.005

#: An exit with so many moves may be split, into so many at most ...
SPLIT_MOVES, SPLIT_MOST = 50, 3
#: ... if that lowers AICc by this, and by this for each of its moves: a better fit that matters.
SPLIT_GAIN, SPLIT_GAIN_PER_MOVE = 10.0, 0.02
#: Where the times of an exit are cut in two to start its laws.
_CUTS = (0.15, 0.35, 0.65, 0.85)
#: Gain in log-likelihood that is not worth another step while choosing.
_SEARCHING = 1e-3
_SUFFIXES = ("", "_late", "_later")

#: A family that once was so far behind the best is not tried again for that exit.
_HOPELESS = 10.0

NeverReason = Literal["losses not recorded", "seen", "not needed", "cannot tell", "nobody has left"]


@dataclass(frozen=True, kw_only=True)
class Component:
    """One way out with one law.

    Attributes
    ----------
    key : str
        Its name among the exits of the stage.
    to : str
        Stage or outcome.
    family : str
        Empty for a move at once.
    """

    key: str
    to: str
    family: str


@dataclass(frozen=True, kw_only=True)
class NeverVerdict:
    """Whether some visits never end, and why that was or was not assumed.

    Attributes
    ----------
    share : float
        Probability of never leaving in the model.
    at_most : float
        The share that the data would still allow (upper 95 % limit); NaN where nothing was ended.
    gain : float
        How much AICc falls with `never`.
    older : int
        Open visits older than the 95 % quantile of those who leave.
    """

    reason: NeverReason
    share: float
    at_most: float
    gain: float
    older: int


@dataclass(frozen=True, kw_only=True)
class StageFit:
    """The exits of one stage.

    Attributes
    ----------
    components : tuple of Component
        In the order of the parameters.
    parameters : ndarray, shape (P,)
        Logits, then logs of the laws' parameters; see `Layout`.
    covariance : ndarray, shape (P, P)
    criteria : dict of str to dict of str to float
        Exit to family to AICc above the best, the other exits as chosen.
    """

    sample: StageSample
    components: tuple[Component, ...]
    layout: Layout
    likelihood: Likelihood
    prior: Prior
    parameters: Floats
    covariance: Floats
    log_likelihood: float
    criteria: dict[str, dict[str, float]]
    never: NeverVerdict

    @property
    def listed(self) -> list[int]:
        """Components in the order in which people read them: by target, then the earliest first."""
        keys = [component.key for component in self.components]
        places = {target: place for place, target in enumerate(self.sample.exits)}
        return sorted(range(len(keys)), key=lambda k: (places[self.components[k].to], len(keys[k]), keys[k]))

    @property
    def p(self) -> Floats:
        """Probabilities of the components and, last, of never leaving where the model has it."""
        return np.asarray(np.exp(self.layout.log_p(self.parameters[None, :]))[0])

    def law(self, k: int) -> Distribution | None:
        """Law of the dwell of one component; None for a move at once."""
        return law_of(self.layout, self.parameters, k)

    def left_by(self, days: float) -> float:
        """Probability that a visit has ended after so many days."""
        return 1.0 - still_there(self.layout, self.parameters, days)

    def refitted(self, sample: StageSample) -> StageFit:
        """The same laws, fitted to other weights of the same visits."""
        likelihood = Likelihood(self.layout, sample.terms(*self.behind))
        start = self.parameters[None, :]
        at = maximise(likelihood, self.prior, sample.weights(), start, em_steps=2, tolerance=1e-7)
        p = np.exp(self.layout.log_p(at.parameters))[0]
        never = replace(self.never, share=float(p[-1])) if self.layout.never else self.never
        return replace(
            self,
            sample=sample,
            likelihood=likelihood,
            parameters=at.parameters[0],
            covariance=at.covariance[0],
            log_likelihood=float(at.log_likelihood[0]),
            never=never,
        )

    @property
    def behind(self) -> tuple[dict[str, tuple[int, ...]], dict[str, int]]:
        """Components with a law behind each exit, and the component of its moves at once."""
        slow: dict[str, tuple[int, ...]] = {}
        for k, component in enumerate(self.components):
            if component.family:
                slow[component.to] = (*slow.get(component.to, ()), k)
        return slow, {c.to: k for k, c in enumerate(self.components) if not c.family}

    def draw(self, weights: Sequence[Floats], rng: np.random.Generator) -> Maximum:
        """Refit with other weights, shape (R, B) for each bin set of the sample; families stay."""
        draws = len(weights[0])
        start = np.repeat(self.parameters[None, :], draws, axis=0)
        prior = self.prior.drawn(self.layout, draws, rng)
        return maximise(self.likelihood, prior, weights, start, em_steps=0, tolerance=1e-4)


def fit_stage(
    sample: StageSample, *, losses_recorded: bool = True, prior_worth: float = ORDINARY
) -> StageFit | None:
    """Fit the exits of one stage.

    Parameters
    ----------
    sample : StageSample
    losses_recorded : bool
        False where the history never records a loss: then those who are not seen to leave stay for ever.
    prior_worth : float
        Weight of the prior in observed exits; 0 for plain maximum likelihood.

    Returns
    -------
    StageFit or None
        None where nobody has left yet.
    """
    if not sample.moved:
        return None
    if not losses_recorded and "lost" not in sample.exits:
        staying = _Search(sample, never=True, worth=prior_worth).run()
        return staying.polished().stage_fit(_verdict("losses not recorded", staying, staying))
    if not _worth_asking(sample):
        ending = _Search(sample, never=False, worth=prior_worth).run().polished()
        at_most = _at_most_unseen(sample)
        return ending.stage_fit(
            NeverVerdict(reason="not needed", share=0.0, at_most=at_most, gain=0.0, older=0)
        )
    staying = _Search(sample, never=True, worth=prior_worth).run().polished()
    ending = _Search(sample, never=False, worth=prior_worth).run(_families_of(staying)).polished()
    verdict = _verdict("seen", staying, ending)
    if verdict.gain >= NEVER_GAIN and verdict.older >= NEVER_VISITS and verdict.share >= NEVER_SHARE:
        return staying.stage_fit(verdict)
    reason: NeverReason = "cannot tell" if verdict.older < NEVER_VISITS else "not needed"
    return ending.stage_fit(replace(verdict, reason=reason, share=0.0))


def fit_stated(
    sample: StageSample, families: Families, *, never: bool = False, prior_worth: float = ORDINARY
) -> StageFit:
    """Fit the exits of one stage with families that are stated, not chosen.

    Parameters
    ----------
    sample : StageSample
    families : dict of str to tuple of str
        One family, or several to be mixed, for each exit that takes time.
    never : bool
        Whether some may stay for ever.
    """
    search = _Search(sample, never=never, worth=prior_worth)
    state = search.fit(families).polished()
    share = float(np.exp(state.layout.log_p(state.at.parameters))[0, -1]) if never else 0.0
    verdict = NeverVerdict(
        reason="seen" if never else "not needed", share=share, at_most=share, gain=0.0, older=0
    )
    return state.stage_fit(verdict)


def nobody_left() -> NeverVerdict:
    """The verdict on a stage that nobody has left."""
    return NeverVerdict(reason="nobody has left", share=1.0, at_most=1.0, gain=0.0, older=0)


def law_of(layout: Layout, parameters: Floats, k: int) -> Distribution | None:
    family = layout.families[k]
    return FIT_FAMILIES[family].from_theta(parameters[list(layout.places[k])]) if family else None


def still_there(layout: Layout, parameters: Floats, days: float) -> float:
    """Probability that a visit lasts longer than so many days."""
    p = np.exp(layout.log_p(parameters[None, :]))[0]
    total = float(p[-1]) if layout.never else 0.0
    for k in range(len(layout.families)):
        law = law_of(layout, parameters, k)
        total += float(p[k] * law.sf(days)) if law is not None else 0.0
    return total


def _verdict(reason: NeverReason, staying: _State, ending: _State) -> NeverVerdict:
    p = np.exp(staying.layout.log_p(staying.at.parameters))[0]
    late = left_by(staying.layout, staying.at.parameters[0], NEVER_QUANTILE)
    sample = staying.sample
    return NeverVerdict(
        reason=reason,
        share=float(p[-1]),
        at_most=_upper_share(staying),
        gain=ending.aicc - staying.aicc,
        older=int(np.sum(~sample.ended & (sample.dwell > late))),
    )


def _upper_share(state: _State) -> float:
    """Upper 95 % limit of the last probability, on the logit scale (delta method)."""
    p = np.exp(state.layout.log_p(state.at.parameters))[0]
    logits = state.layout.logits
    share = float(np.clip(p[-1], 1e-9, 1 - 1e-9))
    # d logit(p_J) / d logits = (-p_j / (1 - p_J) for the others, 1 for J itself)
    slope = np.append(-p[:-1] / (1 - share), 1.0)
    variance = slope @ state.at.covariance[0][:logits, :logits] @ slope
    return float(1 / (1 + math.exp(-(math.log(share / (1 - share)) + 1.645 * math.sqrt(max(variance, 0.0))))))


def _at_most_unseen(sample: StageSample) -> float:
    """Upper 95 % limit for a share of which no case shows: 3 of n, or what is still open if that is less."""
    return (
        min(3.0 / max(sample.visits, 3), sample.open / sample.visits)
        if sample.open
        else 3.0 / max(sample.visits, 3)
    )


def _worth_asking(sample: StageSample) -> bool:
    """Whether any open visits are older than most that have ended."""
    late = np.quantile(sample.dwell[sample.ended], 0.9)
    return bool(np.sum(~sample.ended & (sample.dwell > late)) >= NEVER_VISITS)


def left_by(layout: Layout, parameters: Floats, probability: float) -> float:
    """Time by which this share of those who leave at all have left, in days."""
    never = float(np.exp(layout.log_p(parameters[None, :]))[0, -1]) if layout.never else 0.0
    target = never + (1 - never) * (1 - probability)
    low, high = math.log(1e-4), math.log(1e6)
    for _ in range(60):
        middle = (low + high) / 2
        if still_there(layout, parameters, math.exp(middle)) > target:
            low = middle
        else:
            high = middle
    return math.exp(high)


@dataclass(frozen=True)
class _State:
    """One choice of families, fitted."""

    sample: StageSample
    components: tuple[Component, ...]
    layout: Layout
    likelihood: Likelihood
    prior: Prior
    at: Maximum
    criteria: dict[str, dict[str, float]]

    @property
    def aicc(self) -> float:
        return _aicc(float(self.at.log_likelihood[0]), self.layout.free, self.sample.moved)

    def polished(self) -> _State:
        """The same choice at the top of the hill."""
        weights = self.sample.weights()
        at = maximise(self.likelihood, self.prior, weights, self.at.parameters, em_steps=0, tolerance=1e-7)
        return replace(self, at=at)

    def stage_fit(self, never: NeverVerdict) -> StageFit:
        new_keys = _keys_by_age(self)
        criteria = {new_keys[key]: row for key, row in self.criteria.items() if key in new_keys}
        return StageFit(
            sample=self.sample,
            components=tuple(replace(c, key=new_keys[c.key]) for c in self.components),
            layout=self.layout,
            likelihood=self.likelihood,
            prior=self.prior,
            parameters=self.at.parameters[0],
            covariance=self.at.covariance[0],
            log_likelihood=float(self.at.log_likelihood[0]),
            criteria=criteria,
            never=never,
        )


def _keys_by_age(state: _State) -> dict[str, str]:
    """Old key to new, so that of several laws behind one exit the earliest has the plain name."""
    found = {component.key: component.key for component in state.components}
    for target in state.sample.exits:
        parts = [k for k, c in enumerate(state.components) if c.to == target and c.family]
        keys = [state.components[k].key for k in parts]
        medians = [
            float(law.ppf(0.5)) for k in parts if (law := law_of(state.layout, state.at.parameters[0], k))
        ]
        for key, place in zip(keys, np.argsort(medians), strict=True):
            found[state.components[parts[place]].key] = key
    return found


def _aicc(log_likelihood: float, parameters: int, events: int) -> float:
    room = max(events - parameters - 1, 1)
    return 2 * parameters - 2 * log_likelihood + 2 * parameters * (parameters + 1) / room


Families = dict[str, tuple[str, ...]]
Halves = tuple[Floats, Floats]


class _Search:
    """Looks for the families of a stage, with or without those who never leave."""

    def __init__(self, sample: StageSample, *, never: bool, worth: float) -> None:
        self.sample, self.never, self.worth = sample, never, worth
        self.weights = sample.weights()
        self.slow = [t for t in sample.exits if sample.exits[t] > sample.at_once.get(t, 0)]
        self.sudden = [t for t in sample.exits if sample.splits_at_once(t)]
        # An exit seen at once only, and too seldom for a component of its own, still needs one.
        self.sudden += [t for t in sample.exits if t not in self.slow and t not in self.sudden]
        self.pooled = self._pooled_laws()

    def run(self, families: Families | None = None) -> _State:
        """The best choice, looked for from one law an exit, or from `families`."""
        pooled_best = min(self.pooled, key=lambda name: self.pooled[name][1])
        rare = {t for t in self.slow if self._timed(t) < RARE_BELOW}
        common = [t for t in sorted(self.slow, key=self._timed, reverse=True) if t not in rare]
        single: Families = {t: (pooled_best if t in rare else "lognormal",) for t in self.slow}
        state = self.fit({**single, **{t: families[t] for t in common}} if families else single)
        places = [(t, part) for t in common for part in range(len(_families_of(state)[t]))]
        state = self._best_families(state, places)
        for target in common:
            while (split := self._split(state, target)) is not None:
                places = [(target, part) for part in range(len(_families_of(split)[target]))]
                state = self._best_families(split, places)
        return state

    def fit(self, families: Families) -> _State:
        """These families: first one law an exit, then divided until there are as many as asked."""
        state = self._fit({t: (parts[0],) for t, parts in families.items()}, None)
        for target, parts in families.items():
            while len(_families_of(state)[target]) < len(parts):
                state = self._divided(state, target)
        return state if _families_of(state) == families else self._fit(families, state)

    def _timed(self, target: str) -> int:
        """Moves that tell of the law."""
        return self.sample.exits[target] - self.sample.at_once.get(target, 0)

    def _best_families(self, state: _State, places: list[tuple[str, int]]) -> _State:
        """Try every family at each place until no change helps."""
        settled: set[tuple[str, int]] = set()
        while settled != set(places):
            for place in places:
                if place in settled:
                    continue
                found = self._best_family(state, *place)
                if found.components != state.components:
                    settled = set()
                state = found
                settled.add(place)
        return state

    def _best_family(self, state: _State, target: str, part: int) -> _State:
        """The best family for one law, the others held; also fills its row of criteria."""
        families = _families_of(state)
        own = families[target]
        row_name = target + _SUFFIXES[part]
        known = state.criteria.get(row_name, {})
        reached = {own[part]: state.aicc}
        best = state
        for family in FIT_FAMILIES:
            if family == own[part] or known.get(family, 0.0) > _HOPELESS:
                continue
            changed = (*own[:part], family, *own[part + 1 :])
            rival = self._fit({**families, target: changed}, state)
            reached[family] = rival.aicc
            if rival.aicc < best.aicc - 1e-6:
                best = rival
        row = {name: reached[name] - best.aicc if name in reached else known[name] for name in FIT_FAMILIES}
        return replace(best, criteria={**state.criteria, row_name: row})

    def _split(self, state: _State, target: str) -> _State | None:
        """The state with one more law behind this exit, if that is worth it."""
        moves = self._timed(target)
        if moves < SPLIT_MOVES or len(_families_of(state)[target]) == SPLIT_MOST:
            return None
        best = self._divided(state, target)
        if best.aicc > state.aicc - max(SPLIT_GAIN, SPLIT_GAIN_PER_MOVE * moves):
            return None
        # A late law on which hardly any move rests is those who never leave in disguise.
        credited = best.likelihood.credited(best.at.parameters, self.weights)
        parts = [k for k, c in enumerate(best.components) if c.to == target and c.family]
        return best if min(credited[parts]) >= RARE_BELOW else None

    def _divided(self, state: _State, target: str) -> _State:
        """The best state with one more law behind this exit, worth it or not."""
        families = _families_of(state)
        *kept, last = families[target]
        days = self._days_of(target)
        borders = [float(np.quantile(days, cut)) for cut in _CUTS]
        halves = [(days[days <= border], days[days > border]) for border in borders]
        halves = [pair for pair in halves if min(len(half) for half in pair) > 0] or [(days, days)]
        rivals = []
        for family in dict.fromkeys(("lognormal", _with_a_shape(last))):
            rivals.append(self._fit({**families, target: (*kept, family, family)}, state, target, halves))
        best = min(rivals, key=lambda rival: rival.aicc)
        return replace(best, criteria={k: v for k, v in state.criteria.items() if k != target})

    def _days_of(self, target: str) -> Floats:
        """Times seen of one exit, those within a day at a quarter of it."""
        days = [
            b.days.mean(axis=1)[b.bin] for b in self.sample.bins if b.exit == target and b.kind != "at_once"
        ]
        return np.asarray(np.maximum(np.concatenate(days), 1 / 1440))

    def _fit(
        self,
        families: Families,
        near: _State | None,
        divided: str = "",
        halves: Sequence[Halves] = (),
    ) -> _State:
        """Fit one choice of families, from a neighbour's parameters where there is one.

        The last law behind the exit `divided` is started from each of `halves`; the best of them stays.
        """
        components = self._components(families)
        layout = Layout([c.family for c in components], never=self.never)
        places = {t: tuple(k for k, c in enumerate(components) if c.to == t and c.family) for t in families}
        sudden = {c.to: k for k, c in enumerate(components) if not c.family}
        likelihood = Likelihood(layout, self.sample.terms(places, sudden))
        prior = prior_around(
            layout,
            [self.pooled[c.family][0] if c.family else None for c in components],
            [self._prior_worth(c) for c in components],
            visits=self.worth,
        )
        if near is None:
            starts = [self._start(components, layout)]
        else:
            pairs: Sequence[Halves | None] = halves or [None]
            starts = [_start_near(near, components, layout, divided, pair) for pair in pairs]
        weights = [np.repeat(weight, len(starts), axis=0) for weight in self.weights]
        em_steps = 2 if near is not None and not divided else 8
        at = maximise(likelihood, prior, weights, np.stack(starts), em_steps=em_steps, tolerance=_SEARCHING)
        best = at.row(int(np.argmax(at.log_likelihood + prior.value(layout, at.parameters))))
        criteria = near.criteria if near is not None else {}
        return _State(self.sample, components, layout, likelihood, prior, best, criteria)

    def _prior_worth(self, component: Component) -> float:
        if self.worth and self._timed(component.to) < RARE_BELOW:
            return RARE
        return self.worth

    def _components(self, families: Families) -> tuple[Component, ...]:
        found = []
        for target in self.sample.exits:
            for suffix, family in zip(_SUFFIXES, families.get(target, ()), strict=False):
                found.append(Component(key=target + suffix, to=target, family=family))
            if target in self.sudden:
                key = f"{target}_at_once" if target in families else target
                found.append(Component(key=key, to=target, family=""))
        return tuple(found)

    def _start(self, components: tuple[Component, ...], layout: Layout) -> Floats:
        """Open visits shared out like those that ended; each law from the times seen."""
        start = np.zeros(layout.size)
        open_share = self.sample.open / self.sample.visits
        for k, component in enumerate(components):
            sudden = self.sample.at_once.get(component.to, 0)
            timed = self._timed(component.to)
            start[k] = math.log(max(timed if component.family else sudden, 0.5))
            if component.family:
                start[list(layout.places[k])] = self.pooled[component.family][0]
        if self.never:
            start[layout.logits - 1] = math.log(max(self.sample.moved * open_share / (1.5 - open_share), 0.5))
        start[: layout.logits] -= start[: layout.logits].mean()
        return start

    def _pooled_laws(self) -> dict[str, tuple[Floats, float]]:
        """The law of all exits together in each family, with its AICc."""
        sample = self.sample
        timed = sample.ended & (sample.dwell > 0)
        days = sample.dwell[timed] if timed.any() else np.array([1.0])
        found = {}
        for name, family in FIT_FAMILIES.items():
            layout = Layout([name], never=self.never)
            everyone = dict.fromkeys(sample.exits, (0,))
            likelihood = Likelihood(layout, sample.terms(everyone, {}))
            first = family.start(np.maximum(days, 1 / 24))
            centre = _of_ordinary_shape(name, first)
            prior = prior_around(layout, [centre], [max(self.worth, 1e-3)], visits=max(self.worth, 1e-3))
            start = np.zeros((1, layout.size))
            start[0, layout.logits :] = first
            at = maximise(likelihood, prior, self.weights, start, tolerance=1e-6)
            found[name] = (
                at.parameters[0, layout.logits :],
                _aicc(float(at.log_likelihood[0]), layout.free, sample.moved),
            )
        return found


def _of_ordinary_shape(family: str, theta: Floats) -> Floats:
    """The law's centre with the spread of an exponential."""
    shapes = {"weibull": (0, 1.0), "gamma": (0, 1.0), "lognormal": (1, 1.0), "loglogistic": (1, 1.7)}
    moved = theta.copy()
    if family in shapes:
        place, shape = shapes[family]
        moved[place] = math.log(shape)
        if family == "gamma":
            moved[1] = theta[0] + theta[1]
    return moved


def _with_a_shape(family: str) -> str:
    return "weibull" if family == "exponential" else family


def _families_of(state: _State) -> Families:
    families: Families = {}
    for component in state.components:
        if component.family:
            families[component.to] = (*families.get(component.to, ()), component.family)
    return families


def _start_near(
    near: _State,
    components: tuple[Component, ...],
    layout: Layout,
    divided: str,
    halves: Halves | None,
) -> Floats:
    """The neighbour's parameters; a law of another family starts from its quantiles.

    An exit that is split starts with the law of the early and that of the late times seen; where it had
    several laws already, the last of them is the one that is split.
    """
    start = np.zeros(layout.size)
    old = near.at.parameters[0]
    before = {component.key: k for k, component in enumerate(near.components)}
    quantiles = (np.arange(12) + 0.5) / 12
    for k, component in enumerate(components):
        place = before.get(component.key)
        if component.to == divided and component.family and halves is not None:
            parts = [c.key for c in components if c.to == component.to and c.family]
            which = parts.index(component.key) - (len(parts) - 2)
            if which >= 0:
                days = halves[which]
                share = len(days) / sum(len(half) for half in halves)
                start[k] = old[before[parts[-2]]] + math.log(share)
                start[list(layout.places[k])] = FIT_FAMILIES[component.family].start(days)
                continue
        assert place is not None
        start[k] = old[place]
        if component.family and component.family == near.components[place].family:
            start[list(layout.places[k])] = old[list(near.layout.places[place])]
        elif component.family:
            law = law_of(near.layout, old, place)
            assert law is not None
            start[list(layout.places[k])] = FIT_FAMILIES[component.family].start(law.ppf(quantiles))
    if layout.never:
        start[layout.logits - 1] = old[near.layout.logits - 1]
    start[: layout.logits] -= start[: layout.logits].mean()
    return start
