"""Multiplying hazards, held to closed forms and to a second way of computing them."""

import numpy as np
import pytest

from funnelsim.distributions.fit_families import FIT_FAMILIES
from funnelsim.fitting.dwell.competing.stage_fit import Component
from funnelsim.fitting.dwell.hazard_scaling import scale_hazards
from funnelsim.fitting.mle.likelihood import Layout

ONE = np.zeros(1)


def stage(distributions, shares, never=0.0):
    """Components, layout and parameters of distributions given as (target, family, theta)."""
    components = tuple(
        Component(key=f"{to}{k}", to=to, family=family) for k, (to, family, _) in enumerate(distributions)
    )
    layout = Layout([family for _, family, _ in distributions], never=never > 0)
    logits = np.log([*shares, never] if never else shares)
    parameters = np.concatenate(
        [logits - logits.mean(), *(theta for _, _, theta in distributions if len(theta))]
    )
    return components, layout, parameters[None, :]


def shares_of(layout, parameters):
    return np.exp(layout.log_p(parameters))[0]


def test_equal_exponentials_compete_by_their_hazards():
    """With one exponential distribution for all, p_k' = c_k p_k / sum(c p). Mutant: factors added, not
    multiplied.
    """
    distributions = [("won", "exponential", np.log([5.0])), ("lost", "exponential", np.log([5.0]))]
    components, layout, at = stage(distributions, [0.3, 0.7])
    found = scale_hazards(layout, components, at, {"won": np.log([2.0]), "lost": np.log([0.5])})
    assert shares_of(layout, found) == pytest.approx([0.6 / 0.95, 0.35 / 0.95], abs=2e-3)
    # The total hazard was 1/5 and is 0.95/5; the mean log time moves by minus its log.
    moved = found[0, layout.logits :] - at[0, layout.logits :]
    assert moved == pytest.approx([-np.log(0.95)] * 2, abs=0.02)


def test_one_exit_and_some_who_never_leave():
    """S' = S^c: who never leaves has probability q^c. Mutant: the stayers left as they were."""
    components, layout, at = stage([("won", "weibull", np.log([1.5, 20.0]))], [0.25], never=0.75)
    found = scale_hazards(layout, components, at, {"won": np.log([1.8])})
    assert shares_of(layout, found)[-1] == pytest.approx(0.75**1.8, abs=1e-3)


def test_nothing_changes_without_factors():
    distributions = [("won", "lognormal", np.log([9.0, 0.8])), ("lost", "gamma", np.log([2.0, 4.0]))]
    components, layout, at = stage(distributions, [0.4, 0.5], never=0.1)
    assert scale_hazards(layout, components, at, {"won": ONE, "lost": ONE}) is at
    found = scale_hazards(layout, components, at, {"won": np.array([1e-12])})
    assert found == pytest.approx(at, abs=1e-3)


@pytest.mark.parametrize(("won", "lost"), [(0.4, 0.0), (-0.5, 0.3), (0.3, 0.3)])
def test_shares_agree_with_hazards_summed_on_an_even_grid(won, lost):
    """An independent sum over 400,000 even steps. Mutant: the factor of one exit used for all."""
    distributions = [
        ("won", "lognormal", np.log([9.0, 0.8])),
        ("won", "weibull", np.log([4.0, 90.0])),
        ("lost", "gamma", np.log([2.0, 4.0])),
    ]
    components, layout, at = stage(distributions, [0.3, 0.2, 0.35], never=0.15)
    found = shares_of(
        layout, scale_hazards(layout, components, at, {"won": np.array([won]), "lost": np.array([lost])})
    )

    edges = np.linspace(0, 1000, 400_001)
    p = shares_of(layout, at)
    leaving = np.stack(
        [
            p[k] * np.diff(FIT_FAMILIES[f].from_theta(theta).cdf(edges))
            for k, (_, f, theta) in enumerate(distributions)
        ]
    )
    there = 1 - np.concatenate([[0.0], np.cumsum(leaving.sum(axis=0))])
    hazard = np.exp([[won], [won], [lost]]) * leaving / there[:-1]
    still = np.concatenate([[1.0], np.cumprod(1 - hazard.sum(axis=0))])
    assert found == pytest.approx([*(hazard * still[:-1]).sum(axis=1), still[-1]], abs=2e-3)


def test_moves_at_once_keep_their_odds():
    """At age 0 the odds are multiplied. Mutant: moves at once not tilted."""
    distributions = [("won", "", ()), ("lost", "exponential", np.log([5.0]))]
    components, layout, at = stage(distributions, [0.2, 0.8])
    found = shares_of(layout, scale_hazards(layout, components, at, {"won": np.log([3.0])}))
    assert found == pytest.approx([0.6 / 1.4, 0.8 / 1.4], abs=1e-6)


def test_a_few_slow_moves_tell_nothing_of_the_many_at_once():
    """Two in a thousand take time; their factor of 25 stays theirs. Mutant: the many multiplied as well."""
    distributions = [("won", "exponential", np.log([5.0])), ("won", "", ()), ("lost", "", ())]
    components, layout, at = stage(distributions, [0.002, 0.898, 0.1])
    found = shares_of(layout, scale_hazards(layout, components, at, {"won": np.log([25.0])}))
    assert found[1] / found[2] == pytest.approx(8.98)
