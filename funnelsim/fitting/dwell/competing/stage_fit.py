"""The exits of one stage, fitted."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np

from funnelsim.core.arrays import Floats
from funnelsim.distributions import Distribution
from funnelsim.fitting.dwell.censoring import StageSample
from funnelsim.fitting.dwell.competing.cure_fraction import CureFraction
from funnelsim.fitting.dwell.competing.survival import dwell_distribution, survival
from funnelsim.fitting.mle.likelihood import Layout, Likelihood
from funnelsim.fitting.mle.maximise import Maximum, maximise
from funnelsim.fitting.mle.priors import Prior

#: Target to the families of its distributions: one, or several in a mixture.
Families = dict[str, tuple[str, ...]]

#: Suffixes of the exit names of a mixture, and of the instant exits of a target that has both.
SUFFIXES = ("", "_late", "_later")
_AT_ONCE = "_at_once"


@dataclass(frozen=True, kw_only=True)
class Component:
    """One exit with one distribution of the dwell.

    Attributes
    ----------
    key : str
        Its name among the exits of the stage.
    to : str
        Stage or outcome.
    family : str
        Empty for an instant exit.
    """

    key: str
    to: str
    family: str


def component_keys(target: str, indices: Collection[str]) -> tuple[str, ...]:
    """Names of the exits to one target in the order of `SUFFIXES`, then of its instant exit.

    Parameters
    ----------
    indices : collection of str
        Stages and outcomes: exits are named after them, so none of these names another exit.
    """
    return (target, *(_free(target + suffix, indices) for suffix in (*SUFFIXES[1:], _AT_ONCE)))


def _free(key: str, indices: Collection[str]) -> str:
    number, result = 2, key
    while result in indices:
        result, number = f"{key}_{number}", number + 1
    return result


def families_of(components: Sequence[Component]) -> Families:
    """The families of the distributions behind each exit, in the order of the components."""
    families: Families = {}
    for component in components:
        if component.family:
            families[component.to] = (*families.get(component.to, ()), component.family)
    return families


def timed_components(components: Sequence[Component]) -> dict[str, tuple[int, ...]]:
    """Indices of the components that take time, by target."""
    behind: dict[str, tuple[int, ...]] = {}
    for k, component in enumerate(components):
        if component.family:
            behind[component.to] = (*behind.get(component.to, ()), k)
    return behind


def at_once_components(components: Sequence[Component]) -> dict[str, int]:
    """Index of the component of instant exits, for targets that have one."""
    return {component.to: k for k, component in enumerate(components) if not component.family}


@dataclass(frozen=True, kw_only=True)
class StageFit:
    """The exits of one stage.

    Attributes
    ----------
    sample : StageSample
        The visits that it was fitted to.
    components : tuple of Component
        In the order of the parameters.
    parameters : ndarray, shape (P,)
        Logits, then logs of the distributions' parameters; see `Layout`.
    covariance : ndarray, shape (P, P)
    log_likelihood : float
        Without the prior.
    criteria : dict of str to dict of str to float
        Exit to family to AICc above the best, the other exits as chosen.
    never : NeverVerdict
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
    never: CureFraction

    @property
    def listed(self) -> list[int]:
        """Components in reading order: by target, then the earliest first."""
        ordered = [key for to in self.sample.exits for key in component_keys(to, self.sample.targets)]
        return sorted(range(len(self.components)), key=lambda k: ordered.index(self.components[k].key))

    @property
    def p(self) -> Floats:
        """Probabilities of the components and, last, the cure fraction where there is one; shape (J,)."""
        return np.asarray(np.exp(self.layout.log_p(self.parameters[None, :]))[0])

    def distribution(self, k: int) -> Distribution | None:
        """Distribution of the dwell of one component; None for an instant exit."""
        return dwell_distribution(self.layout, self.parameters, k)

    def exit_probability(self, days: float) -> float:
        """Probability that a visit has ended after so many days."""
        return 1.0 - survival(self.layout, self.parameters, days)

    @property
    def behind(self) -> tuple[dict[str, tuple[int, ...]], dict[str, int]]:
        """Components that take time, and the component of instant exits, by target."""
        return timed_components(self.components), at_once_components(self.components)

    def refitted(self, sample: StageSample) -> StageFit:
        """The same families, fitted to other weights of the same visits."""
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

    def draw(self, weights: Sequence[Floats], rng: np.random.Generator) -> Maximum:
        """Refit the same families with other weights, shape (R, B) for each bin set of the sample."""
        draws = len(weights[0])
        start = np.repeat(self.parameters[None, :], draws, axis=0)
        prior = self.prior.draw(self.layout, draws, rng)
        return maximise(self.likelihood, prior, weights, start, em_steps=0, tolerance=1e-4)
